"""Epochs: numbered versions of the learned ranking, of which one is live."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from sqlalchemy import exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.embedding import Vectors
from core.feedback import Penalty, Rating
from core.ledger.tables import embeddings, epochs, penalties, questions, ratings
from core.ledger.writes import insert_all


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """One version of the ranking, without its ratings."""

    id: int
    parameters: str
    last_feedback_id: int
    made_at: datetime


async def live_epoch(connection: AsyncConnection) -> Epoch | None:
    """Return the epoch that counts, or None before the first."""
    found = await connection.execute(
        select(epochs).where(epochs.c.live).order_by(epochs.c.id.desc())
    )
    row = found.first()
    if row is None:
        return None
    return Epoch(
        id=row.id,
        parameters=row.parameters,
        last_feedback_id=row.last_feedback_id,
        made_at=row.made_at,
    )


async def outdate(connection: AsyncConnection) -> None:
    """Have the next `rerank` compute everything anew: events have left the log."""
    await connection.execute(update(epochs).where(epochs.c.live).values(last_feedback_id=-1))


async def save_epoch(
    connection: AsyncConnection,
    *,
    parameters: str,
    last_feedback_id: int,
    rated: Mapping[str, Rating],
    penalised: list[Penalty],
    now: datetime,
) -> int:
    """Store a new epoch, make it the live one and return its number."""
    await connection.execute(update(epochs).where(epochs.c.live).values(live=False))
    made = await connection.execute(
        epochs.insert()
        .values(parameters=parameters, last_feedback_id=last_feedback_id, made_at=now, live=True)
        .returning(epochs.c.id)
    )
    epoch_id = int(made.scalar_one())
    rows = [
        {
            "epoch_id": epoch_id,
            "answer_id": answer_id,
            "rating": rating.value,
            "ups": rating.ups,
            "downs": rating.downs,
        }
        for answer_id, rating in rated.items()
    ]
    await insert_all(connection, ratings, rows)
    rows_of_penalties = [
        {
            "epoch_id": epoch_id,
            "passage_id": penalty.passage_id,
            "question_id": penalty.question_id,
            "weight": penalty.weight,
        }
        for penalty in penalised
    ]
    await insert_all(connection, penalties, rows_of_penalties)
    return epoch_id


async def load_ratings(connection: AsyncConnection, epoch_id: int) -> dict[str, Rating]:
    """Return the ratings of an epoch by answer."""
    rows = await connection.execute(select(ratings).where(ratings.c.epoch_id == epoch_id))
    return {row.answer_id: Rating(value=row.rating, ups=row.ups, downs=row.downs) for row in rows}


async def load_penalties(
    connection: AsyncConnection, epoch_id: int, fingerprint: str
) -> list[tuple[str, Vectors, float]]:
    """Return an epoch's penalties: the passage, the vector of the question, the weight."""
    rows = await connection.execute(
        select(penalties.c.passage_id, penalties.c.weight, embeddings.c.vector)
        .join(questions, questions.c.id == penalties.c.question_id)
        .join(embeddings, embeddings.c.hash == questions.c.hash)
        .where(penalties.c.epoch_id == epoch_id, embeddings.c.fingerprint == fingerprint)
    )
    return [(row.passage_id, np.frombuffer(row.vector, dtype="<f4"), row.weight) for row in rows]


async def unembedded(
    connection: AsyncConnection, epoch_id: int, fingerprint: str
) -> dict[str, str]:
    """Return the questions of an epoch's penalties that have no vector: content hash to text."""
    rows = await connection.execute(
        select(questions.c.hash, questions.c.text)
        .join(penalties, penalties.c.question_id == questions.c.id)
        .where(
            penalties.c.epoch_id == epoch_id,
            questions.c.text != "",
            ~exists().where(
                embeddings.c.hash == questions.c.hash, embeddings.c.fingerprint == fingerprint
            ),
        )
    )
    return {row.hash: row.text for row in rows}


async def count_epochs(connection: AsyncConnection) -> int:
    """Return how many epochs there were."""
    return int((await connection.execute(select(func.count()).select_from(epochs))).scalar_one())
