"""What is asked while a call is under way goes together in the next one."""

import asyncio
from collections.abc import Sequence

import pytest

from core.errors import IndexUnavailableError
from core.index.joining import Joining


class Caller:
    """Keeps the calls that are made, each of which waits until its gate is open."""

    def __init__(self) -> None:
        """Begin with the gate open."""
        self.calls: list[tuple[str, list[int]]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.failure: Exception | None = None

    async def call(self, key: str, asked: Sequence[int]) -> list[int]:
        """Return the double of each number."""
        self.calls.append((key, list(asked)))
        await self.gate.wait()
        if self.failure:
            raise self.failure
        return [2 * one for one in asked]


async def until_called(caller: Caller, times: int) -> None:
    """Wait until so many calls were made."""
    async with asyncio.timeout(5):
        while len(caller.calls) < times:  # noqa: ASYNC110 - a call sets no event
            await asyncio.sleep(0)


async def test_everybody_gets_their_own_answer() -> None:
    """What waits at once goes in one call, and each is told what they asked."""
    caller = Caller()
    joining = Joining(caller.call)
    assert await asyncio.gather(*(joining.ask("a", one) for one in range(5))) == [0, 2, 4, 6, 8]
    assert caller.calls == [("a", [0, 1, 2, 3, 4])]


async def test_nobody_waits_for_company() -> None:
    """The first is asked at once; those that come meanwhile go together in the next call."""
    caller = Caller()
    joining = Joining(caller.call)
    caller.gate.clear()
    first = asyncio.create_task(joining.ask("a", 1))
    await until_called(caller, 1)
    others = [asyncio.create_task(joining.ask("a", one)) for one in (2, 3)]
    await asyncio.sleep(0.01)
    caller.gate.set()
    assert await asyncio.gather(first, *others) == [2, 4, 6]
    assert caller.calls == [("a", [1]), ("a", [2, 3])]


async def test_other_keys_are_other_calls() -> None:
    """What is asked of another collection or for other readers never goes along, nor waits."""
    caller = Caller()
    joining = Joining(caller.call)
    caller.gate.clear()
    asked = [asyncio.create_task(joining.ask(key, 1)) for key in ("a", "b")]
    await until_called(caller, 2)
    caller.gate.set()
    assert await asyncio.gather(*asked) == [2, 2]


async def test_no_call_grows_without_end() -> None:
    """So many go in one call; the next ones in the next."""
    caller = Caller()
    joining = Joining(caller.call)
    assert await asyncio.gather(*(joining.ask("a", one, most=2) for one in range(5)))
    assert [len(asked) for _, asked in caller.calls] == [2, 2, 1]


async def test_a_failure_is_everybodys_and_not_the_next_ones() -> None:
    """All who asked in a call hear why it failed; who asks next is asked anew."""
    caller = Caller()
    joining = Joining(caller.call)
    caller.failure = IndexUnavailableError("away")
    told = await asyncio.gather(*(joining.ask("a", one) for one in (1, 2)), return_exceptions=True)
    assert [str(one) for one in told] == ["away", "away"]
    caller.failure = None
    assert await joining.ask("a", 3) == 6


async def test_who_gives_up_leaves_the_others_alone() -> None:
    """A cancelled question does not take along those that were asked with it."""
    caller = Caller()
    joining = Joining(caller.call)
    caller.gate.clear()
    one, other = (asyncio.create_task(joining.ask("a", number)) for number in (1, 2))
    await until_called(caller, 1)
    one.cancel()
    with pytest.raises(asyncio.CancelledError):
        await one
    caller.gate.set()
    assert await other == 4
