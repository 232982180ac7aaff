"""Tellings: who asked in vain before, and was told of the verified answer that there is now."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, union_all, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.answers import Origin, Standing
from core.feedback import Verdict
from core.ledger.conduct import tellings
from core.ledger.feedback import explicit
from core.ledger.tables import answers, feedback, messages, questions, standings
from core.ledger.writes import insert_once

MOST = 200  # questions that are looked at in one run


@dataclass(frozen=True, slots=True, kw_only=True)
class Vain:
    """A question whose answer, `answer_id`, helped little: the bot was `unsure`, if it knew one at all.

    Otherwise somebody found the answer wrong.
    """

    text: str
    asked: str
    message_id: str
    answer_id: str
    unsure: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """That the asker of a message is told of an answer, by the copy `copy_id` of it."""

    answer_id: str
    message_id: str
    copy_id: str


async def asked_in_vain(connection: AsyncConnection, since: datetime, sure: float) -> list[Vain]:
    """Return the questions since a time that something was verified after, the newest first.

    Only what the bot did not know, what scored less than `sure`, and what somebody said 👎 of, be
    it taken back since; never what was asked in private, was taken away, or was told of already.
    """
    unsure = _unsure(sure)
    doubted = exists().where(
        feedback.c.answer_id == answers.c.id, feedback.c.verdict == Verdict.DOWN.value, explicit()
    )
    settled = exists().where(
        standings.c.standing == Standing.VERIFIED.value, standings.c.at > questions.c.asked_at
    )
    rows = await connection.execute(
        select(questions, func.coalesce(unsure, False).label("unsure"))
        .join(answers, answers.c.id == questions.c.answer_id)
        .join(messages, messages.c.id == questions.c.message_id)
        .where(
            questions.c.asked_at > since,
            questions.c.text != "",
            messages.c.private.is_(False),
            messages.c.deleted_at.is_(None),
            or_(unsure, doubted),
            settled,
            ~exists().where(tellings.c.message_id == questions.c.message_id),
        )
        .order_by(questions.c.asked_at.desc(), questions.c.id)
        .limit(MOST)
    )
    return [
        Vain(
            text=row.text,
            asked=row.asked,
            message_id=row.message_id,
            answer_id=row.answer_id,
            unsure=bool(row.unsure),
        )
        for row in rows
    ]


def _unsure(sure: float) -> ColumnElement[bool]:
    return or_(
        answers.c.origin == Origin.UNKNOWN.value,
        and_(answers.c.reused_id.is_(None), answers.c.score < sure),
    )


async def verified_at(connection: AsyncConnection, answer_id: str) -> datetime | None:
    """Return when an answer was last verified, or None."""
    found = await connection.execute(
        select(func.max(standings.c.at)).where(
            standings.c.answer_id == answer_id, standings.c.standing == Standing.VERIFIED.value
        )
    )
    at: datetime | None = found.scalar()
    return at


async def count_tellings(connection: AsyncConnection, answer_id: str) -> int:
    """Return in how many places an answer was told of, or is about to be."""
    wanted = select(func.count()).select_from(tellings).where(tellings.c.answer_id == answer_id)
    return int((await connection.execute(wanted)).scalar_one())


async def was_told(connection: AsyncConnection, answer_id: str, accounts: Collection[str]) -> bool:
    """Say whether a person was told of an answer, or was given it, wherever they asked."""
    told = (
        select(tellings.c.copy_id)
        .join(messages, messages.c.id == tellings.c.message_id)
        .where(tellings.c.answer_id == answer_id, messages.c.person_id.in_(accounts))
    )
    given = (
        select(answers.c.id)
        .join(questions, questions.c.answer_id == answers.c.id)
        .where(answers.c.reused_id == answer_id, questions.c.asker_id.in_(accounts))
    )
    return (await connection.execute(union_all(told, given).limit(1))).first() is not None


async def save_telling(connection: AsyncConnection, telling: Telling, now: datetime) -> bool:
    """Note that somebody is about to be told; return False where it is noted already."""
    row = {
        "answer_id": telling.answer_id,
        "message_id": telling.message_id,
        "copy_id": telling.copy_id,
        "at": now,
    }
    return await insert_once(connection, tellings, row)


async def untold(connection: AsyncConnection, since: datetime) -> list[Telling]:
    """Return what was noted since a time and is not known to stand."""
    rows = await connection.execute(
        select(tellings)
        .where(tellings.c.told_at.is_(None), tellings.c.at > since)
        .order_by(tellings.c.at, tellings.c.message_id)
    )
    return [
        Telling(answer_id=row.answer_id, message_id=row.message_id, copy_id=row.copy_id)
        for row in rows
    ]


async def note_told(connection: AsyncConnection, telling: Telling, now: datetime) -> None:
    """Note that somebody was told, or never can be."""
    await connection.execute(
        update(tellings).where(tellings.c.copy_id == telling.copy_id).values(told_at=now)
    )
