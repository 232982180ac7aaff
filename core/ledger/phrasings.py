"""Questions with their vectors: those that stored answers are found by, and those that were judged."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from core.answers import Standing
from core.embedding import Vectors
from core.ledger.feedback import live_verdicts
from core.ledger.learned import evidence
from core.ledger.tables import answers, embeddings, questions
from core.ledger.writes import portions


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrasing:
    """A question that a stored answer is found by; `hash` is its text's.

    Answers that say the same, letter for letter, are one here, under the id of the first.
    """

    answer_id: str
    verified: bool
    text: str
    hash: str
    vector: Vectors


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What an epoch weighs of the stored answer `root` where this was asked, in weighted verdicts."""

    root: str
    text: str
    hash: str
    vector: Vectors
    ups: float
    downs: float


async def load_phrasings(connection: AsyncConnection, fingerprint: str) -> list[Phrasing]:
    """Return every phrasing of an answer that may be given again and has a vector, by answer."""
    rows = await connection.execute(
        select(
            questions.c.answer_id,
            answers.c.text.label("says"),
            answers.c.standing,
            questions.c.text,
            questions.c.hash,
            embeddings.c.vector,
        )
        .join(answers, answers.c.id == questions.c.answer_id)
        .join(embeddings, embeddings.c.hash == questions.c.hash)
        .where(
            answers.c.standing.in_([Standing.TRIAL.value, Standing.VERIFIED.value]),
            embeddings.c.fingerprint == fingerprint,
            questions.c.text != "",
        )
        .order_by(questions.c.answer_id, questions.c.id)
    )
    first: dict[str, str] = {}
    return [
        Phrasing(
            answer_id=first.setdefault(row.says, row.answer_id),
            verified=row.standing == Standing.VERIFIED.value,
            text=row.text,
            hash=row.hash,
            vector=np.frombuffer(row.vector, dtype="<f4"),
        )
        for row in rows.all()
    ]


async def _judged(connection: AsyncConnection, answer_ids: Sequence[str]) -> set[str]:
    """Return those of the answers that somebody meant to judge, and stands by it."""
    judged: set[str] = set()
    for portion in portions(answer_ids):
        judged |= {one.answer_id for one in await live_verdicts(connection, portion)}
    return judged


async def load_said(connection: AsyncConnection, epoch_id: int, fingerprint: str) -> list[Said]:
    """Return what an epoch weighs at each question that has a vector; a copy's is its stored answer's.

    Where nobody meant to judge an answer, nothing was said of it.
    """
    root = func.coalesce(answers.c.reused_id, answers.c.id)
    found = await connection.execute(
        select(
            root.label("root"),
            evidence.c.answer_id,
            questions.c.text,
            questions.c.hash,
            evidence.c.ups,
            evidence.c.downs,
            embeddings.c.vector,
        )
        .join(answers, answers.c.id == evidence.c.answer_id)
        .join(questions, questions.c.id == evidence.c.question_id)
        .join(embeddings, embeddings.c.hash == questions.c.hash)
        .where(
            evidence.c.epoch_id == epoch_id,
            embeddings.c.fingerprint == fingerprint,
            questions.c.text != "",
        )
        .order_by(root, questions.c.hash, evidence.c.answer_id)
    )
    rows = found.all()
    judged = await _judged(connection, [row.answer_id for row in rows])
    return [
        Said(
            root=row.root,
            text=row.text,
            hash=row.hash,
            vector=np.frombuffer(row.vector, dtype="<f4"),
            ups=row.ups,
            downs=row.downs,
        )
        for row in rows
        if row.answer_id in judged
    ]
