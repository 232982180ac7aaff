"""Narrowing: what was asked where not everybody may read any more is for those who may."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Row, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.audience import EVERYONE, Audience, audience_of, narrowest
from core.ledger.operations import ANSWERS, queue
from core.ledger.people import audience_number
from core.ledger.tables import (
    answers,
    audiences,
    conversations,
    corrections,
    messages,
    proposals,
    questions,
)
from core.ledger.vouching import reanswers
from core.ledger.writes import portions, put
from core.messages import Conversation, Reopened


async def meet(
    connection: AsyncConnection, conversation: Conversation, at: datetime, now: datetime
) -> Conversation:
    """Store a conversation as something showed it that happened then; return it as it stands by now.

    What it was made since counts more. Where it turns out to have been made private while nobody
    told, what was asked there is narrowed at once.
    """
    held = await _held(connection, conversation.id)
    if held is None:
        await _put(connection, conversation, None)
        return conversation
    known = _conversation_of(held)
    if held.changed_at is not None and held.changed_at >= at:
        return known
    changed = known.audience != conversation.audience
    await _put(connection, conversation, at if changed else held.changed_at)
    if changed:
        await _narrow(connection, conversation, now)
    return conversation


async def reopen(connection: AsyncConnection, event: Reopened, now: datetime) -> None:
    """Store what a conversation was made or named; what came later and overtook it stays.

    Made private, everything that was asked, corrected or saved there is for its members from now
    on. Made public, nothing is for more people than before.
    """
    held = await _held(connection, event.conversation.id)
    if held is None or held.changed_at is None or held.changed_at <= event.at:
        await _put(connection, event.conversation, event.at)
    await _narrow(connection, event.conversation, now)


async def narrowed_to(
    connection: AsyncConnection, audience: Audience, conversation_id: str
) -> Audience:
    """Return an audience without those who may not read in a conversation, as it stands by now."""
    held = await _held(connection, conversation_id)
    return audience if held is None else narrowest([audience, _conversation_of(held).audience])


async def _held(connection: AsyncConnection, id_: str) -> Row[tuple[object, ...]] | None:
    found = await connection.execute(select(conversations).where(conversations.c.id == id_))
    return found.one_or_none()


def _conversation_of(row: Row[tuple[object, ...]]) -> Conversation:
    return Conversation(
        platform=row.platform, key=row.key, name=row.name, direct=row.direct, public=row.public
    )


async def _put(
    connection: AsyncConnection, conversation: Conversation, changed_at: datetime | None
) -> None:
    row = {
        "id": conversation.id,
        "platform": conversation.platform,
        "key": conversation.key,
        "name": conversation.name,
        "direct": conversation.direct,
        "public": conversation.public,
        "changed_at": changed_at,
    }
    await put(connection, conversations, row, key=["id"])


# -- the answers -----------------------------------------------------------------------------------


async def _narrow(connection: AsyncConnection, conversation: Conversation, now: datetime) -> None:
    """Narrow what was learned in a conversation to its members, and queue its rows of the index."""
    if conversation.audience == EVERYONE:
        return
    ids = await _learned_in(connection, conversation.id)
    for portion in portions(ids):
        rows = await connection.execute(
            select(audiences).where(
                audiences.c.id.in_(
                    select(answers.c.audience_id).where(answers.c.id.in_(portion)).distinct()
                )
            )
        )
        for row in rows.all():
            narrow = narrowest([audience_of(row.key), conversation.audience])
            if narrow != audience_of(row.key):
                await _give(connection, portion, row.id, narrow, now)


async def _give(
    connection: AsyncConnection,
    ids: Sequence[str],
    number: int,
    audience: Audience,
    now: datetime,
) -> None:
    """Give those of the answers that have one audience another one."""
    theirs = (answers.c.id.in_(ids), answers.c.audience_id == number)
    found = await connection.execute(
        select(questions.c.id).join(answers, answers.c.id == questions.c.answer_id).where(*theirs)
    )
    await queue(connection, ANSWERS, list(found.scalars()), now)
    narrow = await audience_number(connection, audience)
    await connection.execute(update(answers).where(*theirs).values(audience_id=narrow))


async def _learned_in(connection: AsyncConnection, conversation_id: str) -> list[str]:
    """Return the answers to what was asked in a conversation or saved there, and corrections of them."""
    asked = (
        select(questions.c.answer_id)
        .join(messages, messages.c.id == questions.c.message_id)
        .where(messages.c.conversation_id == conversation_id)
    )
    saved = select(proposals.c.answer_id).where(proposals.c.conversation_id == conversation_id)
    rows = await connection.execute(
        select(answers.c.id).where(or_(answers.c.id.in_(asked), answers.c.id.in_(saved)))
    )
    learned = set(rows.scalars())
    new = learned
    while new:  # a correction may itself have been corrected, or answered afresh
        found: set[str] = set()
        for portion in portions(sorted(new)):
            better = await connection.execute(
                select(corrections.c.answer_id).where(corrections.c.corrected_id.in_(portion))
            )
            found |= set(better.scalars())
            fresh = await connection.execute(
                select(answers.c.id)
                .join(reanswers, reanswers.c.fresh_id == answers.c.id)
                .where(reanswers.c.answer_id.in_(portion))
            )
            found |= set(fresh.scalars())
        new = found - learned
        learned |= new
    return sorted(learned)
