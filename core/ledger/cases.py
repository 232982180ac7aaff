"""Questions of which it is certain whether the bot did right to answer, or would have done."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from core.answers import Answer, Origin, Standing
from core.audience import Audience
from core.ledger.answers import load_answers
from core.ledger.learned import evidence
from core.ledger.tables import answers, citations, questions

ASKED = (Origin.GENERATED.value, Origin.QUOTED.value, Origin.UNKNOWN.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question, who asked it, and whether an answer to it from what was `shown` is right.

    `shown` are passages as (document id, content hash): what an answer cited, or what came closest.
    `refused` says that the bot did not know.
    """

    text: str
    audience: Audience
    shown: frozenset[tuple[str, str]]
    right: bool
    refused: bool


async def load_asked(
    connection: AsyncConnection, epoch_id: int, certain: float, limit: int
) -> list[Asked]:
    """Return what is certain by an epoch, the newest of each question and its readers, at most `limit`.

    Right is what verdicts of a weight of `certain` found right, and what the bot did not know and a
    verified answer has a source for. Wrong is what they found wrong, and what they found rightly not
    known. An answer that was given again says nothing: no score decided on that.
    """
    found = await _judged(connection, epoch_id, certain) | await _answerable(connection)
    held = await load_answers(connection, sorted({*found, *(one for _, one in found.values())}))
    newest: dict[tuple[str, str], Answer] = {}
    for one in sorted(held.values(), key=lambda one: (one.created_at, one.id)):
        if one.id in found and one.question.text:
            newest[one.question.text, one.audience.key()] = one
    chosen = sorted(newest.values(), key=lambda one: (one.created_at, one.id), reverse=True)
    return [
        Asked(
            text=one.question.text,
            audience=one.audience,
            shown=_shown(held[found[one.id][1]]),
            right=found[one.id][0],
            refused=one.origin is Origin.UNKNOWN,
        )
        for one in chosen[:limit]
        if found[one.id][1] in held
    ]


async def _judged(
    connection: AsyncConnection, epoch_id: int, certain: float
) -> dict[str, tuple[bool, str]]:
    """Return, by answer, whether to answer was right, and which answer shows the sources: itself."""
    lead = evidence.c.meant_ups - evidence.c.meant_downs
    rows = await connection.execute(
        select(evidence.c.answer_id, answers.c.origin, lead.label("lead"))
        .join(answers, answers.c.id == evidence.c.answer_id)
        .where(
            evidence.c.epoch_id == epoch_id,
            answers.c.reused_id.is_(None),
            answers.c.origin.in_(ASKED),
            func.abs(lead) >= certain,
        )
        .order_by(evidence.c.answer_id)
    )
    found: dict[str, tuple[bool, str]] = {}
    for row in rows:
        if row.origin != Origin.UNKNOWN.value:
            found[row.answer_id] = (row.lead > 0.0, row.answer_id)
        elif row.lead > 0.0:
            found[row.answer_id] = (False, row.answer_id)
    return found


async def _answerable(connection: AsyncConnection) -> dict[str, tuple[bool, str]]:
    """Return what the bot did not know and a verified answer to the same question has a source for."""
    asked = questions.alias("asked")
    unknown = answers.alias("unknown")
    rows = await connection.execute(
        select(asked.c.answer_id, func.min(answers.c.id).label("verified_id"))
        .join(unknown, unknown.c.id == asked.c.answer_id)
        .join(questions, questions.c.hash == asked.c.hash)
        .join(answers, answers.c.id == questions.c.answer_id)
        .join(citations, citations.c.answer_id == answers.c.id)
        .where(
            unknown.c.origin == Origin.UNKNOWN.value,
            asked.c.text != "",
            answers.c.standing == Standing.VERIFIED.value,
            answers.c.audience_id == unknown.c.audience_id,
            citations.c.nearest.is_(False),
        )
        .group_by(asked.c.answer_id)
        .order_by(asked.c.answer_id)
    )
    return {row.answer_id: (True, row.verified_id) for row in rows}


def _shown(answer: Answer) -> frozenset[tuple[str, str]]:
    return frozenset((one.document_id, one.hash) for one in (*answer.citations, *answer.nearest))
