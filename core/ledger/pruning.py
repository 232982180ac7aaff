"""Pruning: what was handled leaves the inbox once nobody delivers it again."""

from datetime import datetime

from sqlalchemy import delete, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from core.answers import Placement
from core.ledger.conduct import drafts
from core.ledger.drafts import State
from core.ledger.envelopes import GRAVE
from core.ledger.tables import inbox
from core.ledger.writes import portions


async def prune(connection: AsyncConnection, before: datetime, limit: int) -> int:
    """Remove up to `limit` deliveries that were handled before a time; return how many.

    Graves stay for good: a message that was taken away stays so. What was never handled stays, and
    so does the message that a draft answers which moderators may still publish.
    """
    waiting = select(drafts.c.message_id).where(
        drafts.c.state == State.WAITING.value, drafts.c.placement == Placement.MODERATORS.value
    )
    old = await connection.execute(
        select(inbox.c.id)
        .where(
            inbox.c.handled_at < before,
            ~inbox.c.event_id.startswith(GRAVE, autoescape=True),
            or_(inbox.c.message_id.is_(None), inbox.c.message_id.not_in(waiting)),
        )
        .order_by(inbox.c.handled_at)
        .limit(limit)
    )
    ids = list(old.scalars())
    for portion in portions(ids):
        await connection.execute(delete(inbox).where(inbox.c.id.in_(portion)))
    return len(ids)
