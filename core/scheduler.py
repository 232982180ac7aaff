"""What runs the jobs: each when it is due, one at a time, in one process only, recorded in the ledger."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from apscheduler.schedulers.asyncio import (  # type: ignore[import-untyped]  # it ships no types
    AsyncIOScheduler,
)

from core.errors import LeaseHeldError, LeaseLostError, LedgerError, TavernkeepError
from core.job import Job, JobReport, Progress
from core.ledger.ledger import Ledger
from core.ledger.runs import finish_run, hold_lease, last_done, release_lease, start_run

log = logging.getLogger(__name__)
LEASE = "scheduler"
LEASE_TTL = timedelta(seconds=60)
NOT_AT_ALL = timedelta(0)
HURRIED = timedelta(minutes=5)  # no job runs more often because somebody wants it to
STOPPED = "stopped before it ended"
SET_BACK = timedelta(seconds=-1)  # less is the clock being trimmed, not set


def silent(what: str, done: int, total: int | None) -> None:
    """Show no progress: what a scheduled run does."""
    del what, done, total


class Timer(AsyncIOScheduler):  # type: ignore[misc]  # it ships no types
    """APScheduler's timer, which goes by the wall clock, made to bear that clock being set back.

    Its due times move back with the clock, or nothing would run until the old time has come again.
    A clock that is set forward needs nothing: what became due is run once.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        """Take the wall clock."""
        super().__init__(
            timezone="UTC",
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )
        self._now = now
        self._began_at = self._zero()

    def wakeup(self) -> None:
        """Run what is due."""
        zero, before = self._zero(), self._began_at
        self._began_at = zero
        if zero - before < SET_BACK:
            log.info("The clock was set back, so the jobs' due times are as well.")
            for job in self.get_jobs():
                self.modify_job(job.id, next_run_time=job.next_run_time + (zero - before))
        super().wakeup()

    def _zero(self) -> datetime:
        """Return what the wall clock showed when the monotonic one stood at zero."""
        return self._now() - timedelta(seconds=time.monotonic())


