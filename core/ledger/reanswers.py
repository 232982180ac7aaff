"""Reanswers: which answers need a fresh one, which fresh ones are under way, and which wait for review."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, and_, delete, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.answers import Origin, Standing
from core.feedback import Reason
from core.ledger.feedback import explicit
from core.ledger.learned import epochs, ratings
from core.ledger.tables import answers, corrections, feedback, questions, standings
from core.ledger.vouching import reanswers
from core.ledger.withdrawing import BY
from core.ledger.writes import portions, put

BADLY_RATED = 0.4
VOICES = (
    2  # people who said something: what fewer judged has no traffic that a fresh answer is worth
)
WRITTEN = (Origin.GENERATED.value, Origin.QUOTED.value)
LEARNED = (*WRITTEN, Origin.CORRECTION.value)
ALIVE = (Standing.CANDIDATE.value, Standing.TRIAL.value, Standing.VERIFIED.value)


class Stage(StrEnum):
    """How far a fresh answer is."""

    QUEUED = "queued"  # about to be handed over
    SENT = "sent"  # with the language model, in a batch
    MADE = "made"  # stored, for review
    NOTHING = "nothing"  # the sources do not answer the question, or say the same as before
    FAILED = "failed"  # to be tried again another day


@dataclass(frozen=True, slots=True, kw_only=True)
class Reanswer:
    """A fresh answer to the question of an old one; `passages` are the ids of what it is written from."""

    fresh_id: str
    answer_id: str
    stage: Stage
    batch_id: str | None
    passages: tuple[str, ...]
    at: datetime


async def put_reanswer(connection: AsyncConnection, one: Reanswer) -> None:
    """Store how far a fresh answer is."""
    row = {
        "fresh_id": one.fresh_id,
        "answer_id": one.answer_id,
        "state": one.stage.value,
        "batch_id": one.batch_id,
        "passages": json.dumps(one.passages),
        "at": one.at,
    }
    await put(connection, reanswers, row, key=["fresh_id"])


async def reanswers_in(connection: AsyncConnection, *stages: Stage) -> list[Reanswer]:
    """Return the fresh answers that are so far, the longest waiting first."""
    named = [stage.value for stage in stages]
    rows = await connection.execute(
        select(reanswers)
        .where(reanswers.c.state.in_(named))
        .order_by(reanswers.c.at, reanswers.c.fresh_id)
    )
    return [
        Reanswer(
            fresh_id=row.fresh_id,
            answer_id=row.answer_id,
            stage=Stage(row.state),
            batch_id=row.batch_id,
            passages=tuple(json.loads(row.passages)),
            at=row.at,
        )
        for row in rows
    ]


async def known_reanswers(connection: AsyncConnection, ids: Sequence[str]) -> dict[str, Stage]:
    """Return how far the fresh answers among the ids are."""
    rows = await connection.execute(
        select(reanswers.c.fresh_id, reanswers.c.state).where(reanswers.c.fresh_id.in_(ids))
    )
    return {row.fresh_id: Stage(row.state) for row in rows}


async def note_stage(
    connection: AsyncConnection, ids: Sequence[str], stage: Stage, batch_id: str | None = None
) -> None:
    """Note how far fresh answers are, and in which batch."""
    moving = update(reanswers).where(reanswers.c.fresh_id.in_(ids))
    await connection.execute(moving.values(state=stage.value, batch_id=batch_id))


async def touch(connection: AsyncConnection, fresh_id: str, now: datetime) -> None:
    """Note that a fresh answer was due again, and is what it was."""
    await connection.execute(
        update(reanswers).where(reanswers.c.fresh_id == fresh_id).values(at=now)
    )


async def begun_since(connection: AsyncConnection, at: datetime) -> int:
    """Return how many fresh answers were begun since a time."""
    counted = select(func.count()).select_from(reanswers).where(reanswers.c.at >= at)
    return int((await connection.execute(counted)).scalar_one())


async def due_for_reanswer(connection: AsyncConnection, limit: int, before: datetime) -> list[str]:
    """Return answers that need a fresh one and have none, nor a person's, the newest first.

    Those are what a changed source made stale, and what people or a curator found wrong. What failed
    is due again where it was begun before a time.
    """
    moved = func.max(standings.c.at)
    last = (
        select(standings.c.answer_id, func.max(standings.c.id).label("id"), moved.label("at"))
        .group_by(standings.c.answer_id)
        .subquery()
    )
    tried = exists().where(
        reanswers.c.answer_id == answers.c.id,
        or_(reanswers.c.state != Stage.FAILED.value, reanswers.c.at >= before),
        or_(last.c.at.is_(None), reanswers.c.at >= last.c.at),
    )
    rows = await connection.execute(
        select(answers.c.id)
        .outerjoin(last, last.c.answer_id == answers.c.id)
        .outerjoin(standings, standings.c.id == last.c.id)
        .where(
            answers.c.reused_id.is_(None),
            or_(_stale(), _bad()),
            ~tried,
            ~_corrected(),
            ~exists().where(reanswers.c.fresh_id == answers.c.id),
            exists().where(questions.c.answer_id == answers.c.id, questions.c.text != ""),
        )
        .order_by(answers.c.created_at.desc(), answers.c.id)
        .limit(limit)
    )
    return list(rows.scalars())


def _stale() -> ColumnElement[bool]:
    """Say of an answer that its source has changed; `standings` is the last row of its log."""
    stale = answers.c.standing == Standing.STALE.value
    return and_(stale, standings.c.by == BY, answers.c.origin.in_(LEARNED))


def _bad() -> ColumnElement[bool]:
    """Say of the bot's own answer that it was retired, called outdated, or badly rated by several."""
    low = exists().where(
        ratings.c.answer_id == answers.c.id,
        ratings.c.epoch_id == epochs.c.id,
        epochs.c.live,
        ratings.c.rating <= BADLY_RATED,
    )
    voices = (
        select(func.count(feedback.c.person_id.distinct()))
        .where(feedback.c.answer_id == answers.c.id, feedback.c.withdrawn.is_(False), explicit())
        .correlate(answers)
        .scalar_subquery()
    )
    retired = answers.c.standing == Standing.RETIRED.value
    disliked = and_(low, voices >= VOICES, answers.c.standing == Standing.CANDIDATE.value)
    called_old = exists().where(
        feedback.c.answer_id == answers.c.id,
        feedback.c.reason == Reason.OUTDATED.value,
        feedback.c.withdrawn.is_(False),
    )
    return and_(answers.c.origin.in_(WRITTEN), or_(retired, disliked, called_old))


