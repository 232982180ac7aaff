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
from core.ledger.standings import moved_since
from core.ledger.tables import answers, embeddings, feedback, questions, standings
from core.ledger.writes import portions


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A question, who asks it, and what is right: one of `given`, or no stored answer at all.

    `cited` are the documents of which one is to be found first; empty where that is not known.
    Questions of one `trial` stand and fall together: they count as one.
    """

    text: str
    audience: Audience
    given: frozenset[str]
    cited: frozenset[str]
    trial: str


async def known_questions(
    connection: AsyncConnection,
    curators: Collection[str],
    before: datetime,
    limit: int,
    *,
    falling: Collection[str] = (),
) -> list[Known]:
    """Return at most `limit` questions that are known since before a time, always the same ones.

    They are those of answers that were verified then, in every accepted phrasing, and those that
    the bot rightly did not know, as a curator had said. An answer that fell since, or is `falling`
    now, is known no more where a curator, its own people or the calendar took it back; what a crowd
    pushes down stays known as long as there are curators who could say so. It is one trial.
    """
    standing, fell = await _stood(connection, before)
    doubtful = fell | standing.intersection(falling)
    pushed = await _pushed_down(connection, doubtful, curators) if curators else frozenset()
    asked = await _questions_of(connection, (standing - doubtful) | pushed, before)
    unknown = await _rightly_unknown(connection, curators, before, limit // 2)
    chosen = list(asked.items())[: limit - len(unknown)]
    held = await load_answers(connection, sorted({id_ for _, (_, ids) in chosen for id_ in ids}))
    known = [
        Known(
            text=text,
            audience=held[ids[0]].audience,
            given=frozenset(ids),
            cited=frozenset(one.document_id for id_ in ids for one in held[id_].citations),
            trial=ids[0] if pushed.issuperset(ids) else hash_,
        )
        for hash_, (text, ids) in chosen
    ]
    return known + unknown


async def _stood(
    connection: AsyncConnection, before: datetime
) -> tuple[frozenset[str], frozenset[str]]:
    """Return which answers stood verified at a time: those that still do, and those that fell.

    Of those that fell, only what nothing but the re-ranking moved since.
    """
    last = (
        select(func.max(standings.c.id))
        .where(standings.c.at < before)
        .group_by(standings.c.answer_id)
    )
    rows = await connection.execute(
        select(answers.c.id, answers.c.standing)
        .join(standings, standings.c.answer_id == answers.c.id)
        .where(standings.c.id.in_(last), standings.c.standing == Standing.VERIFIED.value)
    )
    now = {row.id: row.standing for row in rows}
    verified = {id_ for id_, standing in now.items() if standing == Standing.VERIFIED.value}
    moved = await moved_since(connection, before, "rerank")
    return frozenset(verified), frozenset(now.keys() - verified) & moved.keys()


async def _pushed_down(
    connection: AsyncConnection, ids: Collection[str], curators: Collection[str]
) -> frozenset[str]:
    """Return which answers people find wrong rather than right, while no curator says anything."""
    verdicts: dict[str, list[Verdict]] = {}
    settled: set[str] = set()
    for portion in portions(sorted(ids)):
        for one in await live_verdicts(connection, portion, merged=True):
            verdicts.setdefault(one.answer_id, []).append(one.verdict)
            settled |= {one.answer_id} if one.person.id in curators else set()
    return frozenset(
        id_
        for id_, said in verdicts.items()
        if id_ not in settled and 2 * said.count(Verdict.DOWN) >= len(said)
    )


async def _questions_of(
    connection: AsyncConnection, ids: Collection[str], before: datetime
) -> dict[str, tuple[str, list[str]]]:
    """Return by hash the questions that answers had before a time, and the answers' ids."""
    asked: dict[str, tuple[str, list[str]]] = {}
    for portion in portions(sorted(ids)):
        rows = await connection.execute(
            select(questions.c.text, questions.c.hash, questions.c.answer_id).where(
                questions.c.answer_id.in_(portion),
                questions.c.text != "",
                questions.c.asked_at < before,
            )
        )
        for row in sorted(rows, key=lambda one: (one.hash, one.answer_id)):
            asked.setdefault(row.hash, (row.text, []))[1].append(row.answer_id)
    return dict(sorted(asked.items()))


async def _rightly_unknown(
    connection: AsyncConnection, curators: Collection[str], before: datetime, limit: int
) -> list[Known]:
    said = exists().where(
        feedback.c.answer_id == answers.c.id,
        feedback.c.at < before,
        feedback.c.person_id.in_(sorted(curators)),
    )
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
        if one.verdict is Verdict.UP and one.person.id in curators and one.at < before
    }
    held = await load_answers(connection, sorted(right))
    return [
        Known(
            text=one.question.text,
            audience=one.audience,
            given=frozenset(),
            cited=frozenset(),
            trial=one.id,
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
