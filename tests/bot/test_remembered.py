"""What was asked of a platform is asked once, and forgotten in order."""

import asyncio

from bot.remembered import Remembered
from tests.doubles import Clock


async def test_not_everything_is_remembered(clock: Clock) -> None:
    """What was not used for longest is forgotten first."""

    async def ask(key: str) -> str:
        return key.upper()

    held = Remembered(ask, clock, most=2)
    for key in ("a", "b", "a", "c"):
        assert await held.get(key) == key.upper()
    assert [held.known(key) for key in ("a", "b", "c")] == ["A", None, "C"]
    held.forget("a")
    assert held.known("a") is None


async def test_what_is_being_asked_ends_with_the_adapter(clock: Clock) -> None:
    """No task is left behind."""
    asked = asyncio.Event()

    async def ask(key: str) -> str:
        asked.set()
        await asyncio.sleep(3600)
        return key

    held = Remembered(ask, clock)
    assert await held.get("a", patience=0.01) is None
    await asked.wait()
    await held.close()
    assert len(asyncio.all_tasks()) == 1


async def test_where_nobody_tells_the_last_that_is_known_holds(clock: Clock) -> None:
    """A platform that is away makes nothing forgotten, and what it raises is no answer."""

    async def ask(key: str) -> str:
        raise OSError(key)

    held = Remembered(ask, clock, (OSError,))
    assert await held.get("a") is None
    held.put("a", "A")
    assert await held.get("a", anew=True) is None
    assert held.known("a") == "A"
