"""What people look at: a conversation's history, and what the bot has learned."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from core.answers import Answer, Origin, Standing, badge_of
from core.feedback import Feedback, Rating, Verdict
from core.ledger.answers import load_answer, load_answers
from core.ledger.epochs import live_epoch, load_ratings
from core.ledger.feedback import explicit, live_verdicts
from core.ledger.learned import epochs, ratings
from core.ledger.machinery import operations
from core.ledger.tables import (
    answers,
    documents,
    feedback,
    messages,
    passages,
    people,
    posts,
    reactions,
)
from core.messages import Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One message or post of a conversation's history; `person` is None where the bot spoke.

    `reactions` are the emoji that stand on it, each with the people's ids; `verdicts` are the live
    verdicts on the answer.
    """

    key: str
    thread: str | None
    at: datetime
    text: str
    person: Person | None
    answer: Answer | None = None
    edited: bool = False
    reactions: tuple[tuple[str, tuple[str, ...]], ...] = ()
    verdicts: tuple[Feedback, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """One answer that people said something of, as "What it has learned" shows it."""

    answer: Answer
    rating: Rating | None
    verdicts: tuple[Feedback, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingPoint:
    """The rating of one answer in one epoch."""

    epoch_id: int
    at: datetime
    answer_id: str
    value: float


async def history(
    connection: AsyncConnection, conversation_id: str, limit: int = 200
) -> list[Entry]:
    """Return the newest messages and posts of a conversation, oldest first."""
    said = await _messages_of(connection, conversation_id, limit)
    posted = await _posts_of(connection, conversation_id, limit)
    return sorted([*said, *posted], key=lambda entry: entry.at)[-limit:]


async def shown(connection: AsyncConnection, answer_id: str) -> Answer | None:
    """Return an answer with the badge that it had when it was given, or None."""
    answer = await load_answer(connection, answer_id)
    if answer is None:
        return None
    return (await _with_badges(connection, {answer_id: answer.created_at}))[answer_id]


async def learned(connection: AsyncConnection, limit: int = 50) -> list[Learned]:
    """Return the answers with feedback and people's corrections, the newest feedback first."""
    newest = func.max(feedback.c.at)
    said_of = func.coalesce(answers.c.reused_id, answers.c.id)
    voted = await connection.execute(
        select(said_of)
        .join(feedback, feedback.c.answer_id == answers.c.id)
        .where(explicit())
        .group_by(said_of)
        .order_by(newest.desc())
        .limit(limit)
    )
    corrected = await connection.execute(
        select(answers.c.id)
        .where(answers.c.origin == Origin.CORRECTION.value, answers.c.reused_id.is_(None))
        .order_by(answers.c.created_at.desc())
        .limit(limit)
    )
    ids = list(dict.fromkeys([*corrected.scalars(), *voted.scalars()]))
    held = await load_answers(connection, ids)
    epoch = await live_epoch(connection)
    rated = await load_ratings(connection, epoch.id) if epoch else {}
    verdicts = await live_verdicts(connection, ids, merged=True)
    return [
        Learned(
            answer=held[id_],
            rating=rated.get(id_),
            verdicts=tuple(one for one in verdicts if one.answer_id == id_),
        )
        for id_ in ids
    ]


async def ratings_over_time(connection: AsyncConnection) -> list[RatingPoint]:
    """Return every rating of every epoch, oldest epoch first."""
    rows = await connection.execute(
        select(ratings.c.epoch_id, epochs.c.made_at, ratings.c.answer_id, ratings.c.rating)
        .join(epochs, epochs.c.id == ratings.c.epoch_id)
        .order_by(ratings.c.epoch_id, ratings.c.answer_id)
    )
    return [
        RatingPoint(
            epoch_id=row.epoch_id, at=row.made_at, answer_id=row.answer_id, value=row.rating
        )
        for row in rows
    ]


async def counts(connection: AsyncConnection) -> dict[str, int]:
    """Return how much of everything is in the ledger, in the words that people know it by."""
    counted: dict[str, int] = {}
    for table in (people, messages, documents, passages, answers, feedback, epochs, operations):
        found = await connection.execute(select(func.count()).select_from(table))
        counted[table.name] = int(found.scalar_one())
    for standing in Standing:
        found = await connection.execute(
            select(func.count()).select_from(answers).where(answers.c.standing == standing.value)
        )
        counted[f"{standing.value} answers"] = int(found.scalar_one())
    return counted


async def _messages_of(
    connection: AsyncConnection, conversation_id: str, limit: int
) -> list[Entry]:
    found = await connection.execute(
        select(
            messages,
            people.c.platform,
            people.c.key.label("person_key"),
            people.c.name,
            people.c.bot,
        )
        .join(people, people.c.id == messages.c.person_id)
        .where(messages.c.conversation_id == conversation_id, messages.c.deleted_at.is_(None))
        .order_by(messages.c.sent_at.desc(), messages.c.id)
        .limit(limit)
    )
    rows = found.all()
    emoji = await _reactions_on(connection, [row.id for row in rows])
    return [
        Entry(
            key=row.key,
            thread=row.thread,
            at=row.sent_at,
            text=row.text,
            person=Person(platform=row.platform, key=row.person_key, name=row.name, bot=row.bot),
            edited=row.edited_at is not None,
            reactions=emoji.get(row.id, ()),
        )
        for row in rows
    ]


async def _posts_of(connection: AsyncConnection, conversation_id: str, limit: int) -> list[Entry]:
    found = await connection.execute(
        select(posts)
        .where(posts.c.conversation_id == conversation_id)
        .order_by(posts.c.posted_at.desc())
        .limit(limit)
    )
    parts = found.all()
    held = await _with_badges(connection, {row.answer_id: row.posted_at for row in parts})
    verdicts = await live_verdicts(connection, list(held))
    # Of an answer that stands in several messages the last one, where its buttons are, is shown.
    rows = {(row.answer_id, row.posted_at): row for row in sorted(parts, key=lambda row: row.id)}
    emoji = await _reactions_on(connection, [row.id for row in rows.values()])
    return [
        Entry(
            key=row.key,
            thread=row.thread,
            at=row.posted_at,
            text=held[row.answer_id].text,
            person=None,
            answer=held[row.answer_id],
            reactions=emoji.get(row.id, ()),
            verdicts=tuple(one for one in verdicts if one.answer_id == row.answer_id),
        )
        for row in rows.values()
    ]


async def _with_badges(
    connection: AsyncConnection, posted: Mapping[str, datetime]
) -> dict[str, Answer]:
    """Return the answers, those that were given again with the badge that they had then."""
    held = await load_answers(connection, list(posted))
    again = [one.reused_id for one in held.values() if one.reused_id]
    stored = await load_answers(connection, again)
    verdicts = await live_verdicts(connection, again, merged=True)
    helpful = Counter(one.answer_id for one in verdicts if one.verdict is Verdict.UP)
    return {
        id_: replace(
            one, badge=badge_of(stored[one.reused_id], helpful[one.reused_id], posted[id_])
        )
        if one.reused_id in stored
        else one
        for id_, one in held.items()
    }


async def _reactions_on(
    connection: AsyncConnection, message_ids: Sequence[str]
) -> dict[str, tuple[tuple[str, tuple[str, ...]], ...]]:
    rows = await connection.execute(
        select(reactions)
        .where(reactions.c.message_id.in_(message_ids), reactions.c.added)
        .order_by(reactions.c.at, reactions.c.person_id)
    )
    grouped: dict[str, dict[str, list[str]]] = {}
    for row in rows:
        grouped.setdefault(row.message_id, {}).setdefault(row.emoji, []).append(row.person_id)
    return {
        message_id: tuple((emoji, tuple(ids)) for emoji, ids in by_emoji.items())
        for message_id, by_emoji in grouped.items()
    }
