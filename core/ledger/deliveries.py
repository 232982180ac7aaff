"""A person's deliveries in the inbox: what of them is under way, and emptying them for good."""

from collections.abc import Collection, Sequence
from datetime import datetime

from pydantic import BaseModel, TypeAdapter
from sqlalchemy import ColumnElement, Select, and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.documents import content_hash
from core.feedback import Proposal
from core.interfaces import Event
from core.ledger.envelopes import KINDS, event_of, grave_of, people_of
from core.ledger.inbox import EMPTY
from core.ledger.tables import inbox
from core.ledger.tombstones import happened_at
from core.ledger.writes import insert_all, portions
from core.messages import Deleted, Edited, Message, MessageRef, Person

# They name a message and not, or not surely, whose it is.
BARE = (Edited.__name__, Deleted.__name__, Proposal.__name__)


class _Who(BaseModel):
    """The part of a payload by which a person is found, spelled as payloads spell it."""

    platform: str
    key: str


WHO = TypeAdapter(_Who)


async def under_way(connection: AsyncConnection, person: Person) -> list[Message]:
    """Return a person's messages that were received and not handled yet."""
    rows = await connection.execute(
        select(inbox.c.payload).where(
            inbox.c.platform == person.platform,
            inbox.c.kind == Message.__name__,
            inbox.c.handled_at.is_(None),
            _names(person),
        )
    )
    held = [event_of(Message.__name__, payload) for payload in rows.scalars()]
    return [one for one in held if isinstance(one, Message) and one.person.id == person.id]


async def bury_all(connection: AsyncConnection, refs: Sequence[MessageRef], now: datetime) -> None:
    """Note for good that messages were taken away, by a hash of each."""
    graves = [
        {
            "platform": ref.platform,
            "event_id": grave_of(ref),
            "kind": Deleted.__name__,
            "payload": EMPTY,
            "received_at": now,
            "handled_at": now,
        }
        for ref in refs
    ]
    await insert_all(connection, inbox, graves)


async def scrub(
    connection: AsyncConnection,
    person: Person,
    messages: Collection[str],
    *,
    until: datetime | None,
    spared: Collection[str],
    now: datetime,
) -> int:
    """Empty what a person's events brought, and the edits of their messages; return how many.

    `messages` are the ids of those messages, `spared` of those that stay; later events than
    `until` stay too. The deliveries keep their identity, so that a repetition is known as one.
    """
    found = await connection.execute(_perhaps(person))
    theirs = [
        (row.id, row.event_id)
        for row in found
        if _is_of(event_of(row.kind, row.payload), person, messages, until, spared)
    ]
    for portion in portions([id_ for id_, _ in theirs]):
        await connection.execute(
            update(inbox)
            .where(inbox.c.id.in_(portion))
            .values(
                payload=EMPTY,
                message_id=None,
                failure=None,
                handled_at=func.coalesce(inbox.c.handled_at, now),
            )
        )
    for id_, event_id in theirs:
        if person.id in event_id:  # a name of a delivery that names the person
            hashed = f"scrubbed:{content_hash(event_id)}"
            await connection.execute(update(inbox).where(inbox.c.id == id_).values(event_id=hashed))
    return len(theirs)


def _perhaps(person: Person) -> Select[tuple[int, str, str, str]]:
    """Select the deliveries that may be a person's, or of their messages."""
    return select(inbox.c.id, inbox.c.kind, inbox.c.payload, inbox.c.event_id).where(
        inbox.c.platform == person.platform,
        inbox.c.payload != EMPTY,
        or_(inbox.c.kind.in_(BARE), and_(inbox.c.kind.in_(KINDS), _names(person))),
    )


def _names(person: Person) -> ColumnElement[bool]:
    spelled = WHO.dump_json(_Who(platform=person.platform, key=person.key)).decode()
    return inbox.c.payload.contains(f'"person":{spelled.removesuffix("}")},', autoescape=True)


def _is_of(
    event: Event,
    person: Person,
    messages: Collection[str],
    until: datetime | None,
    spared: Collection[str],
) -> bool:
    if isinstance(event, Edited | Deleted | Proposal) and event.ref.id in messages:
        return True
    theirs = any(one.id == person.id for one in people_of(event))
    if not theirs or (until is not None and happened_at(event) > until):
        return False
    return not (isinstance(event, Message) and event.ref.id in spared)
