"""Where answers of ours stand: the newest of them, what stands on them, and one in another's place."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.feedback import Via
from core.ledger.conduct import drafts
from core.ledger.erasure import WORDLESS, empty_answers
from core.ledger.feedback import explicit
from core.ledger.inbox import delivered, is_buried, newest_edit
from core.ledger.tables import (
    answers,
    conversations,
    corrections,
    feedback,
    inbox,
    messages,
    outbox,
    people,
    posts,
    questions,
    reactions,
)
from core.ledger.writes import insert_once, portions
from core.messages import Edited, Message, MessageRef, Person, Reaction
from core.sweeping import Post


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A message as it was delivered, with its newest text, and the answer that stands below it."""

    message: Message
    answer_id: str
    standing: tuple[MessageRef, ...]
    """The messages that the answer stands in, the first one first."""


async def posts_since(connection: AsyncConnection, platform: str, at: datetime) -> list[Post]:
    """Return what was posted on a platform from a time on, oldest first."""
    found = await connection.execute(
        select(posts, conversations.c.platform, conversations.c.key.label("conversation"))
        .join(conversations, conversations.c.id == posts.c.conversation_id)
        .where(conversations.c.platform == platform, posts.c.posted_at >= at)
        .order_by(posts.c.posted_at, posts.c.id)
    )
    rows = found.all()
    refs = {
        row.id: MessageRef(platform=row.platform, conversation=row.conversation, key=row.key)
        for row in rows
    }
    known = await emoji_on(connection, list(refs.values()))
    return [
        Post(
            ref=refs[row.id],
            thread=row.thread,
            answer_id=row.answer_id,
            at=row.posted_at,
            reactions=tuple(one for one in known.get(row.id, ()) if one.added),
        )
        for row in rows
    ]


async def asked_for(connection: AsyncConnection, answer_id: str) -> Message | None:
    """Return the message that an answer was given to; None where it was taken away or forgotten."""
    found = await connection.execute(
        select(questions.c.message_id)
        .where(questions.c.answer_id == answer_id, questions.c.message_id.is_not(None))
        .order_by(questions.c.asked_at, questions.c.id)
        .limit(1)
    )
    message_id = found.scalars().first()
    message = await delivered(connection, message_id) if message_id else None
    return None if message is None or await is_buried(connection, message.ref) else message


async def thread_of(connection: AsyncConnection, ref: MessageRef) -> str | None:
    """Return the key of what a message's talk began with: of a stored message, or of a post of ours."""
    for table in (messages, posts):
        found = await connection.execute(select(table.c.thread).where(table.c.id == ref.id))
        row = found.first()
        if row is not None:
            return row.thread or ref.key
    return None


async def emoji_on(
    connection: AsyncConnection, refs: Sequence[MessageRef]
) -> dict[str, list[Reaction]]:
    """Return the last that is known of each emoji and person on messages, by the messages' ids."""
    places = {ref.id: ref for ref in refs}
    known: dict[str, list[Reaction]] = {}
    for portion in portions(list(places)):
        rows = await connection.execute(
            select(reactions, people.c.platform, people.c.key, people.c.name, people.c.bot)
            .join(people, people.c.id == reactions.c.person_id)
            .where(reactions.c.message_id.in_(portion))
            .order_by(reactions.c.at, reactions.c.person_id, reactions.c.emoji)
        )
        for row in rows:
            reaction = Reaction(
                event_id=f"known:{row.message_id}:{row.person_id}:{row.emoji}",
                ref=places[row.message_id],
                person=Person(platform=row.platform, key=row.key, name=row.name, bot=row.bot),
                emoji=row.emoji,
                added=row.added,
                at=row.at,
            )
            known.setdefault(row.message_id, []).append(reaction)
    return known


# -- one answer in another's place -----------------------------------------------------------------


async def take_up_edit(connection: AsyncConnection, ref: MessageRef, asked: str) -> None:
    """Have the last edit of a message seen through again, where it came while that was answered.

    To be called as the place of the answer to what was `asked` is noted.
    """
    newest = await newest_edit(connection, ref)
    if newest is None or newest.text.strip() == asked:
        return
    await connection.execute(
        update(inbox)
        .where(
            inbox.c.platform == ref.platform,
            inbox.c.event_id == newest.event_id,
            inbox.c.handled_at.is_not(None),
        )
        .values(handled_at=None, claimed_by=None, claimed_until=None)
    )


