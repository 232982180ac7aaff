"""A person's trail: what the ledger holds of them, and what was built from it alone."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Row, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from core.answers import Origin
from core.feedback import Correction, Verdict, Via
from core.ledger.feedback import live_verdicts
from core.ledger.inbox import EMPTY
from core.ledger.links import accounts_of
from core.ledger.preferences import count_preferences
from core.ledger.tables import (
    answers,
    conversations,
    corrections,
    feedback,
    inbox,
    messages,
    proposals,
    questions,
)
from core.ledger.writes import portions
from core.messages import Footprint, MessageRef, Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """What a person left in the ledger up to a time (None: all of it), by ids.

    `spared` are messages that stay: newer ones, and commands that are being answered. `corrections`
    are answers in the person's own words, be it that somebody else saved them, and `written` these
    and where they were given again. `proposals` say what the person saved. `unvouched` are the bot's
    answers to the person's questions that nobody else found right, `vouched` the others; `judged`
    are the stored answers that the person's verdicts were on; `linked` counts the other accounts,
    and `preferences` what the person said of how they like answers.
    """

    person: Person
    until: datetime | None
    messages: Sequence[MessageRef] = ()
    spared: frozenset[str] = frozenset()
    questions: Sequence[str] = ()
    verdicts: Sequence[int] = ()
    judged: Sequence[str] = ()
    corrections: Sequence[str] = ()
    proposals: Sequence[int] = ()
    written: Sequence[str] = ()
    unvouched: Sequence[str] = ()
    vouched: Sequence[str] = ()
    linked: int = 0
    preferences: int = 0

    @property
    def is_empty(self) -> bool:
        """Say whether there is nothing to erase."""
        left = (self.messages, self.questions, self.verdicts, self.written, self.proposals)
        return not any(left) and not self.preferences

    @property
    def footprint(self) -> Footprint:
        """Count it."""
        return Footprint(
            messages=len(self.messages),
            verdicts=len(self.verdicts),
            corrections=len(self.corrections),
            answers=len({*self.unvouched, *self.written} - {*self.corrections}),
            kept=len(self.vouched),
            linked=self.linked,
            preferences=self.preferences,
        )


async def trail_of(
    connection: AsyncConnection,
    person: Person,
    *,
    until: datetime | None = None,
    asking: Collection[str] = (),
) -> Trail:
    """Return a person's trail, without what is newer than `until` and the messages in `asking`."""
    others = len(await accounts_of(connection, person)) - 1
    preferred = await count_preferences(connection, person.id, until)
    trail = Trail(person=person, until=until, linked=others, preferences=preferred)
    trail = await _with_messages(connection, trail, asking)
    trail = await _with_verdicts(connection, trail)
    trail = await _with_corrections(connection, trail)
    trail = await _with_proposals(connection, trail)
    return await _with_questions(connection, trail)


async def _with_messages(
    connection: AsyncConnection, trail: Trail, asking: Collection[str]
) -> Trail:
    rows = await connection.execute(
        select(
            messages.c.id,
            messages.c.key,
            messages.c.sent_at,
            conversations.c.platform,
            conversations.c.key.label("conversation"),
        )
        .join(conversations, conversations.c.id == messages.c.conversation_id)
        .where(messages.c.person_id == trail.person.id)
    )
    held = rows.all()
    spared = {
        row.id
        for row in held
        if row.id in asking or (trail.until is not None and row.sent_at > trail.until)
    }
    refs = [
        MessageRef(platform=row.platform, conversation=row.conversation, key=row.key)
        for row in held
        if row.id not in spared
    ]
    return replace(trail, messages=refs, spared=frozenset(spared))


async def _with_verdicts(connection: AsyncConnection, trail: Trail) -> Trail:
    given = (
        select(
            feedback.c.id,
            feedback.c.via,
            func.coalesce(answers.c.reused_id, answers.c.id).label("said_of"),
        )
        .join(answers, answers.c.id == feedback.c.answer_id)
        .where(feedback.c.person_id == trail.person.id)
    )
    if trail.until is not None:
        given = given.where(feedback.c.at <= trail.until)
    held = (await connection.execute(given)).all()
    judged = sorted({row.said_of for row in held})
    meant = [row.id for row in held if not Via(row.via).implicit]
    return replace(trail, verdicts=meant, judged=judged)


