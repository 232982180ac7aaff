"""Tombstones: of a forgotten person only a hash is kept, and up to when what they did is not to come back.

They lie in the inbox, where deliveries are looked up anyway, and are never handled.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from core.documents import content_hash
from core.interfaces import Event
from core.ledger.envelopes import people_of
from core.ledger.tables import inbox
from core.ledger.writes import insert_once
from core.messages import Message, Person

KIND = "Forgotten"


def tombstone(person_id: str) -> str:
    """Return what a forgotten person is known by."""
    return f"forgotten:{content_hash(person_id)}"


def happened_at(event: Event) -> datetime:
    """Return when an event happened, by the clock of the platform that it came from."""
    return event.sent_at if isinstance(event, Message) else event.at


async def lay(connection: AsyncConnection, person: Person, until: datetime, now: datetime) -> None:
    """Note that what a person did until then is forgotten; a later time replaces an earlier one."""
    row = {
        "platform": person.platform,
        "event_id": tombstone(person.id),
        "kind": KIND,
        "payload": json.dumps({"until": until.isoformat()}),
        "received_at": now,
        "handled_at": now,
    }
    if not await insert_once(connection, inbox, row):
        same = (inbox.c.platform == person.platform, inbox.c.event_id == row["event_id"])
        await connection.execute(inbox.update().where(*same).values(payload=row["payload"]))


async def laid(connection: AsyncConnection) -> dict[str, datetime]:
    """Return every tombstone, with the time up to which it counts."""
    rows = await connection.execute(
        select(inbox.c.event_id, inbox.c.payload).where(inbox.c.kind == KIND)
    )
    return {row.event_id: _until(row.payload) for row in rows}


async def of_the_forgotten(
    connection: AsyncConnection, events: Sequence[Event]
) -> dict[str, datetime]:
    """Return the tombstones of the people whom these events are by, for `predates`."""
    by = {one for event in events for one in people_of(event)}
    if not by:
        return {}
    rows = await connection.execute(
        select(inbox.c.event_id, inbox.c.payload).where(
            inbox.c.platform.in_({one.platform for one in by}),
            inbox.c.event_id.in_({tombstone(one.id) for one in by}),
        )
    )
    return {row.event_id: _until(row.payload) for row in rows}


def predates(event: Event, tombstones: Mapping[str, datetime]) -> bool:
    """Say whether an event is by a person who was forgotten after it happened: it is not stored.

    Nor is what somebody saved of their words before.
    """
    found = (tombstones.get(tombstone(one.id)) for one in people_of(event))
    return any(until is not None and happened_at(event) <= until for until in found)


def _until(payload: str) -> datetime:
    return datetime.fromisoformat(json.loads(payload)["until"])
