"""What the scheduler did, who may run it, and what people changed by hand."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.ledger.machinery import audit, leases, runs
from core.ledger.writes import insert_once


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of a job. `outcome` is "done", "failed", or None while it runs or was killed."""

    id: int
    job: str
    started_at: datetime
    finished_at: datetime | None
    outcome: str | None
    summary: str | None


async def start_run(connection: AsyncConnection, job: str, now: datetime) -> int:
    """Note that a job starts and return the run's number."""
    made = await connection.execute(
        runs.insert().values(job=job, started_at=now).returning(runs.c.id)
    )
    return int(made.scalar_one())


async def finish_run(
    connection: AsyncConnection, run_id: int, now: datetime, *, outcome: str, summary: str
) -> None:
    """Note how a run ended."""
    await connection.execute(
        update(runs)
        .where(runs.c.id == run_id)
        .values(finished_at=now, outcome=outcome, summary=summary)
    )


async def last_done(connection: AsyncConnection, job: str) -> datetime | None:
    """Return when a job last finished well, or None."""
    found = await connection.execute(
        select(runs.c.finished_at)
        .where(runs.c.job == job, runs.c.outcome == "done")
        .order_by(runs.c.id.desc())
        .limit(1)
    )
    return found.scalars().first()


async def latest_runs(connection: AsyncConnection, limit: int) -> list[Run]:
    """Return the newest runs, newest first."""
    rows = await connection.execute(select(runs).order_by(runs.c.id.desc()).limit(limit))
    return [
        Run(
            id=row.id,
            job=row.job,
            started_at=row.started_at,
            finished_at=row.finished_at,
            outcome=row.outcome,
            summary=row.summary,
        )
        for row in rows
    ]


async def hold_lease(
    connection: AsyncConnection, name: str, owner: str, now: datetime, ttl: timedelta
) -> int | None:
    """Take or renew a lease; return its fencing number, or None while somebody else holds it.

    The number grows each time the lease changes hands. A lease that ends later than any could was
    taken before the clock was set back: it counts for nothing.
    """
    found = await connection.execute(select(leases).where(leases.c.name == name).with_for_update())
    row = found.one_or_none()
    if row is None:
        first = {"name": name, "owner": owner, "fence": 1, "expires_at": now + ttl}
        return 1 if await insert_once(connection, leases, first) else None
    if row.owner != owner and now < row.expires_at <= now + ttl:
        return None
    fence = int(row.fence) if row.owner == owner else int(row.fence) + 1
    await connection.execute(
        update(leases)
        .where(leases.c.name == name)
        .values(owner=owner, fence=fence, expires_at=now + ttl)
    )
    return fence


async def release_lease(connection: AsyncConnection, name: str, owner: str, now: datetime) -> None:
    """Let a lease go, if it is still the owner's."""
    await connection.execute(
        update(leases).where(leases.c.name == name, leases.c.owner == owner).values(expires_at=now)
    )


async def release_former(connection: AsyncConnection, now: datetime) -> None:
    """Free the leases of processes before this one, where there can be no other.

    On SQLite one process has the ledger; on PostgreSQL the leases of the dead run out.
    """
    if connection.dialect.name == "sqlite":
        await connection.execute(
            update(leases).where(leases.c.expires_at > now).values(expires_at=now)
        )


async def note(
    connection: AsyncConnection, *, by: str, action: str, subject: str, now: datetime
) -> None:
    """Write one line of the audit log; ids, never people's text."""
    await connection.execute(audit.insert().values(by=by, action=action, subject=subject, at=now))
