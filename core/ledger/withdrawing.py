"""Withdrawing: what was learned from a source goes with it, in the transaction that changes the source.

What a change took comes back with the source, when that is put back as it was.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from core.answers import FORGOTTEN, Standing
from core.audience import audience_of
from core.ledger.answers import question_ids, set_standing
from core.ledger.operations import ANSWERS, queue
from core.ledger.standings import before_last
from core.ledger.tables import answers, audiences, citations, passages

REUSABLE = (Standing.TRIAL.value, Standing.VERIFIED.value)
WITHDRAWN = (Standing.STALE.value,)
CHANGED = "a source that it cites has changed"
RESTORED = "the source that it cites is as it was"
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


async def restore(connection: AsyncConnection, now: datetime, document_id: str) -> list[str]:
    """Give answers back the standing that a change of this document took, and return which those are.

    All that such an answer cites is there again, for all who may read the answer, and nobody has
    moved it since.
    """
    taken = await _taken(connection, document_id)
    if not taken:
        return []
    lacking = {
        *await _restricted(connection, None, WITHDRAWN),
        *await outdated_answers(connection, None, WITHDRAWN),
    }
    stood = await before_last(connection, sorted(taken - lacking), Standing.STALE, BY)
    back = {id_: one for id_, one in stood.items() if one.value in REUSABLE}
    for answer_id, standing in sorted(back.items()):
        await set_standing(connection, answer_id, standing, reason=RESTORED, by=BY, now=now)
        await queue(connection, ANSWERS, await question_ids(connection, answer_id), now)
    return sorted(back)


async def _taken(connection: AsyncConnection, document_id: str) -> set[str]:
    """Return the stale answers that cite a document, without those whose words were forgotten."""
    rows = await connection.execute(
        select(answers.c.id)
        .join(citations, citations.c.answer_id == answers.c.id)
        .where(
            citations.c.document_id == document_id,
            citations.c.nearest.is_(False),
            answers.c.standing.in_(WITHDRAWN),
            answers.c.text != FORGOTTEN,
        )
    )
    return set(rows.scalars())


async def outdated_answers(
    connection: AsyncConnection,
    document_id: str | None = None,
    standings: Sequence[str] = REUSABLE,
) -> list[str]:
    """Return the ids of answers of these standings that cite a passage which no document has any more."""
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
            answers.c.standing.in_(standings),
            citations.c.nearest.is_(False),
            passages.c.id.is_(None),
        )
    )
    if document_id is not None:
        cited = cited.where(citations.c.document_id == document_id)
    return sorted((await connection.execute(cited)).scalars())


async def _restricted(
    connection: AsyncConnection, document_id: str | None, standings: Sequence[str] = REUSABLE
) -> list[str]:
    """Return the answers of these standings that are for more readers than a passage that they cite."""
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
            answers.c.standing.in_(standings),
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
