"""Answers that people saved from what somebody wrote: which, from where, and who stands by them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.answers import Answer, Origin, Standing
from core.audience import Audience
from core.documents import content_hash
from core.feedback import Proposal, is_one_of
from core.ledger.answers import save_answer
from core.ledger.tables import (
    answers,
    audiences,
    messages,
    posts,
    proposals,
    questions,
    reactions,
)
from core.ledger.writes import insert_once
from core.messages import MessageRef, Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """A question in somebody's words; it goes when they, or the message it was asked in, are forgotten."""

    text: str
    asked: str
    asker_id: str | None
    message_id: str | None


async def thread_of(connection: AsyncConnection, ref: MessageRef) -> str | None:
    """Return the key of the message that a stored message's thread hangs on, or None."""
    found = await connection.execute(select(messages.c.thread).where(messages.c.id == ref.id))
    return found.scalars().first()


async def text_at(connection: AsyncConnection, ref: MessageRef) -> str | None:
    """Return what a stored message says, or None where none is stored or it was taken away."""
    found = await connection.execute(
        select(messages.c.text).where(messages.c.id == ref.id, messages.c.deleted_at.is_(None))
    )
    return found.scalars().first()


async def opening(connection: AsyncConnection, ref: MessageRef, thread: str) -> Wording | None:
    """Return the question that a thread begins with; None where its first message is not stored.

    That is how its first message was understood, or what it says, or, where an answer of ours stands
    there, the question of that.
    """
    first = MessageRef(platform=ref.platform, conversation=ref.conversation, key=thread)
    asked = select(questions).where(
        or_(
            questions.c.message_id == first.id,
            questions.c.answer_id.in_(select(posts.c.answer_id).where(posts.c.id == first.id)),
        ),
        questions.c.text != "",
    )
    row = (await connection.execute(asked.order_by(questions.c.asked_at.desc()))).first()
    if row is not None:
        return Wording(
            text=row.text, asked=row.asked, asker_id=row.asker_id, message_id=row.message_id
        )
    said = await connection.execute(select(messages).where(messages.c.id == first.id))
    message = said.first()
    text = message.text.strip() if message is not None and message.deleted_at is None else ""
    if message is None or not text:
        return None
    return Wording(text=text, asked=text, asker_id=message.person_id, message_id=first.id)


async def wording_of(connection: AsyncConnection, answer_id: str) -> Wording | None:
    """Return the question that an answer was given to; None where it was forgotten."""
    rows = await connection.execute(
        select(questions)
        .where(questions.c.answer_id == answer_id, questions.c.text != "")
        .order_by(questions.c.asked_at.desc(), questions.c.id)
    )
    row = rows.first()
    if row is None:
        return None
    return Wording(text=row.text, asked=row.asked, asker_id=row.asker_id, message_id=row.message_id)


async def proposed_before(
    connection: AsyncConnection, ref: MessageRef, text: str, question: str
) -> str | None:
    """Return the answer that somebody saved of the same words for the same question, if it stands."""
    found = await connection.execute(
        select(answers.c.id)
        .join(proposals, proposals.c.answer_id == answers.c.id)
        .join(questions, questions.c.answer_id == answers.c.id)
        .where(
            proposals.c.message_id == ref.id,
            questions.c.hash == content_hash(question),
            answers.c.text == text,
            answers.c.standing != Standing.STALE.value,
        )
        .order_by(proposals.c.id)
    )
    return found.scalars().first()


async def save_proposed(connection: AsyncConnection, answer: Answer, wording: Wording) -> None:
    """Store an answer that somebody saved, with whose words its question is in."""
    await save_answer(connection, answer, None)
    await attribute(connection, answer.question.id, wording.asker_id, wording.message_id)


async def attribute(
    connection: AsyncConnection, question_id: str, asker_id: str | None, message_id: str | None
) -> None:
    """Note whose words a question is in, and in which message it was asked."""
    await connection.execute(
        update(questions)
        .where(questions.c.id == question_id)
        .values(asker_id=asker_id, message_id=message_id)
    )


async def save_proposal(connection: AsyncConnection, proposal: Proposal, answer_id: str) -> bool:
    """Store which answer was saved by whom; return False where this is stored already."""
    row = {
        "event_id": proposal.event_id,
        "answer_id": answer_id,
        "message_id": proposal.ref.id,
        "conversation_id": proposal.conversation.id,
        "person_id": proposal.person.id,
        "at": proposal.at,
    }
    return await insert_once(connection, proposals, row)


