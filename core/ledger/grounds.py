"""Grounds: what a look at an answer's sources found, so that each is asked about once."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from core.answers import Standing
from core.grounds import Grounds
from core.ledger.tables import answers, standings
from core.ledger.vouching import grounds
from core.ledger.writes import portions, put


async def found_before(connection: AsyncConnection, key: str) -> Grounds | None:
    """Return what was found under a key; None where nobody looked, or could not."""
    rows = await connection.execute(select(grounds.c.found).where(grounds.c.key == key))
    found = rows.scalar()
    return Grounds(found) if found else None


async def save_grounds(
    connection: AsyncConnection, key: str, answer_id: str, found: Grounds | None, now: datetime
) -> None:
    """Store what was found of an answer; None that it could not be looked at just now."""
    row = {"key": key, "answer_id": answer_id, "found": found.value if found else None, "at": now}
    await put(connection, grounds, row, key=["key"])


async def put_off(connection: AsyncConnection, limit: int) -> list[str]:
    """Return answers that could not be looked at when it was due, the longest waiting first."""
    rows = await connection.execute(
        select(grounds.c.answer_id)
        .where(grounds.c.found.is_(None))
        .order_by(grounds.c.at, grounds.c.key)
        .limit(limit)
    )
    return list(dict.fromkeys(rows.scalars()))


async def drop_put_off(connection: AsyncConnection, answer_id: str) -> None:
    """Note that an answer need not be looked at any more."""
    waiting = (grounds.c.answer_id == answer_id, grounds.c.found.is_(None))
    await connection.execute(delete(grounds).where(*waiting))


async def last_reason(connection: AsyncConnection, answer_id: str) -> str | None:
    """Return why an answer stands where it does, as the log says it; None where it never moved."""
    rows = await connection.execute(
        select(standings.c.reason)
        .where(standings.c.answer_id == answer_id)
        .order_by(standings.c.id.desc())
        .limit(1)
    )
    return rows.scalars().first()


async def count_contradicted(connection: AsyncConnection) -> int:
    """Return how many answers that people like are contradicted by their sources, and unsettled."""
    unsettled = (Standing.CANDIDATE.value, Standing.TRIAL.value)
    counted = await connection.execute(
        select(func.count(grounds.c.answer_id.distinct()))
        .join(answers, answers.c.id == grounds.c.answer_id)
        .where(grounds.c.found == Grounds.CONTRADICTED.value, answers.c.standing.in_(unsettled))
    )
    return int(counted.scalar_one())


async def forget_grounds(connection: AsyncConnection, ids: Sequence[str]) -> None:
    """Forget what was found of answers whose words are gone."""
    for portion in portions(ids):
        await connection.execute(delete(grounds).where(grounds.c.answer_id.in_(portion)))
