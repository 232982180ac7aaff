"""What people said of how they like answers, and the verdicts that it can be guessed from."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Column, ForeignKey, String, Table, delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from core.answers import Origin
from core.feedback import Verdict, Via
from core.ledger.columns import Instant, metadata
from core.ledger.feedback import explicit, live_verdicts
from core.ledger.tables import answers, feedback
from core.ledger.writes import put
from core.messages import Person
from core.preferences import Aspect

NEWEST = 100  # of somebody's verdicts; what they liked long ago says little
ABOUT_WORDS = frozenset({Via.REACTION, Via.BUTTON})

preferences = Table(
    "preferences",
    metadata,
    Column("person_id", ForeignKey("people.id"), primary_key=True),
    Column("aspect", String(20), primary_key=True),
    Column("value", String(20), nullable=False),
    Column("at", Instant, nullable=False),
)


async def said_by(connection: AsyncConnection, accounts: Sequence[Person]) -> dict[Aspect, str]:
    """Return what a person said by any of these accounts, of each aspect the last word."""
    rows = await connection.execute(
        select(preferences)
        .where(preferences.c.person_id.in_([one.id for one in accounts]))
        .order_by(preferences.c.at, preferences.c.person_id)
    )
    known = {aspect.value for aspect in Aspect}
    return {Aspect(row.aspect): row.value for row in rows if row.aspect in known}


async def prefer(
    connection: AsyncConnection, person: Person, aspect: Aspect, value: str, now: datetime
) -> None:
    """Store what a person says of an aspect by this account; it is the last word."""
    row = {"person_id": person.id, "aspect": aspect.value, "value": value, "at": now}
    await put(connection, preferences, row, key=["person_id", "aspect"])


async def forget_preferences(
    connection: AsyncConnection, person_ids: Sequence[str], until: datetime | None = None
) -> int:
    """Remove what was said by these accounts, up to a time (None: all of it); return how much it was."""
    theirs = delete(preferences).where(preferences.c.person_id.in_(person_ids))
    if until is not None:
        theirs = theirs.where(preferences.c.at <= until)
    return (await connection.execute(theirs)).rowcount


async def count_preferences(
    connection: AsyncConnection, person_id: str, until: datetime | None = None
) -> int:
    """Return how much was said by an account, up to a time (None: all of it)."""
    theirs = select(func.count()).select_from(preferences)
    theirs = theirs.where(preferences.c.person_id == person_id)
    if until is not None:
        theirs = theirs.where(preferences.c.at <= until)
    return int((await connection.execute(theirs)).scalar_one())


async def judged_lengths(
    connection: AsyncConnection, accounts: Sequence[Person]
) -> list[tuple[Verdict, int]]:
    """Return a person's newest live verdicts on what a language model wrote, each with its letters.

    A 👎 with a reason or a correction says what else was wrong, so it is left out.
    """
    ids = [one.id for one in accounts]
    judged = await connection.execute(
        select(answers.c.id, func.length(answers.c.text).label("letters"))
        .join(feedback, feedback.c.answer_id == answers.c.id)
        .where(
            feedback.c.person_id.in_(ids),
            explicit(),
            answers.c.origin == Origin.GENERATED.value,
            answers.c.reused_id.is_(None),
            answers.c.text != "",
        )
        .group_by(answers.c.id)
        .order_by(func.max(feedback.c.at).desc(), answers.c.id)
        .limit(NEWEST)
    )
    letters = {row.id: int(row.letters) for row in judged}
    if not letters:
        return []
    return [
        (one.verdict, letters[one.answer_id])
        for one in await live_verdicts(connection, list(letters))
        if one.person.id in ids and one.via in ABOUT_WORDS and one.reason is None
    ]
