"""What runs the jobs: each when it is due, one at a time, in one process only, recorded in the ledger."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from apscheduler.schedulers.asyncio import (  # type: ignore[import-untyped]  # it ships no types
    AsyncIOScheduler,
)

from core.errors import TavernkeepError
from core.interfaces import Job, JobReport, Progress
from core.ledger.ledger import Ledger
from core.ledger.runs import finish_run, hold_lease, last_done, release_lease, start_run

log = logging.getLogger(__name__)
LEASE = "scheduler"
LEASE_TTL = timedelta(seconds=60)


def silent(what: str, done: int, total: int | None) -> None:
    """Show no progress: what a scheduled run does."""
    del what, done, total


class Scheduler:
    """Runs jobs on their periods while it holds the lease, and at any time when asked."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        jobs: Sequence[Job],
        owner: str,
        now: Callable[[], datetime],
        lease: timedelta = LEASE_TTL,
    ) -> None:
        """Take the jobs, and how long the lease lasts unless renewed; nothing runs before `start`."""
        self._lease = lease
        self._ledger = ledger
        self._jobs: Mapping[str, Job] = {job.name: job for job in jobs}
        self._owner = owner
        self._now = now
        self._one_at_a_time = asyncio.Lock()
        self._ticking: set[asyncio.Task[None]] = set()
        self.running: str | None = None
        self._timer = AsyncIOScheduler(
            timezone="UTC",
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )

    @property
    def jobs(self) -> Sequence[Job]:
        """Every job that can be run."""
        return list(self._jobs.values())

    async def start(self) -> None:
        """Start the timers; a run that was missed while the bot was away is made up soon."""
        for job in self._jobs.values():
            if job.every > timedelta(0):
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
        async with self._ledger.writing() as connection:
            await release_lease(connection, LEASE, self._owner, self._now())

    async def make_up(self, names: Sequence[str]) -> None:
        """Run these jobs one after the other, as if they were due; one that is switched off is not."""
        for name in names:
            if self._jobs[name].every > timedelta(0):
                await self._tick(self._jobs[name])

    async def run(self, name: str, progress: Progress) -> JobReport:
        """Run a job now and return its report; raise `TavernkeepError` for an unknown name."""
        job = self._jobs.get(name)
        if job is None:
            raise TavernkeepError(f"There is no job {name}: there are {', '.join(self._jobs)}.")
        async with self._one_at_a_time:
            self.running = name
            try:
                return await self._recorded(job, progress)
            finally:
                self.running = None

    async def _due(self, job: Job) -> datetime:
        async with self._ledger.reading() as connection:
            last = await last_done(connection, job.name)
        return max(self._now(), last + job.every) if last else self._now() + job.every

    async def _start_tick(self, job: Job) -> None:
        """Run the tick in a task of our own, which `stop` can await: the timer's is only dropped."""
        task = asyncio.create_task(self._tick(job))
        self._ticking.add(task)
        task.add_done_callback(self._ticking.discard)
        await asyncio.shield(task)

    async def _tick(self, job: Job) -> None:
        if not await self._hold_lease():
            log.info("%s is left to the process that holds the scheduler's lease.", job.name)
            return
        holding = asyncio.create_task(self._keep_lease())
        try:
            report = await self.run(job.name, silent)
        except TavernkeepError as error:
            log.warning("The job %s failed and will be tried again: %s", job.name, error)
        except Exception:
            log.exception("The job %s failed and will be tried again.", job.name)
        else:
            log.info("%s: %s", job.name, report.summary)
        finally:
            holding.cancel()
            await asyncio.gather(holding, return_exceptions=True)

    async def _hold_lease(self) -> bool:
        async with self._ledger.writing() as connection:
            fence = await hold_lease(connection, LEASE, self._owner, self._now(), self._lease)
        return fence is not None

    async def _keep_lease(self) -> None:
        """Renew the lease while a job runs, which may take longer than the lease lasts."""
        while True:
            await asyncio.sleep(self._lease.total_seconds() / 3)
            await self._hold_lease()

    async def _recorded(self, job: Job, progress: Progress) -> JobReport:
        async with self._ledger.writing() as connection:
            run_id = await start_run(connection, job.name, self._now())
        outcome, summary = "failed", "stopped before it ended"
        try:
            report = await job.run(self._now(), progress)
            outcome, summary = "done", report.summary
        except Exception as error:
            summary = str(error)
            raise
        finally:
            async with self._ledger.writing() as connection:
                await finish_run(connection, run_id, self._now(), outcome=outcome, summary=summary)
        return report