async def edit_waits(connection: AsyncConnection, ref: MessageRef) -> bool:
    """Say whether nobody sees an edit of a message through that is not done with."""
    found = await connection.execute(
        select(inbox.c.id).where(
            inbox.c.message_id == ref.id,
            inbox.c.kind == Edited.__name__,
            inbox.c.handled_at.is_(None),
            inbox.c.claimed_by.is_(None),
        )
    )
    return found.first() is not None


async def answered(connection: AsyncConnection, message: Message) -> Answered | None:
    """Return the answer to a message that stands in the message's own conversation, or None."""
    found = await connection.execute(
        select(posts.c.answer_id)
        .join(questions, questions.c.answer_id == posts.c.answer_id)
        .where(
            questions.c.message_id == message.ref.id,
            posts.c.conversation_id == message.conversation.id,
        )
        .order_by(posts.c.posted_at.desc(), posts.c.id)
    )
    row = found.first()
    if row is None:
        return None
    parts = await parts_of(connection, row.answer_id)
    here = tuple(one for one in parts if one.conversation == message.ref.conversation)
    return Answered(message=message, answer_id=row.answer_id, standing=here)


async def parts_of(connection: AsyncConnection, answer_id: str) -> list[MessageRef]:
    """Return every message that an answer stands in, by their ids."""
    found = await connection.execute(
        select(posts.c.key, conversations.c.platform, conversations.c.key.label("conversation"))
        .join(conversations, conversations.c.id == posts.c.conversation_id)
        .where(posts.c.answer_id == answer_id)
        .order_by(posts.c.id)
    )
    return [
        MessageRef(platform=row.platform, conversation=row.conversation, key=row.key)
        for row in found
    ]


async def elsewhere_on(
    connection: AsyncConnection, reaction: Reaction, answer_id: str
) -> list[Reaction]:
    """Return what is known of the same emoji of the same person on an answer's other messages."""
    others = [one for one in await parts_of(connection, answer_id) if one != reaction.ref]
    known = await emoji_on(connection, others)
    return [
        one
        for there in known.values()
        for one in there
        if one.person.id == reaction.person.id and one.emoji == reaction.emoji
    ]


async def is_untouched(connection: AsyncConnection, answer_id: str) -> bool:
    """Say whether nobody has ever said anything of an answer, be it taken back, or put an emoji on it.

    Nor has it been given again, nor did anybody decide that it be published.
    """
    here = select(posts.c.id).where(posts.c.answer_id == answer_id)
    touched = or_(
        exists().where(or_(drafts.c.answer_id == answer_id, drafts.c.published_id == answer_id)),
        exists().where(feedback.c.answer_id == answer_id, explicit()),
        exists().where(corrections.c.corrected_id == answer_id),
        exists().where(answers.c.reused_id == answer_id),
        exists().where(reactions.c.message_id.in_(here)),
    )
    return not (await connection.execute(select(touched))).scalar_one()


async def give_way(
    connection: AsyncConnection,
    old: Answered,
    answer_id: str,
    parts: Sequence[MessageRef],
    now: datetime,
) -> None:
    """Let another answer stand in the place of one, which keeps neither its words nor its question.

    `parts` are the messages that it stands in from now on; where none are told, it stands where the
    old one began. What people said by emoji meanwhile is said of what stands there.
    """
    await _move(connection, old, answer_id, parts or old.standing[:1])
    await connection.execute(
        update(outbox).where(outbox.c.answer_id == old.answer_id).values(answer_id=answer_id)
    )
    by_emoji = (feedback.c.answer_id == old.answer_id, feedback.c.via == Via.REACTION.value)
    await connection.execute(update(feedback).where(*by_emoji).values(answer_id=answer_id))
    await empty_answers(connection, [old.answer_id], "its question was changed", now)
    await connection.execute(
        update(questions).where(questions.c.answer_id == old.answer_id).values(**WORDLESS)
    )


async def _move(
    connection: AsyncConnection, old: Answered, answer_id: str, parts: Sequence[MessageRef]
) -> None:
    """Note where another answer stands in the place of one, and that the old one stands nowhere."""
    place = old.message.conversation.id
    there = (posts.c.answer_id == old.answer_id, posts.c.conversation_id == place)
    found = await connection.execute(select(posts.c.thread, posts.c.posted_at).where(*there))
    former = found.first()
    if former is None:
        return
    await connection.execute(delete(posts).where(*there))
    for part in parts:
        row = {
            "id": part.id,
            "conversation_id": place,
            "key": part.key,
            "thread": former.thread,
            "answer_id": answer_id,
            "posted_at": former.posted_at,
        }
        await insert_once(connection, posts, row)