async def proposed_by(
    connection: AsyncConnection, ref: MessageRef, person: Person, until: datetime
) -> list[str]:
    """Return the answers that a person saved from a message up to a time."""
    rows = await connection.execute(
        select(proposals.c.answer_id)
        .distinct()
        .where(
            proposals.c.message_id == ref.id,
            proposals.c.person_id == person.id,
            proposals.c.at <= until,
        )
        .order_by(proposals.c.answer_id)
    )
    return list(rows.scalars())


async def taken_back_at(
    connection: AsyncConnection, message_id: str, person_id: str, saving: Iterable[str]
) -> datetime | None:
    """Return when a person last took the saving emoji off a message, unless it is on it again."""
    rows = await connection.execute(
        select(reactions.c.emoji, reactions.c.at).where(
            reactions.c.message_id == message_id,
            reactions.c.person_id == person_id,
            ~reactions.c.added,
        )
    )
    named = tuple(saving)
    return max((row.at for row in rows if is_one_of(row.emoji, named)), default=None)


async def is_proposed(connection: AsyncConnection, answer_id: str) -> bool:
    """Say whether an answer was saved from what somebody wrote."""
    found = await connection.execute(
        select(proposals.c.id).where(proposals.c.answer_id == answer_id).limit(1)
    )
    return found.first() is not None


async def is_stood_by(connection: AsyncConnection, answer_id: str, saving: Iterable[str]) -> bool:
    """Say whether somebody who saved an answer has not taken that back."""
    rows = await connection.execute(select(proposals).where(proposals.c.answer_id == answer_id))
    named = tuple(saving)
    for row in rows.all():
        gone = await taken_back_at(connection, row.message_id, row.person_id, named)
        if gone is None or gone < row.at:
            return True
    return False


async def saved_from(connection: AsyncConnection, ref: MessageRef) -> list[str]:
    """Return the answers in a message's words: those saved from it, and where they were given again."""
    saved = select(proposals.c.answer_id).where(proposals.c.message_id == ref.id)
    rows = await connection.execute(
        select(answers.c.id)
        .where(
            or_(answers.c.id.in_(saved), answers.c.reused_id.in_(saved)),
            answers.c.origin == Origin.CORRECTION.value,
        )
        .order_by(answers.c.id)
    )
    return list(rows.scalars())


async def stitched(connection: AsyncConnection, answer_id: str, without: str = "") -> str:
    """Return what an answer is made of that was kept from several messages, as they stand by now.

    Empty where it was saved from one message; that one may be left out by its id.
    """
    rows = await connection.execute(
        select(messages.c.id, messages.c.text, messages.c.sent_at)
        .distinct()
        .join(proposals, proposals.c.message_id == messages.c.id)
        .join(answers, answers.c.id == proposals.c.answer_id)
        .where(
            answers.c.id == answer_id,
            answers.c.author_id == messages.c.person_id,
            messages.c.deleted_at.is_(None),
        )
        .order_by(messages.c.sent_at, messages.c.id)
    )
    parts = rows.all()
    said = [row.text.strip() for row in parts if row.id != without]
    return "\n\n".join(one for one in said if one) if len(parts) > 1 else ""


async def said_of(connection: AsyncConnection, question: str, audience: Audience) -> dict[str, str]:
    """Return the texts that people wrote as answers to a question and for its readers, by answer.

    The oldest comes first. What is stale or retired is left out.
    """
    rows = await connection.execute(
        select(answers.c.id, answers.c.text, answers.c.created_at)
        .distinct()
        .join(questions, questions.c.answer_id == answers.c.id)
        .join(audiences, audiences.c.id == answers.c.audience_id)
        .where(
            questions.c.hash == content_hash(question),
            answers.c.origin == Origin.CORRECTION.value,
            answers.c.reused_id.is_(None),
            answers.c.standing.not_in([Standing.STALE.value, Standing.RETIRED.value]),
            audiences.c.key == audience.key(),
        )
        .order_by(answers.c.created_at, answers.c.id)
    )
    return {row.id: row.text for row in rows}
