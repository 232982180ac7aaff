"""Drafts: answers that few have seen so far, and what was decided about them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import and_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.answers import Placement
from core.feedback import Decision
from core.ledger.conduct import drafts
from core.ledger.inbox import delivered, is_buried
from core.ledger.tables import inbox, outbox
from core.ledger.writes import insert_once
from core.messages import Message, MessageRef


class State(StrEnum):
    """What became of a draft."""

    WAITING = "waiting"
    PUBLISHED = "published"
    DISMISSED = "dismissed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An answer that was not shown to everybody; without a placement it was shown to nobody.

    `decision_id` is the delivery of what was decided. Of one that is published `published_id` is
    the answer that everybody sees, a person's better one perhaps, and `post_id` is set once it
    stands.
    """

    answer_id: str
    message_id: str
    placement: Placement | None
    state: State
    decision_id: str | None
    published_id: str | None
    post_id: str | None


async def save_draft(
    connection: AsyncConnection,
    answer_id: str,
    ref: MessageRef,
    placement: Placement | None,
    now: datetime,
) -> None:
    """Note that an answer to a message is for few, or for nobody yet, in the transaction that saves it."""
    row = {
        "answer_id": answer_id,
        "message_id": ref.id,
        "placement": placement.value if placement else None,
        "state": State.WAITING.value,
        "at": now,
    }
    await insert_once(connection, drafts, row)


async def load_draft(connection: AsyncConnection, answer_id: str) -> Draft | None:
    """Return a draft, or None where the answer is none."""
    found = await connection.execute(select(drafts).where(drafts.c.answer_id == answer_id))
    row = found.one_or_none()
    if row is None:
        return None
    return Draft(
        answer_id=row.answer_id,
        message_id=row.message_id,
        placement=Placement(row.placement) if row.placement else None,
        state=State(row.state),
        decision_id=row.decision_id,
        published_id=row.published_id,
        post_id=row.post_id,
    )


async def keep_unshown(connection: AsyncConnection, answer_id: str, now: datetime) -> None:
    """Note that an answer is shown to nobody: it waits for no post, and nobody decides upon it."""
    await connection.execute(
        update(drafts).where(drafts.c.answer_id == answer_id).values(placement=None)
    )
    await connection.execute(
        update(outbox).where(outbox.c.answer_id == answer_id).values(posted_at=now)
    )


async def note_decision(connection: AsyncConnection, decision: Decision, state: State) -> None:
    """Note what was decided about a draft, by whom, and by which delivery."""
    decided = {
        "state": state.value,
        "by": decision.person.id,
        "at": decision.at,
        "decision_id": decision.event_id,
    }
    await connection.execute(
        update(drafts).where(drafts.c.answer_id == decision.answer_id).values(**decided)
    )


async def note_published(
    connection: AsyncConnection, draft: Draft, answer_id: str, now: datetime
) -> None:
    """Note under which answer a draft is about to be published; that one waits for its post."""
    await connection.execute(
        update(drafts).where(drafts.c.answer_id == draft.answer_id).values(published_id=answer_id)
    )
    queued = {"answer_id": answer_id, "message_id": draft.message_id, "queued_at": now}
    await insert_once(connection, outbox, queued | {"posted_at": now})


async def note_stands(connection: AsyncConnection, draft: Draft, ref: MessageRef) -> None:
    """Note where a published draft stands: from here on it is done."""
    await connection.execute(
        update(drafts).where(drafts.c.answer_id == draft.answer_id).values(post_id=ref.id)
    )


async def asked_in(connection: AsyncConnection, draft: Draft) -> Message | None:
    """Return the message that a draft answers; None where it was taken away or forgotten."""
    message = await delivered(connection, draft.message_id)
    if message is None or await is_buried(connection, message.ref):
        return None
    return message


async def forget_decider(
    connection: AsyncConnection, person_id: str, nameless: str, until: datetime | None
) -> None:
    """Take a person's id out of what they decided, up to a time (None: of all of it)."""
    named = drafts.c.by == person_id
    if until is not None:
        named = and_(named, drafts.c.at <= until)
    await connection.execute(update(drafts).where(named).values(by=nameless, decision_id=None))


async def is_done_with(connection: AsyncConnection, platform: str, event_id: str) -> bool:
    """Say whether nobody will see a delivery through any more: it had its effect or was given up."""
    found = await connection.execute(
        select(inbox.c.handled_at).where(inbox.c.platform == platform, inbox.c.event_id == event_id)
    )
    row = found.first()
    return row is None or row.handled_at is not None
