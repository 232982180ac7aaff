"""Verifications: who vouches for a verified answer, when it was last looked at, and since when not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.answers import Standing
from core.ledger.tables import answers
from core.ledger.vouching import verifications
from core.ledger.writes import portions, put


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """Who vouches for an answer (None: several people together), and when it was last looked at.

    From `lapsed_at` on, only what is said after that verifies it again.
    """

    answer_id: str
    owner_id: str | None
    at: datetime
    lapsed_at: datetime | None


async def load_verifications(
    connection: AsyncConnection, ids: Sequence[str]
) -> dict[str, Verification]:
    """Return the verifications among the answers, those that have lapsed too."""
    held: dict[str, Verification] = {}
    for portion in portions(ids):
        rows = await connection.execute(
            select(verifications).where(verifications.c.answer_id.in_(portion))
        )
        held |= {
            row.answer_id: Verification(
                answer_id=row.answer_id,
                owner_id=row.owner_id,
                at=row.at,
                lapsed_at=row.lapsed_at,
            )
            for row in rows
        }
    return held


async def note_verified(
    connection: AsyncConnection, answer_id: str, owner_id: str | None, at: datetime
) -> None:
    """Note who vouches for an answer from now on; without an owner it keeps the one that it had."""
    held = (await load_verifications(connection, [answer_id])).get(answer_id)
    kept = owner_id or (held.owner_id if held else None)
    row = {"answer_id": answer_id, "owner_id": kept, "at": at, "lapsed_at": None}
    await put(connection, verifications, row, key=["answer_id"])


async def note_lapsed(connection: AsyncConnection, answer_id: str, at: datetime) -> None:
    """Note that nobody looked at an answer for too long: what was said until now verified it once."""
    lapsing = update(verifications).where(verifications.c.answer_id == answer_id)
    await connection.execute(lapsing.values(lapsed_at=at))


async def overdue(connection: AsyncConnection, now: datetime, days: float) -> list[str]:
    """Return the verified answers that nobody looked at for so many days; with 0 days none."""
    if not days:
        return []
    before = now - timedelta(days=days)
    rows = await connection.execute(
        select(verifications.c.answer_id)
        .join(answers, answers.c.id == verifications.c.answer_id)
        .where(verifications.c.at <= before, answers.c.standing == Standing.VERIFIED.value)
    )
    return sorted(rows.scalars())


async def count_lapsed(connection: AsyncConnection) -> int:
    """Return how many answers wait for somebody to look at them again."""
    counted = await connection.execute(
        select(func.count())
        .select_from(verifications)
        .join(answers, answers.c.id == verifications.c.answer_id)
        .where(verifications.c.lapsed_at.is_not(None), answers.c.standing == Standing.TRIAL.value)
    )
    return int(counted.scalar_one())


async def forget_owner(connection: AsyncConnection, person_id: str, until: datetime | None) -> None:
    """Take a person's id off what they vouched for, up to a time (None: off all of it)."""
    theirs = verifications.c.owner_id == person_id
    if until is not None:
        theirs = and_(theirs, verifications.c.at <= until)
    await connection.execute(update(verifications).where(theirs).values(owner_id=None))


async def forget_verifications(connection: AsyncConnection, ids: Sequence[str]) -> None:
    """Forget that anybody vouched for answers whose words are gone."""
    for portion in portions(ids):
        await connection.execute(
            delete(verifications).where(verifications.c.answer_id.in_(portion))
        )
