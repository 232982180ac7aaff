"""What waits in the ledger, and who runs the jobs: what `doctor` tells of a bot from outside."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, ColumnElement, Table, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from core.ledger.machinery import leases, operations, runs
from core.ledger.runs import Run
from core.ledger.tables import inbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """How many wait, and since when the oldest does (None where nothing waits)."""

    waiting: int
    since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """Who held a lease last, until when unless it is renewed, and its fencing number."""

    owner: str
    until: datetime
    fence: int


async def unhandled(connection: AsyncConnection) -> Queue:
    """Return the events that were received and had no effect yet."""
    return await _queue(connection, inbox, inbox.c.received_at, inbox.c.handled_at.is_(None))


async def unindexed(connection: AsyncConnection) -> Queue:
    """Return the operations that the index has not carried out yet."""
    return await _queue(connection, operations, operations.c.queued_at)


async def lease_of(connection: AsyncConnection, name: str) -> Lease | None:
    """Return a lease, or None where nobody ever held it."""
    found = await connection.execute(select(leases).where(leases.c.name == name))
    row = found.one_or_none()
    return None if row is None else Lease(owner=row.owner, until=row.expires_at, fence=row.fence)


async def newest_runs(connection: AsyncConnection) -> list[Run]:
    """Return the newest run that ended of each job, by the jobs' names."""
    ended = runs.c.finished_at.is_not(None)
    newest = select(func.max(runs.c.id)).where(ended).group_by(runs.c.job)
    rows = await connection.execute(
        select(runs).where(runs.c.id.in_(newest.scalar_subquery())).order_by(runs.c.job)
    )
    return [Run(**row._mapping) for row in rows]


async def _queue(
    connection: AsyncConnection, table: Table, at: Column[datetime], *which: ColumnElement[bool]
) -> Queue:
    counted = select(func.count(), func.min(at)).select_from(table).where(*which)
    waiting, since = (await connection.execute(counted)).one()
    return Queue(waiting=waiting, since=since)
