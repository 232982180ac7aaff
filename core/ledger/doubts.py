"""Doubts: whether who got an answer was left without help: not known, found wrong, or not sure."""

from enum import StrEnum

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from core.answers import Origin, Standing
from core.feedback import IMPLICIT, Verdict
from core.ledger.feedback import live_verdicts
from core.ledger.learned import epochs, ratings
from core.ledger.reanswers import BADLY_RATED, WRITTEN
from core.ledger.tables import answers, citations


class Doubt(StrEnum):
    """Why an answer did not help whoever asked."""

    UNKNOWN = "unknown"  # the bot did not know
    WRONG = "wrong"  # people found it wrong
    UNSURE = "unsure"  # the bot was not sure, and nobody found it right


async def doubt_of(connection: AsyncConnection, answer_id: str, sure_from: float) -> Doubt | None:
    """Return why an answer is in doubt, or None; from the score `sure_from` on the bot is sure."""
    found = await connection.execute(
        select(answers.c.origin, is_bad().label("bad"), is_unsure(sure_from).label("unsure")).where(
            answers.c.id == answer_id
        )
    )
    row = found.one_or_none()
    if row is None or row.origin == Origin.UNKNOWN.value:
        return Doubt.UNKNOWN if row is not None else None
    given = await live_verdicts(connection, [answer_id], implicit=True)
    if row.bad or any(one.verdict is Verdict.DOWN and one.via not in IMPLICIT for one in given):
        return Doubt.WRONG
    liked = any(one.verdict is Verdict.UP for one in given)
    return Doubt.UNSURE if row.unsure and not liked else None


def is_bad() -> ColumnElement[bool]:
    """Say of an answer that what was said, there or elsewhere, is retired or badly rated by now."""
    root = answers.alias("root")
    said = func.coalesce(answers.c.reused_id, answers.c.id)
    retired = exists().where(root.c.id == said, root.c.standing == Standing.RETIRED.value)
    low = exists().where(
        ratings.c.answer_id == said,
        ratings.c.epoch_id == epochs.c.id,
        epochs.c.live,
        ratings.c.rating <= BADLY_RATED,
    )
    return or_(retired, low)


def is_unsure(sure_from: float) -> ColumnElement[bool]:
    """Say of an answer that the bot was not sure of it, and that it was not verified since.

    Its own words are unsure without a source, with one that matches less than `sure_from`, or where
    something was amiss, which a notice tells. A stored answer that was given again is unsure until it
    is verified. Of what was answered before scores were kept the notice alone tells.
    """
    root = answers.alias("root")
    again = exists().where(
        root.c.id == answers.c.reused_id, root.c.standing != Standing.VERIFIED.value
    )
    cited = exists().where(citations.c.answer_id == answers.c.id, ~citations.c.nearest)
    own = and_(
        answers.c.reused_id.is_(None),
        answers.c.origin.in_(WRITTEN),
        answers.c.standing != Standing.VERIFIED.value,
        or_(answers.c.notice.is_not(None), answers.c.score < sure_from, ~cited),
    )
    return or_(again, own)