async def _with_corrections(connection: AsyncConnection, trail: Trail) -> Trail:
    wrote = (
        select(corrections.c.answer_id)
        .where(corrections.c.person_id == trail.person.id)
        .order_by(corrections.c.id)
    )
    if trail.until is not None:
        # One that was being stored while its writer was forgotten is known by its delivery.
        emptied = select(inbox.c.event_id).where(
            inbox.c.kind == Correction.__name__, inbox.c.payload == EMPTY
        )
        wrote = wrote.where(
            or_(corrections.c.at <= trail.until, corrections.c.event_id.in_(emptied))
        )
    roots = list((await connection.execute(wrote)).scalars())
    roots += await _saved_of(connection, trail)
    roots = list(dict.fromkeys(roots))
    written = [*roots]
    for portion in portions(roots):
        again = select(answers.c.id).where(answers.c.reused_id.in_(portion))
        written += (await connection.execute(again)).scalars()
    return replace(trail, corrections=roots, written=list(dict.fromkeys(written)))


async def _saved_of(connection: AsyncConnection, trail: Trail) -> list[str]:
    """Return the answers that somebody saved of the person's words."""
    saved = (
        select(proposals.c.answer_id)
        .join(answers, answers.c.id == proposals.c.answer_id)
        .order_by(proposals.c.id)
    )
    own = saved.where(answers.c.author_id == trail.person.id)
    if trail.until is not None:
        own = own.where(proposals.c.at <= trail.until)
    found = list((await connection.execute(own)).scalars())
    for portion in portions([ref.id for ref in trail.messages]):
        theirs = saved.where(proposals.c.message_id.in_(portion))
        found += (await connection.execute(theirs)).scalars()
    return found


async def _with_proposals(connection: AsyncConnection, trail: Trail) -> Trail:
    made = select(proposals.c.id).where(proposals.c.person_id == trail.person.id)
    if trail.until is not None:
        made = made.where(proposals.c.at <= trail.until)
    return replace(trail, proposals=list((await connection.execute(made)).scalars()))


async def _with_questions(connection: AsyncConnection, trail: Trail) -> Trail:
    rows = await connection.execute(_asked_by(trail.person))
    held = [row for row in rows if row.message_id not in trail.spared]
    theirs = [row for row in held if row.answer_id not in {*trail.written}]
    vouched = await _vouched(connection, trail.person, theirs)
    return replace(
        trail,
        questions=[row.id for row in held],
        unvouched=[row.answer_id for row in theirs if row.answer_id not in vouched],
        vouched=[row.answer_id for row in theirs if row.answer_id in vouched],
    )


def _asked_by(person: Person) -> Select[tuple[str, str, str | None, str, str | None]]:
    return (
        select(
            questions.c.id,
            questions.c.answer_id,
            questions.c.message_id,
            answers.c.origin,
            answers.c.reused_id,
        )
        .join(answers, answers.c.id == questions.c.answer_id)
        .where(questions.c.asker_id == person.id)
        .order_by(questions.c.id)
    )


async def _vouched(
    connection: AsyncConnection,
    person: Person,
    asked: Sequence[Row[tuple[str, str, str | None, str, str | None]]],
) -> set[str]:
    """Return the answers that somebody else than the person vouched for, or that others wrote."""
    written = Origin.CORRECTION.value  # by somebody else, for the person's own are not among them
    vouched = {row.answer_id for row in asked if row.reused_id or row.origin == written}
    for portion in portions([row.answer_id for row in asked]):
        verdicts = await live_verdicts(connection, portion, merged=True)
        vouched |= {
            one.answer_id
            for one in verdicts
            if one.verdict is Verdict.UP and not one.is_by(person.id)
        }
    # A command prints what it was called with, whoever likes it.
    return vouched - {row.answer_id for row in asked if row.origin == Origin.COMMAND.value}
