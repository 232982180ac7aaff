"""What curators have not judged yet: how much people differ on it, how often it is given, how far it moved."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from core.answers import Origin
from core.ledger.audits import judged_by, occasions_of
from core.ledger.epochs import list_epochs, live_epoch, load_ratings
from core.ledger.feedback import live_verdicts
from core.ledger.learned import evidence
from core.ledger.tables import answers, feedback


@dataclass(frozen=True, slots=True, kw_only=True)
class Contested:
    """An answer at one question: weighed ups and downs there, times given, how far its rating moved.

    `shown` is a copy that was given to this question; `answer_id` is the stored answer.
    """

    answer_id: str
    shown: str
    ups: float
    downs: float
    given: int
    moved: float


async def contested(
    connection: AsyncConnection, curators: Collection[str], since: datetime, neutral: float
) -> list[Contested]:
    """Return what people judged and no curator did; what had no rating at `since` had the neutral one."""
    epoch = await live_epoch(connection)
    if epoch is None:
        return []
    rows = (
        await connection.execute(
            select(evidence.c.answer_id, evidence.c.ups, evidence.c.downs)
            .where(evidence.c.epoch_id == epoch.id, evidence.c.ups + evidence.c.downs > 0)
            .order_by(evidence.c.answer_id)
        )
    ).all()
    places = await occasions_of(connection, [row.answer_id for row in rows])
    done = await _audited(connection, curators)
    said: dict[tuple[str, str], tuple[str, float, float]] = {}
    for row in rows:
        place = places.get(row.answer_id)
        if place is not None and place not in done:
            shown, ups, downs = said.get(place, (row.answer_id, 0.0, 0.0))
            said[place] = (shown, ups + row.ups, downs + row.downs)
    given = await _given(connection)
    before, now = await _ratings_at(connection, since), await load_ratings(connection, epoch.id)
    values = {id_: rating.value for id_, rating in now.items()}
    return [
        Contested(
            answer_id=root,
            shown=shown,
            ups=ups,
            downs=downs,
            given=given.get(root, 0),
            moved=abs(values.get(root, neutral) - before.get(root, neutral)),
        )
        for (root, _), (shown, ups, downs) in said.items()
    ]


async def _audited(
    connection: AsyncConnection, curators: Collection[str]
) -> frozenset[tuple[str, str]]:
    """Return (answer, question) of every verdict of a curator that stands."""
    verdicts = await live_verdicts(connection, await judged_by(connection, curators))
    ids = sorted({one.answer_id for one in verdicts if one.person.id in curators})
    return frozenset((await occasions_of(connection, ids)).values())


async def _given(connection: AsyncConnection) -> dict[str, int]:
    root = func.coalesce(answers.c.reused_id, answers.c.id).label("root")
    rows = await connection.execute(
        select(root, func.count().label("given"))
        .where(answers.c.origin != Origin.COMMAND.value)
        .group_by(root)
    )
    return {row.root: int(row.given) for row in rows}


async def _ratings_at(connection: AsyncConnection, at: datetime) -> dict[str, float]:
    """Return the ratings of the last epoch that was made by then and may count; nothing before one."""
    there = (one for one in await list_epochs(connection) if one.made_at <= at and one.counted)
    last = next(there, None)
    held = await load_ratings(connection, last.id) if last else {}
    return {answer_id: rating.value for answer_id, rating in held.items()}


async def count_given(connection: AsyncConnection, since: datetime) -> int:
    """Return how many answers were given since a time, without what commands printed."""
    counted = select(func.count()).select_from(answers)
    counted = counted.where(answers.c.created_at >= since, answers.c.origin != Origin.COMMAND.value)
    return int((await connection.execute(counted)).scalar_one())


async def count_judged(
    connection: AsyncConnection, curators: Collection[str], since: datetime
) -> int:
    """Return of how many answers curators have said something since a time."""
    counted = select(func.count(feedback.c.answer_id.distinct())).where(
        feedback.c.person_id.in_(sorted(curators)),
        feedback.c.at >= since,
        feedback.c.withdrawn.is_(False),
    )
    return int((await connection.execute(counted)).scalar_one())
