"""Which answers may be read where: the second look, for the ledger has the last word."""

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from core.ledger.tables import answers, citations, passages
from core.ledger.writes import portions


async def readable_answers(
    connection: AsyncConnection, ids: Sequence[str], audiences: Collection[int]
) -> frozenset[str]:
    """Return the answers whose readers, and those of every passage that they cite, are among these.

    A source that only some may read by now withholds its answers from the others; one that is gone
    withholds nothing.
    """
    found: set[str] = set()
    allowed = frozenset(audiences)
    for portion in portions(ids):
        own = await connection.execute(
            select(answers.c.id, answers.c.audience_id).where(answers.c.id.in_(portion))
        )
        cited = await connection.execute(
            select(citations.c.answer_id, passages.c.audience_id)
            .join(passages, passages.c.id == citations.c.passage_id)
            .where(citations.c.answer_id.in_(portion))
            .distinct()
        )
        withheld = {row.answer_id for row in cited if row.audience_id not in allowed}
        found |= {row.id for row in own if row.audience_id in allowed} - withheld
    return frozenset(found)
