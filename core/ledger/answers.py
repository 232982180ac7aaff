"""Answers with their questions and citations, and where they were posted."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Row, func, select, union, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.answers import Answer, Citation, Origin, Question, Standing
from core.audience import audience_of
from core.documents import content_hash
from core.ledger.narrowing import narrowed_to
from core.ledger.people import audience_number, person_of
from core.ledger.tables import (
    answers,
    audiences,
    citations,
    feedback,
    outbox,
    people,
    posts,
    questions,
    standings,
)
from core.ledger.writes import insert_all, insert_once, portions
from core.messages import Message, MessageRef


async def save_answer(
    connection: AsyncConnection, answer: Answer, asked_in: Message | None
) -> None:
    """Store an answer with its question and citations, and queue its post where it answers a message.

    Where the message stands may have been made private since it was sent.
    """
    audience = answer.audience
    if asked_in is not None:
        audience = await narrowed_to(connection, audience, asked_in.conversation.id)
    row = {
        "id": answer.id,
        "text": answer.kept_text,
        "origin": answer.origin.value,
        "standing": answer.standing.value,
        "notice": answer.notice,
        "audience_id": await audience_number(connection, audience),
        "author_id": answer.author.id if answer.author else None,
        "reused_id": answer.reused_id,
        "created_at": answer.created_at,
        "score": answer.score,
    }
    if not await insert_once(connection, answers, row):
        return
    await save_question(connection, answer.id, answer.question, asked_in, answer.created_at)
    cited = [(citation, False) for citation in answer.citations]
    cited += [(citation, True) for citation in answer.nearest]
    await insert_all(connection, citations, [_row_of(answer.id, *pair) for pair in cited])
    if asked_in is not None:
        queued = {
            "answer_id": answer.id,
            "message_id": asked_in.ref.id,
            "queued_at": answer.created_at,
        }
        await insert_once(connection, outbox, queued)


async def save_question(
    connection: AsyncConnection,
    answer_id: str,
    question: Question,
    asked_in: Message | None,
    now: datetime,
) -> None:
    """Store a phrasing that an answer is found by."""
    row = {
        "id": question.id,
        "answer_id": answer_id,
        "text": question.text,
        "asked": question.asked,
        "hash": content_hash(question.text),
        "asker_id": asked_in.person.id if asked_in else None,
        "message_id": asked_in.ref.id if asked_in else None,
        "asked_at": now,
    }
    await insert_once(connection, questions, row)


async def save_post(
    connection: AsyncConnection,
    answer: Answer,
    ref: MessageRef,
    thread: str | None,
    now: datetime,
    parts: Sequence[MessageRef] = (),
) -> None:
    """Store where an answer stands, with all its parts there, and take it out of the outbox."""
    for part in {ref, *(one for one in parts if one.conversation == ref.conversation)}:
        row = {
            "id": part.id,
            "conversation_id": f"{ref.platform}:{ref.conversation}",
            "key": part.key,
            "thread": thread,
            "answer_id": answer.id,
            "posted_at": now,
        }
        await insert_once(connection, posts, row)
    await connection.execute(
        update(outbox).where(outbox.c.answer_id == answer.id).values(posted_at=now)
    )


async def unposted(connection: AsyncConnection, message: Message) -> str | None:
    """Return the id of the answer to a message that was saved and never posted, or None."""
    found = await connection.execute(
        select(outbox.c.answer_id).where(
            outbox.c.message_id == message.ref.id, outbox.c.posted_at.is_(None)
        )
    )
    return found.scalars().first()


async def answer_at(connection: AsyncConnection, ref: MessageRef) -> str | None:
    """Return the id of the answer that stands at a place, or None."""
    found = await connection.execute(select(posts.c.answer_id).where(posts.c.id == ref.id))
    return found.scalars().first()


async def load_answers(connection: AsyncConnection, ids: Sequence[str]) -> dict[str, Answer]:
    """Return the stored answers among the ids, each with the question that it was first given to.

    A question that was forgotten counts only where there is no other.
    """
    held: dict[str, Answer] = {}
    for portion in portions(ids):
        held |= await _load_answers(connection, portion)
    return held


async def _load_answers(connection: AsyncConnection, ids: Sequence[str]) -> dict[str, Answer]:
    cited = await _load_citations(connection, ids)
    rows = await connection.execute(
        select(
            answers,
            audiences.c.key.label("audience_key"),
            questions.c.id.label("question_id"),
            questions.c.text.label("question_text"),
            questions.c.asked,
            people.c.platform,
            people.c.key,
            people.c.name,
            people.c.bot,
        )
        .join(audiences, audiences.c.id == answers.c.audience_id)
        .join(questions, questions.c.answer_id == answers.c.id)
        .outerjoin(people, people.c.id == answers.c.author_id)
        .where(answers.c.id.in_(ids))
        .order_by(questions.c.text != "", questions.c.asked_at.desc(), questions.c.id)
    )
    return {row.id: _answer_of(row, cited.get(row.id, [])) for row in rows}


async def load_answer(connection: AsyncConnection, answer_id: str) -> Answer | None:
    """Return one stored answer, or None."""
    return (await load_answers(connection, [answer_id])).get(answer_id)


async def set_standing(
    connection: AsyncConnection,
    answer_id: str,
    standing: Standing,
    *,
    reason: str,
    by: str,
    now: datetime,
) -> None:
    """Move an answer to another place in its life, and log why and by whom."""
    await connection.execute(
        update(answers).where(answers.c.id == answer_id).values(standing=standing.value)
    )
    row = {
        "answer_id": answer_id,
        "standing": standing.value,
        "reason": reason,
        "by": by,
        "at": now,
    }
    await connection.execute(standings.insert().values(**row))


async def standings_of(connection: AsyncConnection, ids: Sequence[str]) -> dict[str, Standing]:
    """Return where the stored answers among the ids stand; the ids fit into one IN."""
    rows = await connection.execute(
        select(answers.c.id, answers.c.standing).where(answers.c.id.in_(ids))
    )
    return {row.id: Standing(row.standing) for row in rows}


async def question_ids(connection: AsyncConnection, answer_id: str) -> list[str]:
    """Return the ids of the phrasings that an answer is found by."""
    rows = await connection.execute(
        select(questions.c.id).where(questions.c.answer_id == answer_id)
    )
    return list(rows.scalars())


async def question_texts(connection: AsyncConnection, ids: Sequence[str]) -> dict[str, str]:
    """Return the phrasings among the question ids, without those that were forgotten."""
    rows = await connection.execute(
        select(questions.c.id, questions.c.text).where(
            questions.c.id.in_(ids), questions.c.text != ""
        )
    )
    return {row.id: row.text for row in rows}


async def answers_to_rank(connection: AsyncConnection) -> list[str]:
    """Return the ids of every answer that somebody said something of, or wrote."""
    voted = select(func.coalesce(answers.c.reused_id, answers.c.id)).join(
        feedback, feedback.c.answer_id == answers.c.id
    )
    wrote = select(answers.c.id).where(
        answers.c.origin == Origin.CORRECTION.value, answers.c.reused_id.is_(None)
    )
    rows = await connection.execute(union(voted, wrote))
    return sorted(rows.scalars())


async def _load_citations(
    connection: AsyncConnection, ids: Sequence[str]
) -> dict[str, list[tuple[Citation, bool]]]:
    rows = await connection.execute(
        select(citations).where(citations.c.answer_id.in_(ids)).order_by(citations.c.number)
    )
    held: dict[str, list[tuple[Citation, bool]]] = {}
    for row in rows:
        citation = Citation(
            number=row.number,
            passage_id=row.passage_id,
            document_id=row.document_id,
            title=row.title,
            breadcrumb=row.breadcrumb,
            link=row.link,
            quote=row.quote,
            hash=row.hash,
        )
        held.setdefault(row.answer_id, []).append((citation, row.nearest))
    return held


def _row_of(answer_id: str, citation: Citation, nearest: bool) -> dict[str, object]:
    return {
        "answer_id": answer_id,
        "number": citation.number,
        "nearest": nearest,
        "passage_id": citation.passage_id,
        "document_id": citation.document_id,
        "title": citation.title,
        "breadcrumb": citation.breadcrumb,
        "link": citation.link,
        "quote": citation.quote,
        "hash": citation.hash,
    }


def _answer_of(row: Row[tuple[object, ...]], cited: list[tuple[Citation, bool]]) -> Answer:
    return Answer(
        id=row.id,
        question=Question(id=row.question_id, text=row.question_text, asked=row.asked),
        text=row.text,
        origin=Origin(row.origin),
        audience=audience_of(row.audience_key),
        created_at=row.created_at,
        citations=tuple(citation for citation, nearest in cited if not nearest),
        nearest=tuple(citation for citation, nearest in cited if nearest),
        author=person_of(row),
        standing=Standing(row.standing),
        notice=row.notice,
        reused_id=row.reused_id,
        score=row.score,
    )
