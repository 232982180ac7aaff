"""The append-only feedback log, and what it amounts to now."""

from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import groupby

from sqlalchemy import ColumnElement, Row, exists, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from core.feedback import IMPLICIT, Correction, Feedback, Reason, Verdict, Via, live_verdict
from core.ledger.audits import conversation_of
from core.ledger.linkage import links
from core.ledger.links import accounts_by_rater
from core.ledger.tables import answers, citations, corrections, feedback, people, questions
from core.ledger.writes import insert_once, portions
from core.messages import Person


async def append(connection: AsyncConnection, event: Feedback) -> bool:
    """Append one event; return False where the log has it."""
    row = {
        "event_id": event.event_id,
        "answer_id": event.answer_id,
        "person_id": event.person.id,
        "verdict": event.verdict.value,
        "via": event.via.value,
        "reason": event.reason.value if event.reason else None,
        "emoji": event.emoji,
        "withdrawn": event.withdrawn,
        "at": event.at,
    }
    return await insert_once(connection, feedback, row)


async def live_verdicts(
    connection: AsyncConnection,
    answer_ids: Sequence[str] | None = None,
    *,
    merged: bool = False,
    implicit: bool = False,
) -> list[Feedback]:
    """Return the one verdict of each rater on each answer, of all answers or of the given ones.

    A rater is a person with all linked accounts; the verdict is under the account that gave it.
    `merged` counts a verdict on an answer that was given again as one on the stored answer.
    With `implicit` the signals of those who did not judge an answer count as theirs.
    """
    said_of = func.coalesce(answers.c.reused_id, answers.c.id) if merged else feedback.c.answer_id
    rater = func.coalesce(links.c.rater, feedback.c.person_id)
    statement = (
        select(
            feedback,
            said_of.label("said_of"),
            links.c.rater,
            people.c.platform,
            people.c.key,
            people.c.name,
            people.c.bot,
            people.c.guest,
            people.c.since,
            conversation_of(feedback.c.answer_id).label("conversation"),
        )
        .join(people, people.c.id == feedback.c.person_id)
        .join(answers, answers.c.id == feedback.c.answer_id)
        .outerjoin(links, links.c.person_id == feedback.c.person_id)
        # By the platform's time: what came late still counts where it belongs. Nor does it matter
        # which of two at the same instant came first: what takes back follows what it takes back.
        .order_by(said_of, rater, feedback.c.at, feedback.c.withdrawn, feedback.c.event_id)
    )
    if not implicit:
        statement = statement.where(explicit())
    if answer_ids is not None:
        statement = statement.where(said_of.in_(answer_ids))
    return await _live(connection, (await connection.execute(statement)).all())


async def _live(
    connection: AsyncConnection, rows: Sequence[Row[tuple[object, ...]]]
) -> list[Feedback]:
    """Return the live verdicts of events that come sorted by answer, then by rater."""
    linked = await accounts_by_rater(connection, {row.rater for row in rows if row.rater})
    grouped = groupby(rows, key=lambda row: (row.said_of, row.rater or row.person_id))
    live = (
        live_verdict(_feedback_of(row, linked.get(row.rater, frozenset())) for row in group)
        for _, group in grouped
    )
    return [verdict for verdict in live if verdict is not None]


def _feedback_of(row: Row[tuple[object, ...]], linked: frozenset[str]) -> Feedback:
    return Feedback(
        event_id=row.event_id,
        answer_id=row.said_of,
        person=Person(
            platform=row.platform,
            key=row.key,
            name=row.name,
            bot=row.bot,
            guest=row.guest,
            since=row.since,
        ),
        verdict=Verdict(row.verdict),
        via=Via(row.via),
        at=row.at,
        reason=Reason(row.reason) if row.reason else None,
        withdrawn=row.withdrawn,
        emoji=row.emoji,
        linked=linked,
        conversation=row.conversation,
    )


def explicit() -> ColumnElement[bool]:
    """Return the condition on an event of the log that somebody meant to judge an answer by it."""
    return feedback.c.via.not_in([via.value for via in IMPLICIT])


async def judged_answers(connection: AsyncConnection) -> list[str]:
    """Return the ids of every answer that the log says something of, each copy for itself."""
    rows = await connection.execute(select(feedback.c.answer_id).distinct())
    return sorted(rows.scalars())


async def votes_since(connection: AsyncConnection, at: datetime) -> dict[str, int]:
    """Return, by account, of how many answers its rater has said something since a time."""
    rater = func.coalesce(links.c.rater, feedback.c.person_id).label("rater")
    given = (
        select(rater, feedback.c.person_id, feedback.c.answer_id)
        .outerjoin(links, links.c.person_id == feedback.c.person_id)
        .where(feedback.c.at >= at, feedback.c.withdrawn.is_(False), explicit())
        .subquery()
    )
    counted = await connection.execute(
        select(given.c.rater, func.count(given.c.answer_id.distinct()).label("votes")).group_by(
            given.c.rater
        )
    )
    votes = {row.rater: int(row.votes) for row in counted}
    accounts = await connection.execute(select(given.c.person_id, given.c.rater).distinct())
    return {row.person_id: votes[row.rater] for row in accounts}


async def last_feedback_id(connection: AsyncConnection) -> int:
    """Return the number of the newest event of the log; 0 where it is empty."""
    found = await connection.execute(select(func.coalesce(func.max(feedback.c.id), 0)))
    return int(found.scalar_one())


async def save_correction(
    connection: AsyncConnection, correction: Correction, answer_id: str, now: datetime
) -> bool:
    """Store which answer a correction became; return False where this one is stored already."""
    row = {
        "event_id": correction.event_id,
        "answer_id": answer_id,
        "corrected_id": correction.answer_id,
        "person_id": correction.person.id,
        "at": now,
    }
    return await insert_once(connection, corrections, row)


async def wrong_sources(
    connection: AsyncConnection, answer_ids: Sequence[str]
) -> list[tuple[str, str]]:
    """Return (passage id, question id) of what the given answers cite and what each was asked."""
    pairs: list[tuple[str, str]] = []
    for portion in portions(answer_ids):
        rows = await connection.execute(
            select(citations.c.passage_id, questions.c.id)
            .distinct()
            .join(questions, questions.c.answer_id == citations.c.answer_id)
            .where(citations.c.answer_id.in_(portion), citations.c.nearest.is_(False))
            .order_by(citations.c.passage_id, questions.c.id)
        )
        pairs += [(row[0], row[1]) for row in rows]
    return pairs


async def accepted_phrasings(
    connection: AsyncConnection, liked: Collection[str]
) -> list[tuple[str, str, str]]:
    """Return (stored answer id, text, asked) of the questions of re-given answers that are liked.

    Those that the stored answer is found by already are left out, and those that were asked among
    other readers than the stored answer has: a phrasing is read by whoever the answer is given to.
    """
    root = answers.alias("root")
    regiven = questions.join(answers, answers.c.id == questions.c.answer_id).join(
        root, root.c.id == answers.c.reused_id
    )
    stored = questions.alias("stored")
    rows = await connection.execute(
        select(answers.c.id, answers.c.reused_id, questions.c.text, questions.c.asked)
        .select_from(regiven)
        .where(
            answers.c.audience_id == root.c.audience_id,
            questions.c.text != "",
            ~exists().where(
                stored.c.answer_id == answers.c.reused_id, stored.c.hash == questions.c.hash
            ),
        )
        .order_by(questions.c.asked_at)
    )
    return [(row.reused_id, row.text, row.asked) for row in rows if row.id in liked]
