"""Rewording: what was saved from a message follows the message's words, and starts anew with them."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.answers import Answer, Standing
from core.documents import content_hash
from core.ledger.answers import load_answers
from core.ledger.epochs import outdate
from core.ledger.erasure import WORDLESS, empty_answers
from core.ledger.proposals import Wording, save_proposed, saved_from, stitched
from core.ledger.tables import answers, messages, proposals, questions
from core.messages import Deleted, Edited


async def reword(connection: AsyncConnection, edited: Edited, now: datetime) -> None:
    """Put answers in a message's new words in the place of those that were saved of its old ones.

    To be called once the new text is stored. Nobody has vouched for the new words: each new answer
    is a candidate without a verdict. What whoever saved it had put into words of their own stays.
    """
    said = await connection.execute(select(messages.c.text).where(messages.c.id == edited.ref.id))
    text = (said.scalars().first() or "").strip()
    rows = await connection.execute(
        select(answers.c.id)
        .distinct()
        .join(proposals, proposals.c.answer_id == answers.c.id)
        .join(messages, messages.c.id == proposals.c.message_id)
        .where(
            proposals.c.message_id == edited.ref.id,
            answers.c.author_id == messages.c.person_id,
            answers.c.standing != Standing.STALE.value,
        )
        .order_by(answers.c.id)
    )
    for old in (await load_answers(connection, list(rows.scalars()))).values():
        text = await stitched(connection, old.id) or text
        if old.text.split() != text.split():
            await _replace(connection, old, text, edited, now)


async def unstitch(connection: AsyncConnection, deleted: Deleted, now: datetime) -> None:
    """Take a message that goes out of the answers that were kept from several.

    To be called before it is erased. An answer in its words alone is left to its erasure.
    """
    gone = proposals.c.message_id == deleted.ref.id
    for answer_id in await saved_from(connection, deleted.ref):
        rest = await stitched(connection, answer_id, without=deleted.ref.id)
        old = (await load_answers(connection, [answer_id])).get(answer_id) if rest else None
        if old is None or old.standing is Standing.STALE:
            continue
        await connection.execute(delete(proposals).where(gone, proposals.c.answer_id == answer_id))
        await _replace(connection, old, rest, deleted, now)


async def _replace(
    connection: AsyncConnection, old: Answer, text: str, edited: Edited | Deleted, now: datetime
) -> None:
    """Put an answer with a text in the place of a saved one; without a text there is none."""
    if text:
        new_id = content_hash(edited.event_id, old.id)[:32]
        question = replace(old.question, id=content_hash(new_id, old.question.text)[:32])
        new = replace(
            old,
            id=new_id,
            question=question,
            text=text,
            standing=Standing.CANDIDATE,
            citations=(),
            created_at=now,
        )
        found = await connection.execute(select(questions).where(questions.c.id == old.question.id))
        row = found.one()
        wording = Wording(
            text=row.text, asked=row.asked, asker_id=row.asker_id, message_id=row.message_id
        )
        await save_proposed(connection, new, wording)
        moved = update(proposals).where(proposals.c.answer_id == old.id)
        await connection.execute(moved.values(answer_id=new_id))
    await empty_answers(connection, [old.id], "what it was saved from was changed", now)
    await connection.execute(
        update(questions).where(questions.c.answer_id == old.id).values(**WORDLESS)
    )
    await outdate(connection)
