"""Questions at which people found an answer wrong, as an epoch of the ranking knows them."""

from dataclasses import dataclass

import numpy as np
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from core.embedding import Vectors
from core.ledger.learned import evidence
from core.ledger.tables import embeddings, questions


@dataclass(frozen=True, slots=True, kw_only=True)
class Disliked:
    """An answer that more spoke against than for, and the question that it was given to."""

    answer_id: str
    question_id: str
    vector: Vectors


async def disliked(connection: AsyncConnection, epoch_id: int, fingerprint: str) -> list[Disliked]:
    """Return what an epoch holds to be wrong, by the weight of who said so; ordered by answer."""
    rows = await connection.execute(
        select(evidence.c.answer_id, evidence.c.question_id, embeddings.c.vector)
        .join(questions, questions.c.id == evidence.c.question_id)
        .join(embeddings, embeddings.c.hash == questions.c.hash)
        .where(
            evidence.c.epoch_id == epoch_id,
            evidence.c.downs > evidence.c.ups,
            embeddings.c.fingerprint == fingerprint,
            questions.c.text != "",
        )
        .order_by(evidence.c.answer_id, evidence.c.question_id)
    )
    return [
        Disliked(
            answer_id=row.answer_id,
            question_id=row.question_id,
            vector=np.frombuffer(row.vector, dtype="<f4"),
        )
        for row in rows
    ]
