"""Where answers of ours stand: the newest of them, what stands on them, and one in another's place."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.feedback import Via
from core.ledger.conduct import drafts
from core.ledger.erasure import WORDLESS, empty_answers
from core.ledger.feedback import explicit
from core.ledger.inbox import newest_edit
from core.ledger.tables import (
    answers,
    conversations,
    corrections,
    feedback,
    inbox,
    outbox,
    people,
    posts,
    questions,
    reactions,
)
from core.ledger.writes import portions
from core.messages import Edited, Message, MessageRef, Person, Reaction
from core.sweeping import Post


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A message as it was delivered, with its newest text, and the answer that stands below it."""

    message: Message
    answer_id: str
    ref: MessageRef


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
        select(posts.c.answer_id, posts.c.key)
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
    where = message.ref
    ref = MessageRef(platform=where.platform, conversation=where.conversation, key=row.key)
    return Answered(message=message, answer_id=row.answer_id, ref=ref)


async def is_untouched(connection: AsyncConnection, answer_id: str, ref: MessageRef) -> bool:
    """Say whether nobody has ever said anything of an answer, be it taken back, or put an emoji on it.

    Nor has it been given again, nor did anybody decide that it be published.
    """
    touched = or_(
        exists().where(or_(drafts.c.answer_id == answer_id, drafts.c.published_id == answer_id)),
        exists().where(feedback.c.answer_id == answer_id, explicit()),
        exists().where(corrections.c.corrected_id == answer_id),
        exists().where(answers.c.reused_id == answer_id),
        exists().where(reactions.c.message_id == ref.id),
    )
    return not (await connection.execute(select(touched))).scalar_one()


async def give_way(
    connection: AsyncConnection, old: Answered, answer_id: str, now: datetime
) -> None:
    """Let another answer stand in the place of one, which keeps neither its words nor its question.

    What people said by emoji meanwhile is said of what stands there.
    """
    await connection.execute(
        update(posts).where(posts.c.id == old.ref.id).values(answer_id=answer_id)
    )
    await connection.execute(
        update(outbox).where(outbox.c.answer_id == old.answer_id).values(answer_id=answer_id)
    )
    by_emoji = (feedback.c.answer_id == old.answer_id, feedback.c.via == Via.REACTION.value)
    await connection.execute(update(feedback).where(*by_emoji).values(answer_id=answer_id))
    await empty_answers(connection, [old.answer_id], "its question was changed", now)
    await connection.execute(
        update(questions).where(questions.c.answer_id == old.answer_id).values(**WORDLESS)
    )
