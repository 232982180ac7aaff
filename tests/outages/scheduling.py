"""A process with a scheduler, for tests that let several share one ledger: `… URL OWNER LEASE`.

It runs its one job when it is told to: two steps, each an entry in the audit log. It tells on its
output how far it is; told to pause, it stops itself between the steps, until it gets SIGCONT.
"""

import asyncio
import os
import signal
import sys
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from core.errors import TavernkeepError
from core.job import Job, JobReport, Progress
from core.ledger.ledger import Ledger
from core.ledger.machinery import audit
from core.ledger.runs import note
from core.scheduler import Scheduler, silent

STEPS = ("first step", "second step")
PAUSE = "pause"


def now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


def tell(what: str) -> None:
    """Tell the process that reads our output."""
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


async def steps_done(ledger: Ledger) -> list[tuple[str, str]]:
    """Return every step that was done and who did it, in order."""
    async with ledger.reading() as connection:
        rows = await connection.execute(select(audit.c.action, audit.c.by).order_by(audit.c.id))
        return [(row.action, row.by) for row in rows]


def job_of(ledger: Ledger, owner: str, *, pauses: bool) -> Job:
    """Return the job, which does the steps that nobody did."""

    async def run(at: datetime, progress: Progress) -> JobReport:
        for step in STEPS:
            if step not in dict(await steps_done(ledger)):
                async with ledger.writing() as connection:
                    await note(connection, by=owner, action=step, subject="", now=at)
            tell(step)
            if pauses:
                os.kill(os.getpid(), signal.SIGSTOP)
            await asyncio.sleep(0.05)
        return JobReport(summary="Both steps are done.", figures={})

    return Job(name="work", summary="does two steps", every=timedelta(hours=1), run=run)


async def main(url: str, owner: str, lease: str) -> None:
    """Run the job when told to, and tell how it ended."""
    tell("ready")
    told = await asyncio.to_thread(sys.stdin.readline)
    ledger = Ledger(url)
    scheduler = Scheduler(
        ledger=ledger,
        jobs=[job_of(ledger, owner, pauses=told.strip() == PAUSE)],
        owner=owner,
        now=now,
        lease=timedelta(seconds=float(lease)),
    )
    try:
        tell((await scheduler.run("work", silent)).summary)
    except TavernkeepError as error:
        tell(f"{type(error).__name__}: {error}")
    await scheduler.stop()
    await ledger.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
