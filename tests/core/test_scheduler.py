"""Jobs run when they are due, in one process, one at a time, and every run is on record."""

import asyncio
import contextlib
import contextvars
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from core.errors import LeaseHeldError, LeaseLostError, TavernkeepError
from core.job import Job, JobReport, Progress
from core.ledger.ledger import Ledger
from core.ledger.machinery import audit
from core.ledger.runs import Run, finish_run, hold_lease, latest_runs, note, start_run
from core.scheduler import LEASE, LEASE_TTL, Scheduler
from core.scheduler import silent as shows_nothing
from tests.doubles import silent

HOUR = timedelta(hours=1)
NEVER = timedelta(0)
OFTEN = timedelta(seconds=0.05)
Make = Callable[..., Scheduler]


def now() -> datetime:
    """Return the real time, which the timers go by as well."""
    return datetime.now(UTC)


class Work:
    """A job's work: counts its runs, and does what it is told to in each."""

    def __init__(self, then: Callable[[], Awaitable[None]] | None = None) -> None:
        self.runs = 0
        self.ran, self.ran_twice = asyncio.Event(), asyncio.Event()
        self._then = then

    async def run(self, at: datetime, progress: Progress) -> JobReport:
        """Count, then do it."""
        self.runs += 1
        (self.ran_twice if self.ran.is_set() else self.ran).set()
        if self._then:
            await self._then()
        return JobReport(summary="It was done.", figures={})

    def job(self, every: timedelta = NEVER, name: str = "work") -> Job:
        """Return the job."""
        return Job(name=name, summary="works", every=every, run=self.run)


@pytest.fixture
async def make(ledger: Ledger) -> AsyncIterator[Make]:
    """Return what makes schedulers, which are stopped at the end."""
    made: list[Scheduler] = []

    def scheduler(*jobs: Job, lease: timedelta = LEASE_TTL) -> Scheduler:
        made.append(Scheduler(ledger=ledger, jobs=jobs, owner="me", now=now, lease=lease))
        return made[-1]

    yield scheduler
    for one in made:
        await one.stop()


async def runs(ledger: Ledger) -> list[Run]:
    """Return the recorded runs, newest first."""
    async with ledger.reading() as connection:
        return await latest_runs(connection, 100)


async def fail() -> None:
    """Fail as a driver does."""
    raise TavernkeepError("The index does not answer.")


async def wait() -> None:
    """Take long."""
    await asyncio.sleep(60)


async def test_a_run_is_recorded(make: Make, ledger: Ledger) -> None:
    """Asked for by name, a job runs at once; its report is returned and stored."""
    report = await make(Work().job()).run("work", silent)
    (run,) = await runs(ledger)
    assert (run.job, run.outcome, run.summary) == ("work", "done", report.summary)
    assert run.finished_at is not None
    shows_nothing("work", 1, None)


async def test_a_failing_run_is_recorded_and_raised(make: Make, ledger: Ledger) -> None:
    """Whoever asked is told, the ledger says why, and the next run is not kept from running."""
    work = Work(fail)
    scheduler = make(work.job())
    for _ in range(2):
        with pytest.raises(TavernkeepError, match="does not answer"):
            await scheduler.run("work", silent)
    assert [(one.outcome, one.summary) for one in await runs(ledger)] == [
        ("failed", "The index does not answer.")
    ] * 2
    assert scheduler.running is None


async def test_an_unknown_job_is_said(make: Make) -> None:
    """The sentence names the jobs that there are."""
    scheduler = make(Work().job())
    assert [one.name for one in scheduler.jobs] == ["work"]
    with pytest.raises(TavernkeepError, match="no job play: there are work"):
        await scheduler.run("play", silent)


async def test_one_job_runs_at_a_time(make: Make) -> None:
    """A second job waits for the first, and the one that runs can be named."""
    go = asyncio.Event()
    first, second = Work(lambda: _wait_for(go)), Work()
    scheduler = make(first.job(name="first"), second.job(name="second"))
    both = [asyncio.create_task(scheduler.run(name, silent)) for name in ("first", "second")]
    await first.ran.wait()
    await asyncio.sleep(0.02)
    assert (scheduler.running, second.runs) == ("first", 0)
    go.set()
    await asyncio.gather(*both)
    assert second.runs == 1


async def _wait_for(event: asyncio.Event) -> None:
    await event.wait()


