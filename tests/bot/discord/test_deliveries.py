"""Events wait until they are stored, in their order."""

import asyncio

import pytest

from bot.discord import deliveries as module
from bot.discord.deliveries import PAUSES, Deliveries
from core.errors import LedgerError, PlatformAwayError


class Stored:
    """Keeps what was stored; the first times it fails as it is told to."""

    def __init__(self, *failures: Exception) -> None:
        """Take what goes wrong first."""
        self.failures = list(failures)
        self.held: list[str] = []

    async def keep(self, what: str) -> None:
        """Store something."""
        await asyncio.sleep(0)
        if self.failures:
            raise self.failures.pop(0)
        self.held.append(what)


async def test_what_is_not_stored_is_tried_again_and_keeps_its_turn() -> None:
    """A ledger that is away for a moment loses nothing, and nothing overtakes."""
    stored = Stored(LedgerError("away"), PlatformAwayError("away"))
    deliveries = Deliveries(speed=1000)
    for what in ("one", "two", "three"):
        deliveries.take(1, lambda what=what: stored.keep(what))  # type: ignore[misc]
    await deliveries.drain()
    assert stored.held == ["one", "two", "three"]


async def test_another_channel_does_not_wait() -> None:
    """Only what belongs together is kept in order."""
    blocked = asyncio.Event()
    stored = Stored()
    deliveries = Deliveries()
    deliveries.take(1, lambda: _wait(blocked))
    deliveries.take(2, lambda: stored.keep("two"))
    await asyncio.sleep(0.01)
    assert stored.held == ["two"]
    blocked.set()
    await deliveries.drain()


@pytest.mark.parametrize("error", [PlatformAwayError("no", refuses=True), LedgerError("gone")])
async def test_what_cannot_be_stored_is_left(
    caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    """What Discord refuses is not asked again; a ledger that stays away is given up, with a word."""
    stored = Stored(*[error] * (len(PAUSES) + 1))
    deliveries = Deliveries(speed=100_000)
    deliveries.take(1, lambda: stored.keep("one"))
    await deliveries.drain()
    assert stored.held == []
    assert "left to the next sweep" in caplog.records[-1].message


async def test_what_is_not_understood_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """It keeps nothing else up."""
    stored = Stored(KeyError("x"))
    deliveries = Deliveries()
    deliveries.take(1, lambda: stored.keep("one"))
    deliveries.take(1, lambda: stored.keep("two"))
    await deliveries.drain()
    assert stored.held == ["two"]
    assert caplog.records[0].exc_info


async def test_there_is_an_end_to_what_waits(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory is not filled by a ledger that is away; and what waits ends with the adapter."""
    monkeypatch.setattr(module, "MOST", 1)
    deliveries = Deliveries(speed=100)
    deliveries.take(1, lambda: asyncio.sleep(3600))
    deliveries.take(1, lambda: asyncio.sleep(3600))
    assert "lost until the next sweep" in caplog.text
    await deliveries.close()
    assert len(asyncio.all_tasks()) == 1


async def _wait(event: asyncio.Event) -> None:
    await event.wait()
