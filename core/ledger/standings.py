"""The log of standings: where answers stood before."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from core.answers import Standing
from core.ledger.tables import standings


async def moved_since(connection: AsyncConnection, since: datetime, by: str) -> dict[str, Standing]:
    """Return where each answer stood at a time, of those whose every later move was made by `by`."""
    rows = await connection.execute(
        select(standings).order_by(standings.c.answer_id, standings.c.id)
    )
    stood: dict[str, Standing] = {}
    moved: dict[str, Standing] = {}
    others: set[str] = set()
    for row in rows:
        if row.at < since:
            stood[row.answer_id] = Standing(row.standing)
        elif row.by == by:
            moved[row.answer_id] = stood.get(row.answer_id, Standing.CANDIDATE)
        else:
            others.add(row.answer_id)
    return {id_: standing for id_, standing in moved.items() if id_ not in others}