async def test_a_job_runs_on_its_period(make: Make, ledger: Ledger) -> None:
    """A started job runs again and again; one whose period is zero never does by itself."""
    work, never = Work(), Work()
    await make(work.job(OFTEN), never.job(NEVER, "never")).start()
    await asyncio.wait_for(work.ran_twice.wait(), 10)
    assert never.runs == 0
    assert {one.job for one in await runs(ledger)} == {"work"}


async def test_a_failing_job_runs_again(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    """A tick that fails is a warning, and the next tick comes all the same."""
    work = Work(fail)
    await make(work.job(OFTEN)).start()
    await asyncio.wait_for(work.ran_twice.wait(), 10)
    await asyncio.sleep(0.05)
    assert "will be tried again: The index does not answer." in caplog.text


@pytest.mark.parametrize(("ago", "ran"), [(2 * HOUR, True), (HOUR / 2, False)])
async def test_a_missed_run_is_made_up(
    make: Make, ledger: Ledger, ago: timedelta, ran: bool
) -> None:
    """A job that was due while the bot was away runs soon after the start; one that is not waits."""
    async with ledger.writing() as connection:
        id_ = await start_run(connection, "work", now() - ago)
        await finish_run(connection, id_, now() - ago, outcome="done", summary="")
    work = Work()
    await make(work.job(HOUR)).start()
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(work.ran.wait(), 5 if ran else 0.3)
    assert work.ran.is_set() == ran


async def test_a_hurried_job_runs_at_once(make: Make, ledger: Ledger) -> None:
    """Done twenty minutes ago it would wait for its hour; one that is switched off stays so."""
    work, off = Work(), Work()
    scheduler = make(work.job(HOUR), off.job(NEVER, "off"))
    ago = now() - timedelta(minutes=20)
    async with ledger.writing() as connection:
        id_ = await start_run(connection, "work", ago)
        await finish_run(connection, id_, ago, outcome="done", summary="")
    scheduler.hurry("work")  # before the start there is nothing to hurry
    await scheduler.start()
    scheduler.hurry("off")
    scheduler.hurry("work")
    async with asyncio.timeout(10):
        await work.ran.wait()
    assert off.runs == 0


async def test_another_process_keeps_the_jobs(make: Make, ledger: Ledger) -> None:
    """While another process holds the lease, ticks are left to it; afterwards they are ours."""
    async with ledger.writing() as connection:
        await hold_lease(connection, LEASE, "other", now(), timedelta(seconds=0.4))
    work = Work()
    await make(work.job(OFTEN)).start()
    await asyncio.sleep(0.2)
    assert work.runs == 0
    await asyncio.wait_for(work.ran.wait(), 10)


async def test_the_lease_is_held_while_a_job_runs(make: Make, ledger: Ledger) -> None:
    """A job that takes longer than the lease lasts keeps other processes out until it ends."""
    work = Work(wait)
    await make(work.job(OFTEN), lease=timedelta(seconds=0.6)).start()
    await asyncio.wait_for(work.ran.wait(), 10)
    await asyncio.sleep(0.9)
    async with ledger.writing() as connection:
        assert await hold_lease(connection, LEASE, "other", now(), LEASE_TTL) is None


async def test_stopping_cancels_and_lets_go(make: Make, ledger: Ledger) -> None:
    """A running job is stopped, its run is on record when `stop` returns, and the lease is free."""
    work = Work(wait)
    scheduler = make(work.job(OFTEN))
    await scheduler.start()
    await asyncio.wait_for(work.ran.wait(), 10)
    await scheduler.stop()
    (run,) = await runs(ledger)
    assert (run.outcome, run.summary) == ("failed", "stopped before it ended")
    assert scheduler.running is None
    async with ledger.writing() as connection:
        assert await hold_lease(connection, LEASE, "other", now(), LEASE_TTL) == 2


async def test_stopping_what_never_started_is_harmless(make: Make, ledger: Ledger) -> None:
    """A scheduler that only ran jobs on demand can be stopped, twice as well."""
    scheduler = make(Work().job())
    await scheduler.stop()
    await scheduler.stop()
    assert await runs(ledger) == []


async def test_what_is_made_up_is_contained_and_named(
    make: Make, ledger: Ledger, caplog: pytest.LogCaptureFixture
) -> None:
    """A plugin's job may raise anything: it is named, the next one runs, what is off does not."""

    async def break_down() -> None:
        raise ValueError("a stranger's mistake")

    broken, fine, off = Work(break_down), Work(), Work()
    scheduler = make(broken.job(HOUR, "broken"), fine.job(HOUR, "fine"), off.job(NEVER, "off"))
    await scheduler.make_up(["broken", "off", "fine"])
    assert "The job broken failed" in caplog.text
    assert (broken.runs, fine.runs, off.runs) == (1, 1, 0)


def later() -> datetime:
    """Return when a lease that is held now has lapsed."""
    return now() + 2 * LEASE_TTL


async def take_over(ledger: Ledger) -> None:
    """Take the lease as another process whose turn it is."""
    async with ledger.writing() as connection:
        assert await hold_lease(connection, LEASE, "other", later(), LEASE_TTL)


async def steps(ledger: Ledger) -> list[str]:
    """Return what the audit log says was done."""
    async with ledger.reading() as connection:
        return list((await connection.execute(select(audit.c.action))).scalars())


@pytest.mark.parametrize("contained", [True, False])
async def test_a_late_write_is_refused(make: Make, ledger: Ledger, contained: bool) -> None:
    """Once another process has the lease a job writes nothing more, and cannot pass as done."""

    async def lose_and_write() -> None:
        taking = asyncio.create_task(take_over(ledger), context=contextvars.Context())
        await taking
        with contextlib.suppress(*([LeaseLostError] if contained else [])):
            async with ledger.writing() as connection:
                await note(connection, by="me", action="late", subject="", now=now())

    with pytest.raises(LeaseLostError, match="Another process took"):
        await make(Work(lose_and_write).job()).run("work", silent)
    assert await steps(ledger) == []
    (run,) = await runs(ledger)
    assert run.outcome == "failed"


async def test_a_lost_lease_stops_the_job(
    make: Make, ledger: Ledger, caplog: pytest.LogCaptureFixture
) -> None:
    """A job that would go on for long is cancelled at the next renewal; the log says why."""

    async def lose_and_wait() -> None:
        await asyncio.create_task(take_over(ledger), context=contextvars.Context())
        await asyncio.sleep(60)

    scheduler = make(Work(lose_and_wait).job(HOUR), lease=timedelta(seconds=0.3))
    await asyncio.wait_for(scheduler.make_up(["work"]), 60)
    assert "The job work was stopped: Another process took over the jobs" in caplog.text
    (run,) = await runs(ledger)
    assert run.outcome == "failed"


async def test_asked_by_hand_another_process_is_waited_for_and_named(
    make: Make, ledger: Ledger
) -> None:
    """Who asks is told to try again where the other goes on for longer than its lease lasts."""
    lease = timedelta(seconds=1.5)
    scheduler = make(Work().job(), lease=lease)
    shown: list[str] = []

    def show(what: str, done: int, total: int | None) -> None:
        shown.append(what)

    async def hold() -> None:
        while True:
            async with ledger.writing() as connection:
                await hold_lease(connection, LEASE, "other", now(), lease)
            await asyncio.sleep(0.05)

    holding = asyncio.create_task(hold())
    await asyncio.sleep(0.1)
    with pytest.raises(LeaseHeldError, match="try again in a minute"):
        await scheduler.run("work", show)
    assert set(shown) == {"Waiting for another process that runs its jobs"}
    holding.cancel()
    await asyncio.wait([holding])
    assert (await scheduler.run("work", silent)).summary == "It was done."


@pytest.mark.parametrize(("minutes", "ran"), [(20, 0), (40, 1), (-40, 1)])
async def test_what_was_done_a_moment_ago_is_not_due(
    make: Make, ledger: Ledger, minutes: int, ran: int
) -> None:
    """A second process's timer, or a run by hand, does not make the job run twice in a period."""
    work = Work()
    scheduler = make(work.job(HOUR))
    ago = now() - timedelta(minutes=minutes)
    async with ledger.writing() as connection:
        id_ = await start_run(connection, "work", ago)
        await finish_run(connection, id_, ago, outcome="done", summary="")
    await scheduler._due_tick(scheduler.jobs[0])
    assert work.runs == ran


async def test_a_ledger_that_is_away_is_a_warning(
    make: Make, ledger: Ledger, caplog: pytest.LogCaptureFixture
) -> None:
    """A tick begins in vain and stopping ends all the same; the log says that it is tried again."""
    work = Work()
    scheduler = make(work.job(HOUR))
    async with ledger.writing() as connection:
        for table in ("runs", "leases"):
            await connection.exec_driver_sql(f"ALTER TABLE {table} RENAME TO {table}_away")
    await scheduler._due_tick(scheduler.jobs[0])
    await scheduler.stop()
    assert "could not begin and will be tried again: The ledger cannot be read" in caplog.text
    assert "lease could not be given back" in caplog.text
    assert work.runs == 0
