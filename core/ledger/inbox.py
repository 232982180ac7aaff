"""The inbox: every event is committed here before its platform is told that it was received."""

from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.feedback import Correction, Feedback
from core.interfaces import Event
from core.ledger.tables import inbox
from core.ledger.writes import insert_once
from core.messages import Deleted, Edited, Message, Reaction

KINDS: dict[str, type[Any]] = {
    kind.__name__: kind for kind in (Message, Reaction, Feedback, Correction, Edited, Deleted)
}
ADAPTERS: dict[str, TypeAdapter[Any]] = {name: TypeAdapter(kind) for name, kind in KINDS.items()}


def platform_of(event: Event) -> str:
    """Return the platform that an event came from."""
    if isinstance(event, Feedback | Correction):
        return event.person.platform
    return event.ref.platform


async def take(connection: AsyncConnection, event: Event, now: datetime) -> bool:
    """Store an event; return False where this delivery is a repetition."""
    kind = type(event).__name__
    return await insert_once(
        connection,
        inbox,
        {
            "platform": platform_of(event),
            "event_id": event.event_id,
            "kind": kind,
            "payload": ADAPTERS[kind].dump_json(event).decode(),
            "received_at": now,
        },
    )


async def handled(
    connection: AsyncConnection, event: Event, now: datetime, failure: str | None = None
) -> None:
    """Note that an event had its effect, or for good why it could not have one."""
    await connection.execute(
        update(inbox)
        .where(inbox.c.platform == platform_of(event), inbox.c.event_id == event.event_id)
        .values(handled_at=now, failure=failure)
    )


async def pending(connection: AsyncConnection, platform: str) -> list[Event]:
    """Return the events that were received and never handled, oldest first."""
    rows = await connection.execute(
        select(inbox.c.kind, inbox.c.payload)
        .where(inbox.c.platform == platform, inbox.c.handled_at.is_(None))
        .order_by(inbox.c.id)
    )
    return [ADAPTERS[row.kind].validate_json(row.payload) for row in rows]