def _corrected() -> ColumnElement[bool]:
    """Say of an answer that a person wrote a better one, which is neither stale nor retired."""
    better, given = answers.alias("better"), answers.alias("given")
    return exists().where(
        given.c.id == corrections.c.corrected_id,
        or_(given.c.id == answers.c.id, given.c.reused_id == answers.c.id),
        better.c.id == corrections.c.answer_id,
        better.c.standing.in_(ALIVE),
    )


def _for_review(curators: Collection[str]) -> Select[tuple[str, str]]:
    """Select (fresh answer, old answer) of what is stored and was not judged by a curator yet."""
    fresh, given = answers.alias("fresh"), answers.alias("given")
    judged = exists().where(
        feedback.c.answer_id == given.c.id,
        or_(given.c.id == fresh.c.id, given.c.reused_id == fresh.c.id),
        feedback.c.person_id.in_(curators),
        explicit(),
    )
    return (
        select(reanswers.c.fresh_id, reanswers.c.answer_id)
        .join(fresh, fresh.c.id == reanswers.c.fresh_id)
        .where(
            reanswers.c.state == Stage.MADE.value,
            fresh.c.standing == Standing.CANDIDATE.value,
            ~judged,
        )
        .order_by(reanswers.c.at, reanswers.c.fresh_id)
    )


async def for_review(
    connection: AsyncConnection, curators: Collection[str]
) -> list[tuple[str, str]]:
    """Return (fresh answer, old answer) of what waits for a curator, the longest waiting first."""
    rows = await connection.execute(_for_review(curators))
    return [(row.fresh_id, row.answer_id) for row in rows]


async def unjudged_fresh(connection: AsyncConnection, ids: Sequence[str]) -> list[str]:
    """Return the stored fresh answers to the questions of these answers that are still candidates."""
    found: list[str] = []
    for portion in portions(ids):
        rows = await connection.execute(
            select(reanswers.c.fresh_id)
            .join(answers, answers.c.id == reanswers.c.fresh_id)
            .where(
                reanswers.c.answer_id.in_(portion),
                answers.c.standing == Standing.CANDIDATE.value,
            )
        )
        found += rows.scalars()
    return sorted(found)


async def forget_reanswers(connection: AsyncConnection, ids: Sequence[str]) -> None:
    """Forget that fresh answers to the questions of these answers are under way or wait for review."""
    for portion in portions(ids):
        await connection.execute(delete(reanswers).where(reanswers.c.answer_id.in_(portion)))
