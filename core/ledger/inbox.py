"""The inbox: every event is committed here before its platform is told that it was received.

A row is claimed by the process that sees its event through, for so long as that process says; once
the claim has run out, any process may take the event over. Whoever wants to do something that
cannot be undone asks first whether the claim still holds.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Row, Select, and_, case, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.errors import ClaimLostError
from core.feedback import Proposal
from core.interfaces import Event
from core.ledger.envelopes import event_of, grave_of, payload_of, platform_of, row_of
from core.ledger.tables import inbox
from core.ledger.writes import insert_once, portions
from core.messages import Deleted, Edited, Message, MessageRef

# No claim and no rest is longer: what ends later was noted before the clock was set back.
LONGEST = timedelta(minutes=10)
SUSPECT = 3  # attempts after which an event may be what its process died of
EMPTY = "{}"  # the payload of what nobody needs any more, and is not to be found here
BRINGING = (Message, Edited, Proposal)  # what brings the text of a message


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """An event that one process has taken on, for the `attempts`-th time since it came.

    `failure` is what its asker was about to be told when an earlier attempt was cut short. It came
    at `since`; None for what came just now.
    """

    event: Event
    attempts: int = 1
    failure: str | None = None
    since: datetime | None = None


async def handled(
    connection: AsyncConnection,
    event: Event,
    now: datetime,
    failure: str | None = None,
    owner: str | None = None,
) -> None:
    """Note that an event had its effect, or for good why it could not have one.

    Raises `ClaimLostError` where an owner is given who does not hold the claim any more: then the
    transaction that the effect stands in must not be committed.
    """
    statement = update(inbox).where(_is(event)).values(handled_at=now, failure=failure)
    if owner is not None:
        statement = statement.where(inbox.c.claimed_by == owner, inbox.c.handled_at.is_(None))
    _must_hold(event, (await connection.execute(statement)).rowcount, owner)


async def pending(connection: AsyncConnection, platform: str) -> list[Event]:
    """Return the events that were received and never handled, oldest first."""
    rows = await connection.execute(
        select(inbox.c.kind, inbox.c.payload)
        .where(inbox.c.platform == platform, inbox.c.handled_at.is_(None))
        .order_by(inbox.c.id)
    )
    return [event_of(row.kind, row.payload) for row in rows]


# -- claims ------------------------------------------------------------------------------------


async def waits(connection: AsyncConnection, platforms: Collection[str], now: datetime) -> bool:
    """Say whether there is an event that nobody sees through."""
    found = await connection.execute(select(inbox.c.id).where(_free(platforms, now)).limit(1))
    return found.first() is not None


async def claim(
    connection: AsyncConnection,
    owner: str,
    platforms: Collection[str],
    now: datetime,
    until: datetime,
    limit: int,
) -> list[Claimed]:
    """Take on what nobody sees through, oldest first; passes over what others are taking on now.

    What was taken on several times before is taken on after all else and alone: should a process
    die of it, it takes nothing else along.
    """
    wanted = (
        select(inbox)
        .where(_free(platforms, now))
        .order_by(inbox.c.id)
        .with_for_update(skip_locked=True)
    )
    unsuspected = wanted.where(inbox.c.attempts < SUSPECT).limit(limit)
    rows = (await connection.execute(unsuspected)).all()
    if not rows:
        rows = (await connection.execute(wanted.limit(1))).all()
    if rows:
        await connection.execute(
            update(inbox)
            .where(inbox.c.id.in_([row.id for row in rows]))
            .values(claimed_by=owner, claimed_until=until, attempts=inbox.c.attempts + 1)
        )
    return [
        Claimed(
            event=event_of(row.kind, row.payload),
            attempts=row.attempts + 1,
            failure=row.failure,
            since=row.received_at,
        )
        for row in rows
    ]


async def hold(connection: AsyncConnection, event: Event, owner: str, until: datetime) -> None:
    """Prolong a claim; raise `ClaimLostError` where the owner does not hold it any more."""
    held = await connection.execute(
        update(inbox)
        .where(_is(event), inbox.c.claimed_by == owner, inbox.c.handled_at.is_(None))
        .values(claimed_until=until)
    )
    _must_hold(event, held.rowcount, owner)


async def renew(
    connection: AsyncConnection, owner: str, event_ids: Collection[str], until: datetime
) -> None:
    """Prolong those claims of an owner that it still holds."""
    for portion in portions(list(event_ids)):
        await connection.execute(
            update(inbox)
            .where(
                inbox.c.event_id.in_(portion),
                inbox.c.claimed_by == owner,
                inbox.c.handled_at.is_(None),
            )
            .values(claimed_until=until)
        )


async def release(
    connection: AsyncConnection,
    event: Event,
    owner: str,
    rests_until: datetime,
    *,
    counts: bool = True,
) -> None:
    """Give a claim back, if it is still the owner's; nobody takes the event on before that time.

    An attempt that does not count is given back with it, but the first: what it did is done.
    """
    attempts = inbox.c.attempts
    left = attempts if counts else case((attempts > 1, attempts - 1), else_=attempts)
    await connection.execute(
        update(inbox)
        .where(_is(event), inbox.c.claimed_by == owner, inbox.c.handled_at.is_(None))
        .values(claimed_by=None, claimed_until=rests_until, attempts=left)
    )


async def release_all(connection: AsyncConnection, owner: str) -> None:
    """Give back every claim of an owner that goes."""
    await connection.execute(
        update(inbox)
        .where(inbox.c.claimed_by == owner, inbox.c.handled_at.is_(None))
        .values(claimed_by=None, claimed_until=None)
    )


async def release_former(connection: AsyncConnection, owner: str) -> None:
    """Free what processes before this one had taken on, and what rests, where there can be no other.

    On SQLite one process has the ledger; on PostgreSQL the claims of the dead run out.
    """
    if connection.dialect.name != "sqlite":
        return
    others = or_(inbox.c.claimed_by.is_(None), inbox.c.claimed_by != owner)
    await connection.execute(
        update(inbox)
        .where(inbox.c.handled_at.is_(None), inbox.c.claimed_until.is_not(None), others)
        .values(claimed_by=None, claimed_until=None)
    )


async def note_failure(connection: AsyncConnection, event: Event, failure: str | None) -> None:
    """Note what the asker is about to be told, or, with None, that it could not be said."""
    await connection.execute(update(inbox).where(_is(event)).values(failure=failure))


# -- what was changed or taken away ------------------------------------------------------------


async def newest_edit(
    connection: AsyncConnection, ref: MessageRef, *known: Edited
) -> Edited | None:
    """Return the edit of a message that is the last by the platform's time, however they arrived.

    `known` are edits that need not be in the inbox.
    """
    said = _said(await connection.execute(_saying(ref)))
    edits = [event for _, event in said if isinstance(event, Edited)]
    return max((*edits, *known), key=lambda one: (one.at, one.event_id), default=None)


async def rewrite(connection: AsyncConnection, ref: MessageRef, text: str) -> int:
    """Put a text in the place of what a message said, in every delivery; return how many there are.

    The deliveries keep their identity, so that a repetition is still known as one.
    """
    said = _said(await connection.execute(_saying(ref)))
    for id_, event in said:
        payload = payload_of(replace(event, text=text))
        await connection.execute(
            update(inbox).where(inbox.c.id == id_).values(payload=payload, failure=None)
        )
    return len(said)


async def bury(connection: AsyncConnection, deleted: Deleted, now: datetime) -> None:
    """Note for good that a message was taken away, whether or not it has arrived."""
    grave = row_of(deleted, now) | {
        "event_id": grave_of(deleted.ref),
        "natural_key": None,
        "handled_at": now,
    }
    await insert_once(connection, inbox, grave)


async def delivered(connection: AsyncConnection, message_id: str) -> Message | None:
    """Return a message as it was delivered, with its newest text; None where it was not, or was emptied."""
    kind, full = inbox.c.kind == Message.__name__, inbox.c.payload != EMPTY
    wanted = select(inbox.c.payload).where(inbox.c.message_id == message_id, kind, full)
    payload = (await connection.execute(wanted.order_by(inbox.c.id).limit(1))).scalars().first()
    event = event_of(Message.__name__, payload) if payload else None
    return event if isinstance(event, Message) else None


async def is_buried(connection: AsyncConnection, ref: MessageRef) -> bool:
    """Say whether a message was taken away, be it before it arrived."""
    found = await connection.execute(
        select(inbox.c.id).where(
            inbox.c.platform == ref.platform, inbox.c.event_id == grave_of(ref)
        )
    )
    return found.first() is not None


async def empty(connection: AsyncConnection, event: Event) -> None:
    """Keep of a delivery only that it came: what it brought has its place elsewhere by now."""
    await connection.execute(update(inbox).where(_is(event)).values(payload=EMPTY))


def _is(event: Event) -> ColumnElement[bool]:
    return and_(inbox.c.platform == platform_of(event), inbox.c.event_id == event.event_id)


def _saying(ref: MessageRef) -> Select[tuple[int, str, str]]:
    """Select the deliveries that bring a message's text, without those that were emptied."""
    return select(inbox.c.id, inbox.c.kind, inbox.c.payload).where(
        inbox.c.message_id == ref.id,
        inbox.c.kind.in_([kind.__name__ for kind in BRINGING]),
        inbox.c.payload != EMPTY,
    )


def _said(
    rows: Iterable[Row[tuple[int, str, str]]],
) -> list[tuple[int, Message | Edited | Proposal]]:
    events = [(row.id, event_of(row.kind, row.payload)) for row in rows]
    return [(id_, event) for id_, event in events if isinstance(event, BRINGING)]


def _free(platforms: Collection[str], now: datetime) -> ColumnElement[bool]:
    return and_(
        inbox.c.handled_at.is_(None),
        inbox.c.platform.in_(list(platforms)),
        or_(
            inbox.c.claimed_until.is_(None),
            inbox.c.claimed_until <= now,
            inbox.c.claimed_until > now + LONGEST,
        ),
    )


def _must_hold(event: Event, rows: int, owner: str | None) -> None:
    if owner is not None and not rows:
        raise ClaimLostError(f"{event.event_id} was taken over by another process, or is done.")
