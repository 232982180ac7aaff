"""Replies: makes the reply to each message, and ends in order what is left open."""

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from core.interfaces import Reply
from core.messages import Message

Made = TypeVar("Made", bound=Reply)


class Growing(Protocol):
    """A message that an answer grows in."""

    async def close(self) -> object:
        """Show no more of it."""
        ...


class Growth(Protocol):
    """What all replies of a process share: how often the platform is asked to show something."""

    @property
    def growing(self) -> Iterable[Growing]:
        """The messages that grow just now."""
        ...


class Replies(Generic[Made]):
    """All replies of a process on one platform."""

    def __init__(
        self,
        make: Callable[[Message, datetime], Made],
        pace: Growth,
        now: Callable[[], datetime],
    ) -> None:
        """Begin: what was written before now may have been answered in part by another process.

        `make` takes a message, and this time.
        """
        self._make = make
        self._pace = pace
        self._opened = now()

    def reply_to(self, message: Message) -> Made:
        """Return where a message's answer will stand."""
        return self._make(message, self._opened)

    async def close(self) -> None:
        """End every message that still grows; whoever answers later goes on in it."""
        await asyncio.gather(*(message.close() for message in self._pace.growing))
