"""Two processes with a scheduler on one ledger: whoever stood still too long does nothing more."""

import asyncio
import signal
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from core.ledger.ledger import Ledger
from core.ledger.runs import latest_runs
from core.settings import CHECKOUT
from tests.outages.scheduling import PAUSE, STEPS, steps_done

LEASE = 0.9  # seconds
LONG = 60.0
FIRST, SECOND = STEPS
Start = Callable[..., Awaitable["Keeper"]]


class Keeper:
    """A process with a scheduler."""

    def __init__(self, process: Process) -> None:
        """Take the process."""
        self.process = process
        self.said = ""

    async def until(self, what: str) -> None:
        """Wait until it says something."""
        assert self.process.stdout
        async with asyncio.timeout(120):
            while what not in self.said:
                line = await self.process.stdout.readline()
                assert line, self.said
                self.said += line.decode()

    def begin(self, how: str = "") -> None:
        """Let it run its job."""
        assert self.process.stdin
        self.process.stdin.write(f"{how}\n".encode())

    async def end(self) -> str:
        """Wake it where it stands still, wait until it ends, and return all that it said."""
        ending = asyncio.create_task(self.process.communicate())
        async with asyncio.timeout(120):
            while not ending.done():
                # On a busy machine it may stop itself later than it was told to go on.
                self.process.send_signal(signal.SIGCONT)
                await asyncio.wait([ending], timeout=0.2)
        return self.said + (await ending)[0].decode()


@asynccontextmanager
async def keeper(url: str, owner: str, lease: float) -> AsyncIterator[Keeper]:
    """Start a process, which waits to be told to begin."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.outages.scheduling", url, owner, str(lease)),
        cwd=CHECKOUT,
        stdin=PIPE,
        stdout=PIPE,
    )
    try:
        started = Keeper(process)
        await started.until("ready")
        yield started
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


@pytest.fixture
async def start(ledger_url: str) -> AsyncIterator[Start]:
    """Return what starts processes on the ledger, by their names."""
    async with AsyncExitStack() as stack:

        async def started(owner: str, lease: float = LEASE) -> Keeper:
            return await stack.enter_async_context(keeper(ledger_url, owner, lease))

        yield started


async def outcomes(ledger: Ledger) -> list[tuple[str | None, str | None]]:
    """Return how the runs ended, oldest first."""
    async with ledger.reading() as connection:
        return [(run.outcome, run.summary) for run in reversed(await latest_runs(connection, 9))]


@pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)
async def test_whoever_stood_still_for_two_leases_does_nothing_more(
    ledger: Ledger, start: Start
) -> None:
    """The other takes over and does what is left; each step is done once, and the late one is on record as failed."""
    slow, other = await asyncio.gather(start("slow"), start("other"))
    slow.begin(PAUSE)
    await slow.until(FIRST)
    paused = time.monotonic()
    other.begin()
    assert "Both steps are done." in await other.end()
    await asyncio.sleep(max(0.0, 2 * LEASE - (time.monotonic() - paused)))
    assert "LeaseLostError: Another process took" in await slow.end()
    assert await steps_done(ledger) == [(FIRST, "slow"), (SECOND, "other")]
    (lost, why), done = await outcomes(ledger)
    assert (lost, done) == ("failed", ("done", "Both steps are done."))
    assert why is not None
    assert "Another process took" in why


async def test_two_that_begin_at_once_take_turns(ledger: Ledger, start: Start) -> None:
    """Asked by hand at the same moment, both run the job one after the other; each step once."""
    one, two = await asyncio.gather(start("one", LONG), start("two", LONG))
    one.begin()
    two.begin()
    for said in await asyncio.gather(one.end(), two.end()):
        assert "Both steps are done." in said
    steps = await steps_done(ledger)
    assert [step for step, _ in steps] == [FIRST, SECOND]
    assert len({by for _, by in steps}) == 1
    assert [outcome for outcome, _ in await outcomes(ledger)] == ["done", "done"]


async def test_a_killed_process_is_followed_within_its_lease(ledger: Ledger, start: Start) -> None:
    """What it held lapses by itself: whoever asks next waits that long at most, and goes on."""
    killed, next_one = await asyncio.gather(start("killed"), start("next"))
    killed.begin(PAUSE)
    await killed.until(FIRST)
    killed.process.kill()
    await killed.process.wait()
    next_one.begin()
    assert "Both steps are done." in await next_one.end()
    assert await steps_done(ledger) == [(FIRST, "killed"), (SECOND, "next")]
