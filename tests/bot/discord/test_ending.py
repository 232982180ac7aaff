"""What was begun ends with the connection, or that is said."""

import asyncio

import pytest

from bot.discord.ending import TRIES, end, settle


async def lasting(lost: int) -> int:
    """Lose so many cancellations; return how many that were."""
    for number in range(lost):
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            continue
        return number
    return lost


async def begun(lost: int) -> asyncio.Task[int]:
    """Return such a task, once it has begun."""
    task = asyncio.create_task(lasting(lost))
    await asyncio.sleep(0)
    return task


async def test_a_cancellation_that_is_lost_is_repeated() -> None:
    """A task ends though it does not heed the first; one that has ended is left alone."""
    task = await begun(2)
    await end([task], again=0.01)
    assert task.result() == 2
    await end([task])


async def test_what_does_not_end_is_said(caplog: pytest.LogCaptureFixture) -> None:
    """Nobody waits for it for ever."""
    task = await begun(TRIES + 1)
    await end([task], again=0.001)
    assert "did not end" in caplog.text
    assert not task.done()
    task.cancel()
    await asyncio.wait([task])


async def test_what_is_quick_runs_to_its_end() -> None:
    """Only what takes longer is cancelled."""
    quick, slow = asyncio.create_task(asyncio.sleep(0, "done")), asyncio.create_task(lasting(0))
    endless = asyncio.create_task(asyncio.sleep(3600))
    await settle([quick, slow, endless], 0.05)
    assert (quick.result(), slow.result(), endless.cancelled()) == ("done", 0, True)
    await settle([], 0.05)
