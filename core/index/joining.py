"""Calls that are waited for at once, made as one: a client's call costs more than what it asks."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from weakref import WeakValueDictionary

Key = TypeVar("Key", bound=Hashable)
Asked = TypeVar("Asked")
Told = TypeVar("Told")


@dataclass(slots=True, eq=False)
class _Group(Generic[Asked, Told]):
    """What is asked in one call, in order, and the call."""

    asked: list[Asked] = field(default_factory=list)
    call: asyncio.Task[Sequence[Told]] | None = None


class Joining(Generic[Key, Asked, Told]):
    """Lets what is asked under one key, while a call is under way, go together in the next one.

    Nobody waits for others to come: where no call is under way, one is made at once. What a call
    raises, everyone hears who asked in it; who is cancelled leaves the others alone.
    """

    def __init__(self, call: Callable[[Key, Sequence[Asked]], Awaitable[Sequence[Told]]]) -> None:
        """Take the call, which returns what it was told in the order of what was asked."""
        self._call = call
        self._gathering: dict[Key, _Group[Asked, Told]] = {}
        self._turns: WeakValueDictionary[Key, asyncio.Lock] = WeakValueDictionary()

    async def ask(self, key: Key, asked: Asked, most: int = 16) -> Told:
        """Ask, with at most so many in one call, and return what is told."""
        group = self._gathering.get(key)
        if group is None or group.call is None or len(group.asked) >= most:
            group = self._gathering[key] = _Group()
            group.call = asyncio.create_task(self._made(key, group))
        place = len(group.asked)
        group.asked.append(asked)
        told = await asyncio.shield(group.call)
        return told[place]

    async def _made(self, key: Key, group: _Group[Asked, Told]) -> Sequence[Told]:
        async with self._turns.setdefault(key, asyncio.Lock()):
            if self._gathering.get(key) is group:
                del self._gathering[key]
            return await self._call(key, group.asked)
