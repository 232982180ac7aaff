"""The inbox: every event is committed here before its platform is told that it was received."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.documents import content_hash
from core.feedback import Correction, Feedback
from core.interfaces import Event
from core.ledger.tables import inbox
from core.ledger.writes import insert_once
from core.messages import Deleted, Edited, Message, MessageRef, Reaction

KINDS: dict[str, type[Any]] = {
    kind.__name__: kind for kind in (Message, Reaction, Feedback, Correction, Edited, Deleted)
}
ADAPTERS: dict[str, TypeAdapter[Any]] = {name: TypeAdapter(kind) for name, kind in KINDS.items()}
REF: TypeAdapter[MessageRef] = TypeAdapter(MessageRef)


def platform_of(event: Event) -> str:
    """Return the platform that an event came from."""
    if isinstance(event, Feedback | Correction):
        return event.person.platform
    return event.ref.platform


async def take(connection: AsyncConnection, event: Event, now: datetime) -> bool:
    """Store an event; return False where this delivery is a repetition.

    Of a message that was taken away before it arrived, the text is not stored.
    """
    kind = type(event).__name__
    if isinstance(event, Message | Edited) and await came_too_late(connection, event):
        event = replace(event, text="")
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


async def rewrite(connection: AsyncConnection, ref: MessageRef, text: str) -> int:
    """Put a text in the place of what a message said, in every delivery; return how many there are.

    The deliveries keep their identity, so that a repetition is still known as one.
    """
    place = f'"ref":{REF.dump_json(ref).decode()}'
    rows = await connection.execute(
        select(inbox.c.id, inbox.c.kind, inbox.c.payload).where(
            inbox.c.platform == ref.platform,
            inbox.c.kind.in_([Message.__name__, Edited.__name__]),
            inbox.c.payload.contains(place, autoescape=True),
        )
    )
    said = [(row, ADAPTERS[row.kind].validate_json(row.payload)) for row in rows]
    same = [(row, event) for row, event in said if event.ref == ref]  # LIKE minds no capitals
    for row, event in same:
        payload = ADAPTERS[row.kind].dump_json(replace(event, text=text)).decode()
        await connection.execute(
            update(inbox).where(inbox.c.id == row.id).values(payload=payload, failure=None)
        )
    return len(same)


async def bury(connection: AsyncConnection, deleted: Deleted, now: datetime) -> None:
    """Note for good that a message was taken away, whether or not it has arrived."""
    row = {
        "platform": deleted.ref.platform,
        "event_id": _grave(deleted.ref),
        "kind": Deleted.__name__,
        "payload": ADAPTERS[Deleted.__name__].dump_json(deleted).decode(),
        "received_at": now,
        "handled_at": now,
    }
    await insert_once(connection, inbox, row)


async def is_buried(connection: AsyncConnection, ref: MessageRef) -> bool:
    """Say whether a message was taken away, be it before it arrived."""
    found = await connection.execute(
        select(inbox.c.id).where(inbox.c.platform == ref.platform, inbox.c.event_id == _grave(ref))
    )
    return found.first() is not None


async def came_too_late(connection: AsyncConnection, event: Event) -> bool:
    """Say whether an event brings the text of a message that was taken away."""
    return isinstance(event, Message | Edited) and await is_buried(connection, event.ref)


def _grave(ref: MessageRef) -> str:
    return f"taken-away:{content_hash(ref.id)}"
