"""What the signals are read from that people give without meaning to: threads and earlier questions."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, false, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from core.answers import Origin
from core.documents import content_hash
from core.ledger.epochs import outdate
from core.ledger.messages import is_open
from core.ledger.modes import SKEW
from core.ledger.tables import answers, feedback, messages, outbox, posts, questions
from core.messages import Message, MessageRef


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """An answer of the bot: the question as asked, by which account, and since when it stands."""

    answer_id: str
    asked: str
    asker_id: str | None
    at: datetime


def signal_id(ref: MessageRef, *parts: str) -> str:
    """Return the id of the event that is read from a message; `parts` tell several apart."""
    told = content_hash(*parts)[:32] if parts else ""
    return f"implicit:{content_hash(ref.id)[:32]}:{told}"


async def forget_signals(connection: AsyncConnection, ref: MessageRef) -> None:
    """Take back what was read from a message; the next epoch is computed without it."""
    mine = feedback.c.event_id.startswith(signal_id(ref), autoescape=True)
    if (await connection.execute(delete(feedback).where(mine))).rowcount:
        await outdate(connection)


async def last_given(connection: AsyncConnection, message: Message) -> Given | None:
    """Return the bot's last answer in a message's thread before it, that all of the thread can see.

    In a direct conversation without threads all of it is one thread. What a command printed is no answer.
    """
    found = await connection.execute(
        select(answers.c.id, questions.c.asked, questions.c.asker_id, posts.c.posted_at)
        .select_from(posts)
        .join(answers, answers.c.id == posts.c.answer_id)
        .join(questions, questions.c.answer_id == answers.c.id)
        .outerjoin(outbox, outbox.c.answer_id == answers.c.id)
        .outerjoin(messages, messages.c.id == outbox.c.message_id)
        .where(
            posts.c.conversation_id == message.conversation.id,
            _below(message),
            posts.c.posted_at <= message.sent_at + SKEW,
            questions.c.message_id.is_not(None),
            questions.c.message_id != message.ref.id,
            answers.c.origin != Origin.COMMAND.value,
            is_open(),
        )
        .order_by(posts.c.posted_at.desc(), posts.c.id.desc())
        .limit(1)
    )
    row = found.one_or_none()
    if row is None:
        return None
    return Given(answer_id=row.id, asked=row.asked, asker_id=row.asker_id, at=row.posted_at)


async def spoken_since(
    connection: AsyncConnection, message: Message, at: datetime, accounts: Collection[str]
) -> bool:
    """Say whether anybody but these accounts wrote in a message's thread, before it and after a time."""
    found = await connection.execute(
        select(messages.c.id)
        .where(
            messages.c.conversation_id == message.conversation.id,
            or_(messages.c.thread == message.thread, messages.c.key == message.thread),
            messages.c.person_id.not_in(accounts),
            messages.c.deleted_at.is_(None),
            messages.c.private.is_(False),
            messages.c.sent_at > at,
            messages.c.sent_at < message.sent_at,
        )
        .limit(1)
    )
    return found.first() is not None


async def asked_between(
    connection: AsyncConnection, accounts: Collection[str], since: datetime, until: datetime
) -> list[tuple[str, Given]]:
    """Return what these accounts asked in a span of time and was answered, the newest first.

    Each with the id of the message that it was asked in.
    """
    rows = await connection.execute(
        select(questions)
        .join(answers, answers.c.id == questions.c.answer_id)
        .where(
            questions.c.asker_id.in_(accounts),
            questions.c.message_id.is_not(None),
            questions.c.asked_at >= since,
            questions.c.asked_at <= until + SKEW,
            questions.c.asked != "",
            answers.c.origin != Origin.COMMAND.value,
        )
        .order_by(questions.c.asked_at.desc(), questions.c.id)
    )
    return [
        (
            row.message_id,
            Given(answer_id=row.answer_id, asked=row.asked, asker_id=row.asker_id, at=row.asked_at),
        )
        for row in rows
    ]


async def given_to(
    connection: AsyncConnection, ref: MessageRef, accounts: Collection[str]
) -> str | None:
    """Return the newest answer to a message of one of these accounts, or None."""
    found = await connection.execute(
        select(answers.c.id)
        .join(questions, questions.c.answer_id == answers.c.id)
        .where(
            questions.c.message_id == ref.id,
            questions.c.asker_id.in_(accounts),
            answers.c.origin != Origin.COMMAND.value,
        )
        .order_by(questions.c.asked_at.desc(), answers.c.id)
    )
    return found.scalars().first()


def _below(message: Message) -> ColumnElement[bool]:
    """Return the condition on a post that it stands in a message's thread."""
    if message.thread is None:
        return true() if message.conversation.direct else false()
    return or_(posts.c.thread == message.thread, posts.c.key == message.thread)
