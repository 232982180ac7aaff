"""What people wrote, and the emoji that stand on messages."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, or_, select, union, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.ledger.conduct import drafts
from core.ledger.inbox import is_buried, newest_edit, rewrite
from core.ledger.narrowing import meet
from core.ledger.people import see_person
from core.ledger.tables import answers, messages, people, posts, reactions
from core.ledger.writes import insert_once
from core.messages import Deleted, Edited, Message, MessageRef, Person, Reaction
from core.prompts import Turn


async def save_message(
    connection: AsyncConnection, message: Message, now: datetime
) -> Message | None:
    """Store a message with its writer and its conversation, and return it as it stands by now.

    An edit may overtake its message: then it has the new text. So may a deletion: then nothing is
    stored, and None is returned. Of the conversation it says who may read there by now.
    """
    if await is_buried(connection, message.ref):
        await rewrite(connection, message.ref, "")
        return None
    edited = await newest_edit(connection, message.ref)
    text = edited.text if edited else message.text
    await see_person(connection, message.person, now)
    place = await meet(connection, message.conversation, message.sent_at, now)
    row = {
        "id": message.ref.id,
        "conversation_id": message.conversation.id,
        "key": message.ref.key,
        "thread": message.thread,
        "person_id": message.person.id,
        "text": text,
        "sent_at": message.sent_at,
        "edited_at": edited.at if edited else None,
        "addressed": message.addressed or message.private or message.conversation.direct,
        "private": message.private,
    }
    await insert_once(connection, messages, row)
    if edited is not None:
        await rewrite(connection, message.ref, text)
    return replace(message, text=text, conversation=place)


async def edit_message(connection: AsyncConnection, edited: Edited) -> None:
    """Store a message's new text, unless it was taken away or has a newer one."""
    older = or_(messages.c.edited_at.is_(None), messages.c.edited_at <= edited.at)
    await connection.execute(
        update(messages)
        .where(messages.c.id == edited.ref.id, messages.c.deleted_at.is_(None), older)
        .values(text=edited.text, edited_at=edited.at)
    )


async def delete_message(connection: AsyncConnection, deleted: Deleted) -> None:
    """Forget a message's text and keep that there was one."""
    await connection.execute(
        update(messages)
        .where(messages.c.id == deleted.ref.id)
        .values(text="", deleted_at=deleted.at)
    )


async def set_reaction(connection: AsyncConnection, reaction: Reaction) -> bool:
    """Store that an emoji was added or removed; return False where something newer is known of it.

    Newer is what has the later time on the platform: a removal may come before the addition. Of two
    at the same time the removal counts.
    """
    same = and_(
        reactions.c.message_id == reaction.ref.id,
        reactions.c.person_id == reaction.person.id,
        reactions.c.emoji == reaction.emoji,
    )
    known = (await connection.execute(select(reactions).where(same))).one_or_none()
    if known is None:
        row = {
            "message_id": reaction.ref.id,
            "person_id": reaction.person.id,
            "emoji": reaction.emoji,
            "at": reaction.at,
            "added": reaction.added,
        }
        await insert_once(connection, reactions, row)
        return True
    if (known.at, not known.added) > (reaction.at, not reaction.added):
        return False
    await connection.execute(
        update(reactions).where(same).values(at=reaction.at, added=reaction.added)
    )
    return True


async def reactions_on(connection: AsyncConnection, ref: MessageRef) -> list[Reaction]:
    """Return the emoji that stand on a message, oldest first, each as if it came just now."""
    rows = await connection.execute(
        select(reactions, people.c.platform, people.c.key, people.c.name, people.c.bot)
        .join(people, people.c.id == reactions.c.person_id)
        .where(reactions.c.message_id == ref.id, reactions.c.added)
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
    """Return the last messages of a thread before a time, its first message included, oldest first.

    What was asked in private, and answers that few have seen, are left out: others read what is
    made of it.
    """
    written = await connection.execute(
        select(messages.c.text, messages.c.sent_at)
        .where(
            messages.c.conversation_id == conversation_id,
            or_(messages.c.thread == thread, messages.c.key == thread),
            messages.c.sent_at < before,
            messages.c.deleted_at.is_(None),
            messages.c.private.is_(False),
        )
        .order_by(messages.c.sent_at.desc())
        .limit(limit)
    )
    posted = await connection.execute(
        select(answers.c.id, answers.c.text, posts.c.posted_at)
        .distinct()  # however many messages it stands in
        .join(answers, answers.c.id == posts.c.answer_id)
        .where(
            posts.c.conversation_id == conversation_id,
            or_(posts.c.thread == thread, posts.c.key == thread),
            posts.c.posted_at < before,
            _is_for_all(),
        )
        .order_by(posts.c.posted_at.desc())
        .limit(limit)
    )
    turns = [(row.sent_at, Turn(by_bot=False, text=row.text)) for row in written]
    turns += [(row.posted_at, Turn(by_bot=True, text=row.text)) for row in posted]
    return [turn for _, turn in sorted(turns, key=lambda pair: pair[0])][-limit:]


async def keys_below(
    connection: AsyncConnection, conversation_id: str, beginning: str
) -> list[str]:
    """Return the keys of a conversation's messages and posts that begin so, of what still stands."""
    written = select(messages.c.key).where(
        messages.c.conversation_id == conversation_id,
        messages.c.key.startswith(beginning, autoescape=True),
        messages.c.deleted_at.is_(None),
    )
    posted = select(posts.c.key).where(
        posts.c.conversation_id == conversation_id,
        posts.c.key.startswith(beginning, autoescape=True),
    )
    found = await connection.execute(union(written, posted))
    return sorted(found.scalars())


def is_open() -> ColumnElement[bool]:
    """Return the condition on a post, joined with the message that it answers, that others see it.

    An answer to what was asked in private is seen by its asker alone, until it is published.
    """
    published = exists().where(drafts.c.post_id == posts.c.id)
    return or_(messages.c.private.is_not(True), published)


def _is_for_all() -> ColumnElement[bool]:
    """Return the condition on a post that it is no draft, or where a draft was published."""
    for_few = or_(drafts.c.post_id.is_(None), drafts.c.post_id != posts.c.id)
    return ~exists().where(drafts.c.answer_id == posts.c.answer_id, for_few)
