"""Epochs: numbered versions of the learned ranking, of which one is live."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import Row, delete, exists, func, select, union, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.embedding import Vectors
from core.feedback import Penalty, Rating, Weighed
from core.ledger.learned import epochs, evidence, penalties, ratings
from core.ledger.tables import answers, citations, embeddings, questions
from core.ledger.writes import insert_all, portions
from core.priors import NEUTRAL
from core.proof import Outcome, Proof

FITTED = "fitted"  # among the parameters of an epoch: its prior
EPOCHS = "epochs"  # the right to say which one counts: one process at a time has it
NEWEST = 20
DAYS = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """One version of the ranking, without its ratings."""

    id: int
    parameters: str
    last_feedback_id: int
    made_at: datetime
    live: bool
    held: bool
    proof: Proof | None = None

    @property
    def settings(self) -> Mapping[str, Any]:
        """What it was computed with, without what it was found to be born with."""
        return {key: value for key, value in json.loads(self.parameters).items() if key != FITTED}

    @property
    def prior_mean(self) -> float:
        """What share (0…1) of verdicts is 👍 on an answer of which nothing else is known."""
        prior = json.loads(self.parameters).get(FITTED)
        return float(prior["ups"] / (prior["ups"] + prior["downs"])) if prior else NEUTRAL

    @property
    def refused(self) -> bool:
        """Say whether it must not count: a replay failed it, or it was gone back from."""
        bad = {Outcome.FAILED, Outcome.UNDONE}
        return self.proof is not None and self.proof.outcome in bad

    @property
    def counted(self) -> bool:
        """Say whether it counted and may do so again: what a crash left over has no proof."""
        return not self.refused and (self.live or self.proof is not None)


async def live_epoch(connection: AsyncConnection) -> Epoch | None:
    """Return the epoch that counts, or None before the first."""
    found = await connection.execute(
        select(epochs).where(epochs.c.live).order_by(epochs.c.id.desc())
    )
    row = found.first()
    return _epoch_of(row) if row else None


async def newest_epoch(connection: AsyncConnection) -> Epoch | None:
    """Return the epoch that was made last, be it live or not, or None before the first."""
    return next(iter(await list_epochs(connection, 1)), None)


async def one_epoch(connection: AsyncConnection, epoch_id: int) -> Epoch | None:
    """Return an epoch, or None where there is no such one."""
    row = (await connection.execute(select(epochs).where(epochs.c.id == epoch_id))).first()
    return _epoch_of(row) if row else None


async def next_made(connection: AsyncConnection, epoch_id: int) -> datetime | None:
    """Return when the epoch after one was made, or None where it is the newest."""
    later = select(func.min(epochs.c.made_at)).where(epochs.c.id > epoch_id)
    made: datetime | None = (await connection.execute(later)).scalar_one()
    return made


async def list_epochs(connection: AsyncConnection, limit: int = 1_000_000) -> list[Epoch]:
    """Return epochs, the newest first."""
    rows = await connection.execute(select(epochs).order_by(epochs.c.id.desc()).limit(limit))
    return [_epoch_of(row) for row in rows]


async def prune_epochs(connection: AsyncConnection, now: datetime) -> int:
    """Delete the epochs that nobody will go back to; return how many.

    The newest `NEWEST` stay, the live one, and of `DAYS` days the last one each.
    """
    there = await list_epochs(connection)
    last_of_day = {one.made_at.date(): one.id for one in reversed(there)}
    recent = {id_ for day, id_ in last_of_day.items() if now.date() - day < timedelta(days=DAYS)}
    kept = recent | {one.id for one in there[:NEWEST]} | {one.id for one in there if one.live}
    gone = [one.id for one in there if one.id not in kept]
    for portion in portions(gone):
        await connection.execute(delete(epochs).where(epochs.c.id.in_(portion)))
    return len(gone)


async def go_to(connection: AsyncConnection, epoch_id: int) -> None:
    """Make an epoch the live one, and hold it."""
    await connection.execute(update(epochs).where(epochs.c.live).values(live=False, held=False))
    chosen = update(epochs).where(epochs.c.id == epoch_id)
    await connection.execute(chosen.values(live=True, held=True))


async def let_go(connection: AsyncConnection) -> bool:
    """Hold no epoch any more; return False where none was held."""
    freed = await connection.execute(update(epochs).where(epochs.c.held).values(held=False))
    return freed.rowcount > 0


def _epoch_of(row: Row[tuple[object, ...]]) -> Epoch:
    return Epoch(
        id=row.id,
        parameters=row.parameters,
        last_feedback_id=row.last_feedback_id,
        made_at=row.made_at,
        live=row.live,
        held=row.held,
        proof=_proof_of(row.proof),
    )


def _proof_of(text: str | None) -> Proof | None:
    if text is None:
        return None
    said = json.loads(text)
    barred = tuple(said.get("barred", ()))
    return Proof(**said | {"outcome": Outcome(said["outcome"]), "barred": barred})


async def prove(connection: AsyncConnection, ids: Collection[int], proof: Proof | None) -> None:
    """Write down what was found of epochs, if anything was looked for."""
    if proof is None:
        return
    found = json.dumps(asdict(proof), sort_keys=True)
    await connection.execute(update(epochs).where(epochs.c.id.in_(ids)).values(proof=found))


async def is_overtaken(connection: AsyncConnection, live_id: int | None) -> bool:
    """Say whether another epoch than the one of a number counts by now, or it is held."""
    live = await live_epoch(connection)
    return live is not None and (live.held or live.id != live_id)


async def begin_epoch(connection: AsyncConnection, epoch_id: int) -> None:
    """Let an epoch count in place of the one that does."""
    await connection.execute(update(epochs).where(epochs.c.live).values(live=False, held=False))
    await connection.execute(update(epochs).where(epochs.c.id == epoch_id).values(live=True))


async def outdate(connection: AsyncConnection) -> None:
    """Have the next `rerank` compute everything anew: events have left the log."""
    newest = select(func.max(epochs.c.id)).scalar_subquery()
    known = epochs.c.live | (epochs.c.id == newest)
    await connection.execute(update(epochs).where(known).values(last_feedback_id=-1))


async def save_epoch(
    connection: AsyncConnection,
    *,
    parameters: str,
    last_feedback_id: int,
    rated: Mapping[str, Rating],
    weighed: Sequence[Weighed],
    penalised: Sequence[Penalty],
    now: datetime,
) -> int:
    """Store a new epoch and return its number; it does not count before `begin_epoch`."""
    made = await connection.execute(
        epochs.insert()
        .values(parameters=parameters, last_feedback_id=last_feedback_id, made_at=now, live=False)
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
    of_epoch = {"epoch_id": epoch_id}
    await insert_all(connection, evidence, [of_epoch | asdict(one) for one in weighed])
    await insert_all(connection, penalties, [of_epoch | asdict(one) for one in penalised])
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """What was said at one question: of the stored answer `root`, and of each passage cited."""

    root: str
    vector: Vectors
    ups: float
    downs: float
    source_downs: float
    passages: tuple[str, ...]


async def load_evidence(connection: AsyncConnection, epoch_id: int, fingerprint: str) -> list[Near]:
    """Return an epoch's evidence where its question has a vector of this fingerprint."""
    of_epoch = evidence.c.epoch_id == epoch_id
    cited: dict[str, list[str]] = {}
    for row in await connection.execute(
        select(citations.c.answer_id, citations.c.passage_id)
        .distinct()
        .join(evidence, evidence.c.answer_id == citations.c.answer_id)
        .where(of_epoch, citations.c.nearest.is_(False))
        .order_by(citations.c.answer_id, citations.c.passage_id)
    ):
        cited.setdefault(row.answer_id, []).append(row.passage_id)
    rows = await connection.execute(
        select(evidence, answers.c.reused_id, embeddings.c.vector)
        .join(answers, answers.c.id == evidence.c.answer_id)
        .join(questions, questions.c.id == evidence.c.question_id)
        .join(embeddings, embeddings.c.hash == questions.c.hash)
        .where(of_epoch, embeddings.c.fingerprint == fingerprint, questions.c.text != "")
        .order_by(evidence.c.answer_id)
    )
    return [
        Near(
            root=row.reused_id or row.answer_id,
            vector=np.frombuffer(row.vector, dtype="<f4"),
            ups=row.ups,
            downs=row.downs,
            source_downs=row.source_downs,
            passages=tuple(cited.get(row.answer_id, ())),
        )
        for row in rows
    ]


async def unembedded(
    connection: AsyncConnection, epoch_id: int, fingerprint: str
) -> dict[str, str]:
    """Return the questions of an epoch's evidence that have no vector: content hash to text."""
    wanted = union(
        select(penalties.c.question_id).where(penalties.c.epoch_id == epoch_id),
        select(evidence.c.question_id).where(evidence.c.epoch_id == epoch_id),
    )
    rows = await connection.execute(
        select(questions.c.hash, questions.c.text).where(
            questions.c.id.in_(wanted),
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
