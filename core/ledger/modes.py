"""How the bot takes part in a conversation: modes, silences, and the facts that gating needs."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, or_, select, union
from sqlalchemy.ext.asyncio import AsyncConnection

from core.feedback import is_one_of
from core.ledger.conduct import modes, silences
from core.ledger.messages import is_open
from core.ledger.people import see_conversation
from core.ledger.tables import conversations, messages, outbox, posts, reactions
from core.ledger.writes import insert_once, put
from core.messages import Conversation, Message
from core.modes import Facts, Mode

# A post is timed by our clock and a message by the platform's: so much may lie between the two.
SKEW = timedelta(seconds=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """What was said in a thread: whom the bot answered last and when, and its turns there."""

    turns: int
    unasked: int
    last_to: str | None
    last_at: datetime | None


async def facts_of(
    connection: AsyncConnection, message: Message, *, default: Mode, silenced_by: Iterable[str]
) -> Facts:
    """Return what there is to know of a stored message's conversation and thread.

    `default` is the mode of a conversation without one; an emoji of `silenced_by` that stands on a
    message of the thread silences it. The thread is only looked at where the message alone does not
    say whom it is meant for.
    """
    mode, silenced = await standing_mode(connection, message.conversation.id)
    facts = Facts(mode=mode or default, silenced=silenced)
    if message.thread is None or message.addressed or message.private:
        return facts
    said = await _said_in(connection, message)
    if not said.turns:
        return facts
    return Facts(
        mode=facts.mode,
        silenced=silenced or await _is_silenced(connection, message, silenced_by),
        inside=True,
        last_to=await _still_to(connection, message, said),
        unasked=said.unasked,
    )


async def standing_mode(
    connection: AsyncConnection, conversation_id: str
) -> tuple[Mode | None, bool]:
    """Return the mode that was set for a conversation, if any, and whether it is silenced."""
    found = await connection.execute(
        select(modes.c.mode, silences.c.conversation_id.label("silenced"))
        .select_from(conversations)
        .outerjoin(modes, modes.c.conversation_id == conversations.c.id)
        .outerjoin(silences, silences.c.conversation_id == conversations.c.id)
        .where(conversations.c.id == conversation_id)
    )
    row = found.one_or_none()
    if row is None:
        return None, False
    return Mode(row.mode) if row.mode else None, row.silenced is not None


async def set_mode(
    connection: AsyncConnection, conversation: Conversation, mode: Mode, now: datetime
) -> None:
    """Set how the bot takes part in a conversation."""
    await see_conversation(connection, conversation)
    row = {"conversation_id": conversation.id, "mode": mode.value, "at": now}
    await put(connection, modes, row, key=["conversation_id"])


async def silence(connection: AsyncConnection, conversation: Conversation, now: datetime) -> bool:
    """Silence the bot in a conversation; return False where it was silent."""
    await see_conversation(connection, conversation)
    row = {"conversation_id": conversation.id, "at": now}
    return await insert_once(connection, silences, row)


async def lift_silence(connection: AsyncConnection, conversation: Conversation) -> bool:
    """Let the bot speak in a conversation again; return False where it was not silent."""
    lifted = await connection.execute(
        delete(silences).where(silences.c.conversation_id == conversation.id)
    )
    return lifted.rowcount > 0


async def _said_in(connection: AsyncConnection, message: Message) -> _Said:
    """Return what the bot said in a message's thread before it."""
    rows = await connection.execute(
        select(posts.c.answer_id, posts.c.posted_at, messages.c.person_id, messages.c.addressed)
        .distinct()  # however many messages an answer stands in, it is one turn
        .outerjoin(outbox, outbox.c.answer_id == posts.c.answer_id)
        .outerjoin(messages, messages.c.id == outbox.c.message_id)
        .where(
            posts.c.conversation_id == message.conversation.id,
            or_(posts.c.thread == message.thread, posts.c.key == message.thread),
            posts.c.posted_at <= message.sent_at + SKEW,
            is_open(),
        )
        .order_by(posts.c.posted_at, posts.c.answer_id)
    )
    held = rows.all()
    return _Said(
        turns=len(held),
        unasked=sum(row.addressed is False for row in held),
        last_to=held[-1].person_id if held else None,
        last_at=held[-1].posted_at if held else None,
    )


async def _still_to(connection: AsyncConnection, message: Message, said: _Said) -> str | None:
    """Return whom the bot answered last, unless somebody else than the writer has spoken since."""
    found = await connection.execute(
        select(func.max(messages.c.sent_at)).where(
            _in_thread(message),
            messages.c.person_id != message.person.id,
            messages.c.deleted_at.is_(None),
            messages.c.private.is_(False),
            messages.c.sent_at < message.sent_at,
        )
    )
    other = found.scalar_one()
    return said.last_to if other is None or (said.last_at and other < said.last_at) else None


async def _is_silenced(
    connection: AsyncConnection, message: Message, silenced_by: Iterable[str]
) -> bool:
    """Say whether such an emoji stands on a message or a post of the thread."""
    ref = message.ref
    posted = or_(posts.c.thread == message.thread, posts.c.key == message.thread)
    here = union(
        select(messages.c.id).where(_in_thread(message)),
        select(posts.c.id).where(posts.c.conversation_id == message.conversation.id, posted),
    )
    root = f"{ref.platform}:{ref.conversation}:{message.thread}"
    found = await connection.execute(
        select(reactions.c.emoji)
        .distinct()
        .where(
            reactions.c.added,
            or_(reactions.c.message_id.in_(here), reactions.c.message_id == root),
        )
    )
    named = tuple(silenced_by)
    return any(is_one_of(emoji, named) for emoji in found.scalars())


def _in_thread(message: Message) -> ColumnElement[bool]:
    place = or_(messages.c.thread == message.thread, messages.c.key == message.thread)
    return (messages.c.conversation_id == message.conversation.id) & place
