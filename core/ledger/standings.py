"""The log of standings: where answers stood before."""

from collections.abc import Sequence
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


async def before_last(
    connection: AsyncConnection, ids: Sequence[str], last: Standing, by: str
) -> dict[str, Standing]:
    """Return where answers stood before their last move, of those that it took to `last` `by` somebody."""
    rows = await connection.execute(
        select(standings).where(standings.c.answer_id.in_(ids)).order_by(standings.c.id)
    )
    moves: dict[str, list[tuple[str, str]]] = {}
    for row in rows:
        moves.setdefault(row.answer_id, []).append((row.standing, row.by))
    return {
        id_: Standing(moved[-2][0])
        for id_, moved in moves.items()
        if len(moved) > 1 and moved[-1] == (last.value, by)
    }
