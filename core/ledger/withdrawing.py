"""Withdrawing: what was learned from a source goes with it, in the transaction that changes the source."""

from datetime import datetime

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from core.answers import Standing
from core.audience import audience_of
from core.ledger.answers import question_ids, set_standing
from core.ledger.operations import ANSWERS, queue
from core.ledger.tables import answers, audiences, citations, passages

REUSABLE = (Standing.TRIAL.value, Standing.VERIFIED.value)
CHANGED = "a source that it cites has changed"
RESTRICTED = "not all of its readers may read a source that it cites any more"
BY = "refresh"


async def withdraw(
    connection: AsyncConnection, now: datetime, document_id: str | None = None
) -> list[str]:
    """Make stale at once what rests on a source that has changed, and return which answers those are.

    A source has changed where no document has the cited passage any more, and where somebody who may
    read the answer may not read the passage. Of one document where one is named, otherwise of all.
    """
    reasons = {
        **dict.fromkeys(await _restricted(connection, document_id), RESTRICTED),
        **dict.fromkeys(await outdated_answers(connection, document_id), CHANGED),
    }
    for answer_id, reason in sorted(reasons.items()):
        stale = Standing.STALE
        await set_standing(connection, answer_id, stale, reason=reason, by=BY, now=now)
        await queue(connection, ANSWERS, await question_ids(connection, answer_id), now)
    return sorted(reasons)


async def outdated_answers(
    connection: AsyncConnection, document_id: str | None = None
) -> list[str]:
    """Return the ids of reusable answers that cite a passage which no document has any more."""
    cited = (
        select(citations.c.answer_id)
        .distinct()
        .join(answers, answers.c.id == citations.c.answer_id)
        .outerjoin(
            passages,
            and_(
                passages.c.hash == citations.c.hash,
                passages.c.document_id == citations.c.document_id,
            ),
        )
        .where(
            answers.c.standing.in_(REUSABLE),
            citations.c.nearest.is_(False),
            passages.c.id.is_(None),
        )
    )
    if document_id is not None:
        cited = cited.where(citations.c.document_id == document_id)
    return sorted((await connection.execute(cited)).scalars())


async def _restricted(connection: AsyncConnection, document_id: str | None) -> list[str]:
    """Return the reusable answers that are for more readers than a passage that they cite."""
    mine, theirs = audiences.alias("mine"), audiences.alias("theirs")
    cited = (
        select(citations.c.answer_id, mine.c.key, theirs.c.key.label("source_key"))
        .distinct()
        .join(answers, answers.c.id == citations.c.answer_id)
        .join(
            passages,
            and_(
                passages.c.hash == citations.c.hash,
                passages.c.document_id == citations.c.document_id,
            ),
        )
        .join(mine, mine.c.id == answers.c.audience_id)
        .join(theirs, theirs.c.id == passages.c.audience_id)
        .where(
            answers.c.standing.in_(REUSABLE),
            citations.c.nearest.is_(False),
            passages.c.audience_id != answers.c.audience_id,
        )
    )
    if document_id is not None:
        cited = cited.where(citations.c.document_id == document_id)
    rows = (await connection.execute(cited)).all()
    return [
        row.answer_id
        for row in rows
        if not audience_of(row.source_key).readable_by(audience_of(row.key).requires)
    ]
