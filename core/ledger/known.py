"""Questions whose right answer is known, and what people said of answers in a stretch of time."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from core.answers import Origin, Standing
from core.audience import Audience
from core.embedding import Vectors
from core.feedback import Feedback, Verdict
from core.ledger.answers import load_answers
from core.ledger.feedback import live_verdicts
from core.ledger.tables import answers, embeddings, feedback, questions, standings
from core.ledger.writes import portions


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A question, who asks it, and what is right: one of `given`, or no stored answer at all.

    `cited` are the documents of which one is to be found first; empty where that is not known.
    """

    text: str
    audience: Audience
    given: frozenset[str]
    cited: frozenset[str]


async def known_questions(
    connection: AsyncConnection, curators: Collection[str], before: datetime, limit: int
) -> list[Known]:
    """Return at most `limit` questions that are known since before a time, always the same ones.

    They are those of answers that were verified before, in every accepted phrasing, and those that
    the bot rightly did not know, as a curator said.
    """
    chosen = dict(list((await _verified(connection, before)).items())[:limit])
    held = await load_answers(
        connection, sorted({id_ for _, ids in chosen.values() for id_ in ids})
    )
    known = [
        Known(
            text=text,
            audience=held[ids[0]].audience,
            given=frozenset(ids),
            cited=frozenset(one.document_id for id_ in ids for one in held[id_].citations),
        )
        for text, ids in chosen.values()
    ]
    return known + await _rightly_unknown(connection, curators, before, limit)


async def _verified(
    connection: AsyncConnection, before: datetime
) -> dict[str, tuple[str, list[str]]]:
    """Return by hash the questions of what is verified since before a time, and the answers' ids."""
    since = (
        select(standings.c.answer_id, func.max(standings.c.at).label("at"))
        .group_by(standings.c.answer_id)
        .subquery()
    )
    rows = await connection.execute(
        select(questions.c.text, questions.c.hash, questions.c.answer_id)
        .join(answers, answers.c.id == questions.c.answer_id)
        .join(since, since.c.answer_id == answers.c.id)
        .where(
            answers.c.standing == Standing.VERIFIED.value,
            since.c.at < before,
            questions.c.text != "",
        )
        .order_by(questions.c.hash, questions.c.id)
    )
    asked: dict[str, tuple[str, list[str]]] = {}
    for row in rows:
        asked.setdefault(row.hash, (row.text, []))[1].append(row.answer_id)
    return asked


async def _rightly_unknown(
    connection: AsyncConnection, curators: Collection[str], before: datetime, limit: int
) -> list[Known]:
    said = exists().where(feedback.c.answer_id == answers.c.id, feedback.c.at < before)
    rows = await connection.execute(
        select(answers.c.id)
        .where(answers.c.origin == Origin.UNKNOWN.value, said)
        .order_by(answers.c.id)
        .limit(limit)
    )
    ids = list(rows.scalars())
    right = {
        one.answer_id
        for one in await live_verdicts(connection, ids)
        if one.verdict is Verdict.UP and one.person.id in curators
    }
    held = await load_answers(connection, sorted(right))
    return [
        Known(
            text=one.question.text,
            audience=one.audience,
            given=frozenset(),
            cited=frozenset(),
        )
        for one in held.values()
        if one.question.text
    ]


async def vectors_of(
    connection: AsyncConnection, answer_ids: Sequence[str], fingerprint: str
) -> list[tuple[str, str, str, str, Vectors | None]]:
    """Return the phrasings of answers: id, answer id, hash, text, and the vector where there is one."""
    found: list[tuple[str, str, str, str, Vectors | None]] = []
    for portion in portions(answer_ids):
        rows = await connection.execute(
            select(questions, embeddings.c.vector)
            .outerjoin(
                embeddings,
                (embeddings.c.hash == questions.c.hash) & (embeddings.c.fingerprint == fingerprint),
            )
            .where(questions.c.answer_id.in_(portion), questions.c.text != "")
            .order_by(questions.c.id)
        )
        for row in rows:
            vector = None if row.vector is None else np.frombuffer(row.vector, dtype="<f4")
            found.append((row.id, row.answer_id, row.hash, row.text, vector))
    return found


async def said_between(
    connection: AsyncConnection, since: datetime, until: datetime
) -> list[Feedback]:
    """Return what people say of the answers that were given from one time until before another."""
    rows = await connection.execute(
        select(answers.c.id)
        .where(
            answers.c.created_at >= since,
            answers.c.created_at < until,
            answers.c.origin != Origin.COMMAND.value,
            exists().where(feedback.c.answer_id == answers.c.id),
        )
        .order_by(answers.c.id)
    )
    ids = list(rows.scalars())
    found: list[Feedback] = []
    for portion in portions(ids):
        found += await live_verdicts(connection, portion)
    return found
