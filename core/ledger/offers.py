"""Offers to keep what somebody wrote below an answer, and what they wrote there."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Row, and_, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.feedback import Via
from core.ledger.conduct import offers
from core.ledger.signals import signal_id
from core.ledger.tables import feedback, messages, people
from core.ledger.writes import insert_once
from core.messages import Message, MessageRef


class OfferState(StrEnum):
    """What became of an offer."""

    OPEN = "open"
    KEPT = "kept"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Whether what was written in a message, below an answer, is to be kept; for its writer alone."""

    id: str
    answer_id: str
    message_id: str
    person_id: str
    state: OfferState
    at: datetime


async def answered_below(connection: AsyncConnection, ref: MessageRef) -> str | None:
    """Return the answer that a message was taken for somebody else's answer to, or None."""
    event_id = signal_id(ref, Via.ANSWERED_BY_PERSON)
    found = await connection.execute(
        select(feedback.c.answer_id).where(feedback.c.event_id == event_id)
    )
    return found.scalars().first()


async def save_offer(connection: AsyncConnection, offer: Offer) -> bool:
    """Store an offer before it is shown; return False where it is stored already."""
    row = {
        "id": offer.id,
        "answer_id": offer.answer_id,
        "message_id": offer.message_id,
        "person_id": offer.person_id,
        "state": offer.state.value,
        "at": offer.at,
    }
    return await insert_once(connection, offers, row)


async def load_offer(connection: AsyncConnection, offer_id: str) -> Offer | None:
    """Return an offer, or None."""
    found = await connection.execute(select(offers).where(offers.c.id == offer_id))
    row = found.one_or_none()
    return _offer_of(row) if row is not None else None


async def open_offers(connection: AsyncConnection, platform: str, since: datetime) -> list[Offer]:
    """Return what people of a platform were offered since a time and have not decided, oldest first."""
    rows = await connection.execute(
        select(offers)
        .join(people, people.c.id == offers.c.person_id)
        .where(
            people.c.platform == platform,
            offers.c.state == OfferState.OPEN.value,
            offers.c.at > since,
        )
        .order_by(offers.c.at, offers.c.id)
    )
    return [_offer_of(row) for row in rows]


async def decide_offer(connection: AsyncConnection, offer_id: str, state: OfferState) -> None:
    """Note what became of an offer."""
    await connection.execute(
        update(offers).where(offers.c.id == offer_id).values(state=state.value)
    )


async def count_offers(
    connection: AsyncConnection,
    accounts: Collection[str],
    *,
    since: datetime | None = None,
    answer_id: str | None = None,
    state: OfferState | None = None,
) -> int:
    """Return how many offers a person had, on all accounts; of one answer or state, or since then."""
    wanted = select(func.count()).select_from(offers).where(offers.c.person_id.in_(accounts))
    if since is not None:
        wanted = wanted.where(offers.c.at > since)
    if answer_id is not None:
        wanted = wanted.where(offers.c.answer_id == answer_id)
    if state is not None:
        wanted = wanted.where(offers.c.state == state.value)
    return int((await connection.execute(wanted)).scalar_one())


async def written_around(
    connection: AsyncConnection, message: Message, since: datetime, until: datetime
) -> list[tuple[MessageRef, str]]:
    """Return what a person wrote in a row in a thread, a stored message among it, oldest first.

    Only what was sent after `since` and up to `until` counts. Whoever else writes ends the row; what
    was taken away is left out.
    """
    found = await connection.execute(
        select(messages)
        .where(
            messages.c.conversation_id == message.conversation.id,
            messages.c.thread == message.thread,
            messages.c.private.is_(False),
            messages.c.sent_at > since,
            messages.c.sent_at <= until,
        )
        .order_by(messages.c.sent_at, messages.c.id)
    )
    run: list[tuple[MessageRef, str]] = []
    within = False
    for row in found:
        if row.person_id != message.person.id:
            if within:
                break
            run = []
            continue
        within = within or row.id == message.ref.id
        if row.deleted_at is None and row.text.strip():
            place = {"platform": message.ref.platform, "conversation": message.ref.conversation}
            run.append((MessageRef(**place, key=row.key), row.text.strip()))
    return run if within else []


async def forget_offers(
    connection: AsyncConnection, person_id: str, until: datetime | None
) -> None:
    """Delete what a person was offered, up to a time (None: all of it)."""
    theirs = offers.c.person_id == person_id
    if until is not None:
        theirs = and_(theirs, offers.c.at <= until)
    await connection.execute(delete(offers).where(theirs))


def _offer_of(row: Row[tuple[object, ...]]) -> Offer:
    return Offer(
        id=row.id,
        answer_id=row.answer_id,
        message_id=row.message_id,
        person_id=row.person_id,
        state=OfferState(row.state),
        at=row.at,
    )
