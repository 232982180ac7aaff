"""One right at a time among tasks and processes, and work that ends when its lease is lost."""

import asyncio
import contextlib
import contextvars
import logging
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest

from core.audience import EVERYONE
from core.errors import LeaseLostError, LedgerError
from core.ledger.ledger import Ledger
from core.ledger.machinery import leases
from core.ledger.people import audience_number
from core.ledger.runs import hold_lease
from core.ledger.turns import Turns, lock_number
from tests.doubles import NOON

TTL = timedelta(seconds=60)


async def lease(ledger: Ledger, owner: str, minutes: float = 0) -> int | None:
    """Take the lease "scheduler" at a time after noon and return its number."""
    async with ledger.writing() as connection:
        return await hold_lease(
            connection, "scheduler", owner, NOON + timedelta(minutes=minutes), TTL
        )


async def write(ledger: Ledger) -> int:
    """Write something and return its number."""
    async with ledger.writing() as connection:
        return await audience_number(connection, EVERYONE)


async def test_what_is_done_alone_is_done_by_one_task(ledger: Ledger) -> None:
    """Blocks of one name run one after the other; those of another name run beside them."""
    inside, most = 0, 0

    async def work() -> None:
        nonlocal inside, most
        async with ledger.alone("index"):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0.01)
            inside -= 1

    await asyncio.gather(*(work() for _ in range(5)))
    assert most == 1
    async with asyncio.timeout(10), ledger.alone("index"), ledger.alone("sweep"):
        pass


async def test_a_cancelled_block_gives_its_turn_back(ledger: Ledger) -> None:
    """The right is free again when its holder was cancelled, and when a waiting one was."""
    inside = asyncio.Event()

    async def hold() -> None:
        async with ledger.alone("index"):
            inside.set()
            await asyncio.sleep(60)

    holder = asyncio.create_task(hold())
    await inside.wait()
    waiting = asyncio.create_task(hold())
    await asyncio.sleep(0.05)
    for task in (waiting, holder):
        task.cancel()
    await asyncio.gather(waiting, holder, return_exceptions=True)
    async with asyncio.timeout(5), ledger.alone("index"):
        pass


async def test_long_waiting_is_said(caplog: pytest.LogCaptureFixture) -> None:
    """Whoever waits long for a turn says for what, once."""
    caplog.set_level(logging.INFO, "core.ledger")
    turns = Turns(None, patience=0.01)
    async with AsyncExitStack() as first:
        await turns.take("index", first)
        async with AsyncExitStack() as second:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(turns.take("index", second), 0.1)
    assert caplog.messages == ["Still waiting for the turn to do this: index."]


def test_a_lock_has_the_same_number_everywhere() -> None:
    """Processes agree on a name's number, which PostgreSQL can hold."""
    assert lock_number("index") == 4098585619531551871
    assert lock_number("sweep") != lock_number("index")


async def test_work_under_a_lease_writes_while_it_is_held(ledger: Ledger) -> None:
    """A renewal keeps the number, so the work goes on."""
    fence = await lease(ledger, "me")
    assert fence == 1
    with ledger.fenced("scheduler", fence):
        assert await lease(ledger, "me", 5) == fence
        assert await write(ledger)


async def test_work_whose_lease_was_taken_writes_nothing(ledger: Ledger) -> None:
    """Another holder's number stops the next write, also in tasks that the work started."""
    fence = await lease(ledger, "me")
    assert fence == 1
    outside = contextvars.copy_context()
    with ledger.fenced("scheduler", fence):
        assert await asyncio.create_task(write(ledger))
        assert await asyncio.create_task(lease(ledger, "other", 5), context=outside) == 2
        with pytest.raises(LeaseLostError, match="scheduler"):
            await asyncio.create_task(write(ledger))
    assert await write(ledger)


async def test_a_lease_that_nobody_has_stops_the_work(ledger: Ledger) -> None:
    """Work under a lease that is not in the ledger is work under a lost one; it is a ledger's error."""
    with ledger.fenced("nobody's", 1), pytest.raises(LedgerError):
        await write(ledger)
    async with ledger.reading() as connection:
        assert (await connection.execute(leases.select())).first() is None


async def test_a_fence_is_of_one_ledger(ledger: Ledger, ledger_url: str) -> None:
    """Work under a lease of one ledger may write to another, which has leases of its own."""
    other = Ledger(ledger_url)
    with other.fenced("nobody's", 1):
        assert await write(ledger)
        with pytest.raises(LeaseLostError):
            await write(other)
    await other.close()
