"""At which question, and in which conversation, a verdict on an answer was given."""

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, ScalarSelect, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from core.ledger.tables import (
    answers,
    conversations,
    feedback,
    messages,
    posts,
    proposals,
    questions,
)
from core.ledger.writes import portions


def conversation_of(answer_id: ColumnElement[str]) -> ColumnElement[str | None]:
    """Return where an answer stands, else where it was asked for or saved; NULL where that is unknown."""
    posted = (
        select(func.min(posts.c.conversation_id))
        .where(posts.c.answer_id == answer_id)
        .scalar_subquery()
    )
    asked: ScalarSelect[str | None] = (
        select(func.min(messages.c.conversation_id))
        .join(questions, questions.c.message_id == messages.c.id)
        .where(questions.c.answer_id == answer_id)
        .scalar_subquery()
    )
    saved = (
        select(func.min(proposals.c.conversation_id))
        .where(proposals.c.answer_id == answer_id)
        .scalar_subquery()
    )
    return func.coalesce(posted, asked, saved)


async def count_conversations(connection: AsyncConnection) -> int:
    """Return in how many conversations several people may talk with the bot."""
    counted = select(func.count()).select_from(conversations).where(~conversations.c.direct)
    return int((await connection.execute(counted)).scalar_one())


async def occasions_of(
    connection: AsyncConnection, answer_ids: Sequence[str]
) -> dict[str, tuple[str, str]]:
    """Return (stored answer, hash of the question) of each answer, at its first question.

    An answer that is given again is an answer of its own with the question of that time, so a verdict
    on it holds which question it judged.
    """
    found: dict[str, tuple[str, str]] = {}
    for portion in portions(answer_ids):
        rows = await connection.execute(
            select(
                answers.c.id,
                func.coalesce(answers.c.reused_id, answers.c.id).label("root"),
                questions.c.hash,
            )
            .join(questions, questions.c.answer_id == answers.c.id)
            .where(answers.c.id.in_(portion), questions.c.text != "")
            .order_by(questions.c.asked_at.desc(), questions.c.id)
        )
        found |= {row.id: (row.root, row.hash) for row in rows}
    return found


async def authors_of(connection: AsyncConnection, answer_ids: Sequence[str]) -> dict[str, str]:
    """Return the ids of who wrote the answers, of those that a person wrote; for a copy, its root's."""
    root = answers.alias("root")
    author = func.coalesce(answers.c.author_id, root.c.author_id)
    found: dict[str, str] = {}
    for portion in portions(answer_ids):
        rows = await connection.execute(
            select(answers.c.id, author.label("author"))
            .outerjoin(root, root.c.id == answers.c.reused_id)
            .where(answers.c.id.in_(portion), author.is_not(None))
        )
        found |= {row.id: row.author for row in rows}
    return found


async def judged_by(connection: AsyncConnection, raters: Collection[str]) -> list[str]:
    """Return the ids of the answers, each copy for itself, of which these accounts said something."""
    rows = await connection.execute(
        select(feedback.c.answer_id).distinct().where(feedback.c.person_id.in_(sorted(raters)))
    )
    return sorted(rows.scalars())