class Scheduler:
    """Runs jobs on their periods and when asked, each while it holds the lease.

    A job's writes are refused once another process has taken the lease from it.
    """

    def __init__(
        self,
        *,
        ledger: Ledger,
        jobs: Sequence[Job],
        owner: str,
        now: Callable[[], datetime],
        lease: timedelta = LEASE_TTL,
    ) -> None:
        """Take the jobs, and how long the lease lasts unless renewed; nothing runs before `start`.

        `owner` is this process in the ledger; no two may share one.
        """
        self._lease = lease
        self._ledger = ledger
        self._jobs: Mapping[str, Job] = {job.name: job for job in jobs}
        self._owner = owner
        self._now = now
        self._one_at_a_time = asyncio.Lock()
        self._ticking: set[asyncio.Task[None]] = set()
        self._hurried: set[str] = set()
        self.running: str | None = None
        self._timer = Timer(now)

    @property
    def jobs(self) -> Sequence[Job]:
        """Every job that can be run."""
        return list(self._jobs.values())

    async def start(self) -> None:
        """Start the timers; a run that was missed while the bot was away is made up soon."""
        for job in self._jobs.values():
            if job.every > NOT_AT_ALL:
                self._timer.add_job(
                    self._start_tick,
                    "interval",
                    args=[job],
                    id=job.name,
                    seconds=job.every.total_seconds(),
                    next_run_time=await self._due(job),
                )
        self._timer.start()

    async def stop(self) -> None:
        """Stop the timers; a job that they started is cancelled, which it must bear, and awaited."""
        if self._timer.running:
            self._timer.shutdown(wait=False)
            await asyncio.sleep(0)  # the stop itself happens on the loop's next turn
        for task in self._ticking:
            task.cancel()
        # The ledger must stay open until each has noted how it ended.
        await asyncio.gather(*self._ticking, return_exceptions=True)
        await self._let_go()

    async def make_up(self, names: Sequence[str]) -> None:
        """Run these jobs one after the other, as if they were due; one that is switched off is not.

        A lease that a killed process left behind is waited for.
        """
        patience = self._lapse
        for name in names:
            if self._jobs[name].every > NOT_AT_ALL and not await self._tick(
                self._jobs[name], patience
            ):
                patience = NOT_AT_ALL

    def hurry(self, name: str) -> None:
        """Have a scheduled job run now instead of later, unless it was done in the last minutes."""
        if self._timer.running and self._timer.get_job(name) is not None:
            self._hurried.add(name)
            self._timer.modify_job(name, next_run_time=self._now())

    async def run(self, name: str, progress: Progress) -> JobReport:
        """Run a job now and return its report; raise `TavernkeepError` for an unknown name.

        Raises `LeaseHeldError` where another process goes on running jobs for longer than the
        lease lasts, and `LeaseLostError` where one took the lease meanwhile.
        """
        job = self._jobs.get(name)
        if job is None:
            raise TavernkeepError(f"There is no job {name}: there are {', '.join(self._jobs)}.")
        return await self._run(job, progress, self._lapse)

    # -- ticks ---------------------------------------------------------------------------------

    async def _due(self, job: Job) -> datetime:
        """Return when a job runs first: no later than a period from now, whatever the clock was."""
        now = self._now()
        last = await self._last_done(job)
        return max(now, min(last, now) + job.every) if last else now + job.every

    async def _start_tick(self, job: Job) -> None:
        """Run the tick in a task of our own, which `stop` can await: the timer's is only dropped."""
        task = asyncio.create_task(self._due_tick(job))
        self._ticking.add(task)
        task.add_done_callback(self._ticking.discard)
        await asyncio.shield(task)

    async def _due_tick(self, job: Job) -> None:
        """Run a job, unless it was done just now: by hand, or by another process's timer."""
        try:
            last = await self._last_done(job)
        except LedgerError as error:
            log.warning("The job %s could not begin and will be tried again: %s", job.name, error)
            return
        pause = min(HURRIED, job.every / 2) if job.name in self._hurried else job.every / 2
        self._hurried.discard(job.name)
        if last and NOT_AT_ALL <= self._now() - last < pause:
            log.info("%s was done a short while ago.", job.name)
            return
        await self._tick(job, NOT_AT_ALL)

    async def _tick(self, job: Job, patience: timedelta) -> bool:
        """Run a job and log how it ended; return False where another process holds the lease."""
        try:
            report = await self._run(job, silent, patience)
        except LeaseHeldError:
            log.info("%s is left to the process that holds the scheduler's lease.", job.name)
            return False
        except LeaseLostError as error:
            log.warning("The job %s was stopped: %s", job.name, error)
        except TavernkeepError as error:
            log.warning("The job %s failed and will be tried again: %s", job.name, error)
        except Exception:
            log.exception("The job %s failed and will be tried again.", job.name)
        else:
            log.info("%s: %s", job.name, report.summary)
        return True

    # -- one run -------------------------------------------------------------------------------

    async def _run(self, job: Job, progress: Progress, patience: timedelta) -> JobReport:
        async with self._one_at_a_time:
            fence = await self._turn(progress, patience)
            self.running = job.name
            try:
                return await self._recorded(job, fence, progress)
            finally:
                self.running = None
                await self._let_go()

    async def _recorded(self, job: Job, fence: int, progress: Progress) -> JobReport:
        """Run a job and note how it ended; what was cancelled or stopped counts as failed."""
        async with self._ledger.writing() as connection:
            run_id = await start_run(connection, job.name, self._now())
        try:
            report = await self._work(job, fence, progress)
            with self._ledger.fenced(LEASE, fence):  # a job may have contained what refused it
                await self._note_end(run_id, "done", report.summary)
        except BaseException as error:
            try:
                await self._note_end(run_id, "failed", str(error) or STOPPED)
            except LedgerError as unwritten:
                log.warning("How %s ended is not on record: %s", job.name, unwritten)
            raise
        return report

    async def _work(self, job: Job, fence: int, progress: Progress) -> JobReport:
        """Run a job behind the fence while the lease is renewed; stop it when the lease is lost."""
        renewing = asyncio.create_task(self._keep_lease(fence))
        with self._ledger.fenced(LEASE, fence):
            working = asyncio.ensure_future(job.run(self._now(), progress))
        try:
            await asyncio.wait((working, renewing), return_when=asyncio.FIRST_COMPLETED)
            if not working.done():
                raise LeaseLostError(
                    "Another process took over the jobs while this one stood still, so it stops its own."
                )
            return await working
        finally:
            working.cancel()
            renewing.cancel()
            await asyncio.gather(working, renewing, return_exceptions=True)

    async def _last_done(self, job: Job) -> datetime | None:
        async with self._ledger.reading() as connection:
            return await last_done(connection, job.name)

    async def _note_end(self, run_id: int, outcome: str, summary: str) -> None:
        async with self._ledger.writing() as connection:
            await finish_run(connection, run_id, self._now(), outcome=outcome, summary=summary)

    # -- the lease -----------------------------------------------------------------------------

    @property
    def _lapse(self) -> timedelta:
        """After so long the lease of a process that died is free for certain."""
        return self._lease * 1.1

    async def _turn(self, progress: Progress, patience: timedelta) -> int:
        """Take the lease, waiting for it, and return its number; raise `LeaseHeldError` after that."""
        until = time.monotonic() + patience.total_seconds()
        while (fence := await self._hold_lease()) is None:
            if time.monotonic() >= until:
                raise LeaseHeldError(
                    "Another process of this bot is running its jobs: try again in a minute."
                )
            progress("Waiting for another process that runs its jobs", 0, None)
            await asyncio.sleep(self._lease.total_seconds() / 30)
        return fence

    async def _hold_lease(self) -> int | None:
        async with self._ledger.writing() as connection:
            return await hold_lease(connection, LEASE, self._owner, self._now(), self._lease)

    async def _keep_lease(self, fence: int) -> None:
        """Renew the lease for a job that takes longer than it lasts; return when it is lost.

        While the ledger does not answer nobody else can take it either, so that is waited out.
        """
        while True:
            await asyncio.sleep(self._lease.total_seconds() / 3)
            try:
                if await self._hold_lease() != fence:
                    return
            except LedgerError as error:
                log.warning("The scheduler's lease could not be renewed: %s", error)

    async def _let_go(self) -> None:
        """Leave the lease to others; where the ledger does not answer, it lapses by itself."""
        try:
            async with self._ledger.writing() as connection:
                await release_lease(connection, LEASE, self._owner, self._now())
        except LedgerError as error:
            log.warning("The scheduler's lease could not be given back: %s", error)
