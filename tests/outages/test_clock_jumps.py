"""The wall clock is set back or forth by an hour, or daylight saving ends: work goes on, once."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta, tzinfo

import pytest

from bot.status import Status
from core.breaker import Breaker, State
from core.embedders.hashing import HashingEmbedder
from core.index.memory import MemoryIndex
from core.job import Job, JobReport, Progress
from core.ledger import inbox
from core.ledger.ledger import Ledger
from core.ledger.runs import finish_run, hold_lease, start_run
from core.models.quoting import QuotingModel
from core.scheduler import LEASE, LEASE_TTL, Scheduler, Timer
from tests.doubles import Clock, message, received

HOUR = timedelta(hours=1)
PERIOD = timedelta(seconds=0.2)
JUMPS = pytest.mark.parametrize("jump", [-HOUR, HOUR], ids=["back", "forth"])


class WallClock(datetime):
    """The machine's clock as the timer's library reads it, off by what it was set to."""

    off = timedelta(0)

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]  # plain datetimes
        """Return the time that it shows."""
        return datetime.now(tz) + cls.off


def shown() -> datetime:
    """Return the time that the clock shows."""
    return WallClock.now(UTC)


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[WallClock]]:
    """Let the timer's library read a clock that can be set."""
    monkeypatch.setattr("apscheduler.schedulers.base.datetime", WallClock)
    yield WallClock
    WallClock.off = timedelta(0)


class Counter:
    """A job that counts its runs."""

    def __init__(self) -> None:
        self.runs = 0

    async def run(self, at: datetime, progress: Progress) -> JobReport:
        """Count."""
        self.runs += 1
        return JobReport(summary="Counted.", figures={})

    def job(self, every: timedelta = PERIOD) -> Job:
        """Return the job."""
        return Job(name="count", summary="counts", every=every, run=self.run)


Begin = Callable[[Job], Awaitable[Scheduler]]


@pytest.fixture
async def begin(ledger: Ledger, wall: type[WallClock]) -> AsyncIterator[Begin]:
    """Return what starts a scheduler that goes by the wall clock; it is stopped at the end."""
    started: list[Scheduler] = []

    async def begun(job: Job) -> Scheduler:
        started.append(Scheduler(ledger=ledger, jobs=[job], owner="me", now=shown))
        await started[-1].start()
        return started[-1]

    yield begun
    for one in started:
        await one.stop()


async def until(counter: Counter, runs: int) -> None:
    """Wait until so many runs were counted."""
    async with asyncio.timeout(60):
        while counter.runs < runs:  # noqa: ASYNC110 - a counter sets no event
            await asyncio.sleep(0.01)


@JUMPS
async def test_jobs_neither_stop_nor_run_in_a_storm(
    begin: Begin, wall: type[WallClock], jump: timedelta
) -> None:
    """A job goes on at its period, whichever way the clock is set; 18,000 missed runs are one."""
    counter = Counter()
    await begin(counter.job())
    await until(counter, 2)
    wall.off = jump
    before, began = counter.runs, time.monotonic()
    await until(counter, before + 3)
    took = time.monotonic() - began
    assert counter.runs - before <= took / PERIOD.total_seconds() + 2


async def test_a_job_done_in_the_future_is_due_within_its_period(
    begin: Begin, ledger: Ledger, wall: type[WallClock]
) -> None:
    """A clock that was an hour ahead before the restart does not keep jobs from running."""
    async with ledger.writing() as connection:
        run = await start_run(connection, "count", shown() + HOUR)
        await finish_run(connection, run, shown() + HOUR, outcome="done", summary="")
    counter = Counter()
    await begin(counter.job())
    await until(counter, 1)


async def test_a_lease_from_the_future_counts_for_nothing(ledger: Ledger, clock: Clock) -> None:
    """A process that died before the clock was set back locks nobody out for an hour."""
    async with ledger.writing() as connection:
        assert await hold_lease(connection, LEASE, "dead", clock() + HOUR, LEASE_TTL) == 1
        assert await hold_lease(connection, LEASE, "new", clock(), LEASE_TTL) == 2
        assert await hold_lease(connection, LEASE, "third", clock(), LEASE_TTL) is None


@JUMPS
async def test_a_running_jobs_lease_stays_its_own(
    ledger: Ledger, clock: Clock, jump: timedelta
) -> None:
    """Whichever way the clock is set, whoever holds the lease renews it under the same number."""
    for _ in range(2):
        async with ledger.writing() as connection:
            assert await hold_lease(connection, LEASE, "me", clock(), LEASE_TTL) == 1
        clock.advance(seconds=jump.total_seconds())


@JUMPS
async def test_an_event_is_claimed_within_minutes(
    ledger: Ledger, clock: Clock, jump: timedelta
) -> None:
    """A claim that was taken before the clock was set does not keep an event waiting for an hour."""
    async with ledger.writing() as connection:
        assert await received(connection, message(), clock())
        until_ = clock() + timedelta(seconds=30)
        assert await inbox.claim(connection, "dead", ["room"], clock(), until_, 9)
    clock.advance(seconds=jump.total_seconds())
    clock.advance(minutes=1)
    async with ledger.writing() as connection:
        until_ = clock() + timedelta(seconds=30)
        assert await inbox.claim(connection, "new", ["room"], clock(), until_, 9)


def test_a_pause_of_the_breaker_goes_by_another_clock() -> None:
    """By default a breaker asks the monotonic clock, which nobody sets."""
    breaker = Breaker("Claude", pause=0.05, limit=1)
    breaker.failed("It is overloaded.")
    assert str(breaker.state) == State.OPEN.value
    time.sleep(0.06)
    assert str(breaker.state) == State.HALF_OPEN.value


class CountedModel(QuotingModel):
    """Counts how often it was asked how it is."""

    asked = 0

    async def check(self) -> str:
        """Count."""
        self.asked += 1
        return f"Asked {self.asked} times."


@JUMPS
async def test_a_sentence_on_the_model_does_not_stand_for_an_hour(
    ledger: Ledger, clock: Clock, embedder: HashingEmbedder, jump: timedelta
) -> None:
    """What was said before the clock was set is asked anew."""
    scheduler = Scheduler(ledger=ledger, jobs=[], owner="me", now=clock)
    status = Status(embedder, MemoryIndex(), CountedModel(), scheduler, clock)
    await status.sentences()
    clock.advance(seconds=jump.total_seconds())
    assert (await status.sentences())["model"] == "Asked 2 times."


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the machine stand in Berlin, where clocks change on October 25, 2026, at 1 o'clock UTC."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    "day", [datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)]
)
async def test_daylight_saving_moves_nothing(berlin: None, day: datetime) -> None:
    """Around both changes a job of every hour is due every hour of real time."""
    timer = Timer(shown)
    timer.start(paused=True)
    job = timer.add_job(lambda: None, "interval", hours=1, next_run_time=day)
    times = [day]
    for _ in range(4):
        times.append(job.trigger.get_next_fire_time(times[-1], times[-1]))
    assert [one - day for one in times] == [HOUR * number for number in range(5)]
    timer.shutdown(wait=False)
    await asyncio.sleep(0)
