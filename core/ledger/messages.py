"""What people wrote, and the emoji that stand on messages."""

from datetime import datetime

from sqlalchemy import delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.ledger.inbox import is_buried
from core.ledger.people import see_conversation, see_person
from core.ledger.tables import answers, messages, people, posts, reactions
from core.ledger.writes import insert_once
from core.messages import Deleted, Edited, Message, MessageRef, Person, Reaction
from core.prompts import Turn


async def save_message(connection: AsyncConnection, message: Message, now: datetime) -> bool:
    """Store a message with its writer and its conversation; return False where it was taken away.

    A deletion may overtake its message: then nothing is stored.
    """
    if await is_buried(connection, message.ref):
        return False
    await see_person(connection, message.person, now)
    await see_conversation(connection, message.conversation)
    row = {
        "id": message.ref.id,
        "conversation_id": message.conversation.id,
        "key": message.ref.key,
        "thread": message.thread,
        "person_id": message.person.id,
        "text": message.text,
        "sent_at": message.sent_at,
    }
    await insert_once(connection, messages, row)
    return True


async def edit_message(connection: AsyncConnection, edited: Edited) -> None:
    """Store a message's new text, unless it was taken away."""
    await connection.execute(
        update(messages)
        .where(messages.c.id == edited.ref.id, messages.c.deleted_at.is_(None))
        .values(text=edited.text, edited_at=edited.at)
    )


async def delete_message(connection: AsyncConnection, deleted: Deleted) -> None:
    """Forget a message's text and keep that there was one."""
    await connection.execute(
        update(messages)
        .where(messages.c.id == deleted.ref.id)
        .values(text="", deleted_at=deleted.at)
    )


async def set_reaction(connection: AsyncConnection, reaction: Reaction) -> None:
    """Store or remove an emoji."""
    if reaction.added:
        row = {
            "message_id": reaction.ref.id,
            "person_id": reaction.person.id,
            "emoji": reaction.emoji,
            "at": reaction.at,
        }
        await insert_once(connection, reactions, row)
        return
    await connection.execute(
        delete(reactions).where(
            reactions.c.message_id == reaction.ref.id,
            reactions.c.person_id == reaction.person.id,
            reactions.c.emoji == reaction.emoji,
        )
    )


async def reactions_on(connection: AsyncConnection, ref: MessageRef) -> list[Reaction]:
    """Return the emoji that stand on a message, oldest first, each as if it came just now."""
    rows = await connection.execute(
        select(reactions, people.c.platform, people.c.key, people.c.name, people.c.bot)
        .join(people, people.c.id == reactions.c.person_id)
        .where(reactions.c.message_id == ref.id)
        .order_by(reactions.c.at)
    )
    return [
        Reaction(
            event_id=f"standing:{ref.id}:{row.person_id}:{row.emoji}",
            ref=ref,
            person=Person(platform=row.platform, key=row.key, name=row.name, bot=row.bot),
            emoji=row.emoji,
            added=True,
            at=row.at,
        )
        for row in rows
    ]


async def thread_turns(
    connection: AsyncConnection, conversation_id: str, thread: str, before: datetime, limit: int
) -> list[Turn]:
    """Return the last messages of a thread before a time, its first message included, oldest first."""
    written = await connection.execute(
        select(messages.c.text, messages.c.sent_at)
        .where(
            messages.c.conversation_id == conversation_id,
            or_(messages.c.thread == thread, messages.c.key == thread),
            messages.c.sent_at < before,
            messages.c.deleted_at.is_(None),
        )
        .order_by(messages.c.sent_at.desc())
        .limit(limit)
    )
    posted = await connection.execute(
        select(answers.c.text, posts.c.posted_at)
        .join(answers, answers.c.id == posts.c.answer_id)
        .where(
            posts.c.conversation_id == conversation_id,
            or_(posts.c.thread == thread, posts.c.key == thread),
            posts.c.posted_at < before,
        )
        .order_by(posts.c.posted_at.desc())
        .limit(limit)
    )
    turns = [(row.sent_at, Turn(by_bot=False, text=row.text)) for row in written]
    turns += [(row.posted_at, Turn(by_bot=True, text=row.text)) for row in posted]
    return [turn for _, turn in sorted(turns, key=lambda pair: pair[0])][-limit:]


async def bot_spoke_in(connection: AsyncConnection, conversation_id: str, thread: str) -> bool:
    """Say whether the bot has answered in a thread."""
    found = await connection.execute(
        select(posts.c.id)
        .where(
            posts.c.conversation_id == conversation_id,
            or_(posts.c.thread == thread, posts.c.key == thread),
        )
        .limit(1)
    )
    return found.first() is not None
