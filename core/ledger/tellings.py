"""Tellings: who asked in vain before, and was told of the verified answer that there is now."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, exists, func, or_, select, union_all, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.answers import Origin, Standing
from core.feedback import Verdict
from core.ledger.conduct import tellings
from core.ledger.doubts import is_bad, is_unsure
from core.ledger.feedback import explicit
from core.ledger.tables import answers, feedback, messages, questions, standings
from core.ledger.writes import insert_once
from core.messages import Message

FIELDS = ("text", "asked", "message_id", "answer_id")
MOST = 200  # questions that are looked at in one run


@dataclass(frozen=True, slots=True, kw_only=True)
class Vain:
    """A question that was perhaps answered badly: `answer_id` is what was said."""

    text: str
    asked: str
    message_id: str
    answer_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """That the asker of a message is told of an answer, by the copy `copy_id` of it."""

    answer_id: str
    message_id: str
    copy_id: str


async def asked_in_vain(
    connection: AsyncConnection, since: datetime, sure_from: float
) -> list[Vain]:
    """Return the questions since a time that something was verified after, the newest first.

    Only those that the bot did not know, that somebody said 👎 of, perhaps taken back since, or that
    is rated badly, and last those that it was not sure of (`doubts.py`). Never what was asked in
    private, was taken away, or was told of already.
    """
    unknown = answers.c.origin == Origin.UNKNOWN.value
    doubted = exists().where(
        feedback.c.answer_id == answers.c.id, feedback.c.verdict == Verdict.DOWN.value, explicit()
    )
    vain = or_(unknown, doubted, is_bad())
    settled = exists().where(
        standings.c.standing == Standing.VERIFIED.value, standings.c.at > questions.c.asked_at
    )
    rows = await connection.execute(
        select(questions)
        .join(answers, answers.c.id == questions.c.answer_id)
        .join(messages, messages.c.id == questions.c.message_id)
        .where(
            questions.c.asked_at > since,
            questions.c.text != "",
            messages.c.private.is_(False),
            messages.c.deleted_at.is_(None),
            or_(vain, is_unsure(sure_from)),
            settled,
            ~exists().where(tellings.c.message_id == questions.c.message_id),
        )
        .order_by(case((vain, 0), else_=1), questions.c.asked_at.desc(), questions.c.id)
        .limit(MOST)
    )
    return [Vain(**{name: getattr(row, name) for name in FIELDS}) for row in rows]


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


async def was_by(connection: AsyncConnection, answer_id: str, accounts: Collection[str]) -> bool:
    """Say whether a person found wrong what was said where others were told of an answer."""
    found = await connection.execute(
        select(tellings.c.copy_id)
        .join(questions, questions.c.message_id == tellings.c.message_id)
        .join(feedback, feedback.c.answer_id == questions.c.answer_id)
        .where(
            tellings.c.answer_id == answer_id,
            feedback.c.person_id.in_(accounts),
            feedback.c.verdict == Verdict.DOWN.value,
            explicit(),
        )
        .limit(1)
    )
    return found.first() is not None


async def is_told_in(connection: AsyncConnection, answer_id: str, message: Message) -> bool:
    """Say whether an answer was told of in a message's thread, or is about to be."""
    thread = message.thread or message.ref.key
    found = await connection.execute(
        select(tellings.c.copy_id)
        .join(messages, messages.c.id == tellings.c.message_id)
        .where(
            tellings.c.answer_id == answer_id,
            messages.c.conversation_id == message.conversation.id,
            func.coalesce(messages.c.thread, messages.c.key) == thread,
        )
        .limit(1)
    )
    return found.first() is not None


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
