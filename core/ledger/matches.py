"""How well the best passage matched a question when it was answered."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from core.answers import Answer, Origin
from core.ledger.learned import matches
from core.ledger.tables import answers, questions
from core.ledger.writes import insert_once, portions


async def save_match(connection: AsyncConnection, answer: Answer) -> None:
    """Note how well the best passage matched, where passages were searched for an answer."""
    if answer.match is not None:
        row = {
            "answer_id": answer.id,
            "match": answer.match.score,
            "fingerprint": answer.match.fingerprint,
        }
        await insert_once(connection, matches, row)


async def load_matches(
    connection: AsyncConnection, ids: Sequence[str], fingerprint: str
) -> dict[str, tuple[float, bool]]:
    """Return the match (0…1), and whether there was an answer, of those whose question is kept.

    Matches by another embedder are left out: they are on another scale.
    """
    found: dict[str, tuple[float, bool]] = {}
    for portion in portions(ids):
        rows = await connection.execute(
            select(answers.c.id, answers.c.origin, matches.c.match)
            .join(matches, matches.c.answer_id == answers.c.id)
            .join(questions, questions.c.answer_id == answers.c.id)
            .where(
                answers.c.id.in_(portion),
                matches.c.fingerprint == fingerprint,
                questions.c.text != "",
            )
        )
        found |= {row.id: (row.match, row.origin != Origin.UNKNOWN.value) for row in rows}
    return found
