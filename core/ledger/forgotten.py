"""Erasing a person's trail: at once, in one transaction, and what came in meanwhile with the purge."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, delete, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.answers import Origin, Standing
from core.ledger.answers import question_ids, set_standing
from core.ledger.conduct import offers, tellings
from core.ledger.deliveries import bury_all, scrub, under_way
from core.ledger.drafts import forget_decider
from core.ledger.epochs import outdate
from core.ledger.erasure import (
    FORGET_PERSON,
    NOTHING,
    WORDLESS,
    drop_phrasings,
    empty_answers,
    note_erasure,
)
from core.ledger.feedback import explicit
from core.ledger.inbox import rewrite
from core.ledger.linkage import links
from core.ledger.links import forget_tries, part
from core.ledger.machinery import audit
from core.ledger.offers import forget_offers
from core.ledger.operations import ANSWERS, queue
from core.ledger.people import all_people
from core.ledger.preferences import forget_preferences, preferences
from core.ledger.tables import (
    answers,
    conversations,
    corrections,
    feedback,
    messages,
    people,
    proposals,
    questions,
    reactions,
    standings,
)
from core.ledger.tombstones import laid, tombstone
from core.ledger.trail import Trail, trail_of
from core.ledger.verifications import forget_owner
from core.ledger.writes import portions

NAMELESS = "(forgotten)"
SETTLED = (Standing.VERIFIED.value, Standing.RETIRED.value)


async def erase_trail(connection: AsyncConnection, trail: Trail, now: datetime) -> bool:
    """Take what a person wrote out of every table, and what was built from it alone.

    Returns whether there was anything. Ratings are computed anew by the next `rerank`. The person's
    row stays, without the name, only while something of theirs stays or is under way.
    """
    await _erase_answers(connection, trail, now)
    await _erase_questions(connection, trail, now)
    await _erase_verdicts(connection, trail, now)
    scrubbed = await _erase_messages(connection, trail, now)
    await part(connection, trail.person.id, trail.until)
    await forget_tries(connection, trail.person.id)
    await forget_preferences(connection, [trail.person.id], trail.until)
    await forget_offers(connection, trail.person.id, trail.until)
    await _erase_names(connection, trail)
    if trail.is_empty and not scrubbed:
        return False
    subject = tombstone(trail.person.id)
    await note_erasure(connection, FORGET_PERSON, "forgetting", subject, now)
    return True


async def sweep(connection: AsyncConnection, now: datetime) -> int:
    """Erase what forgotten people left after all, having been under way then; return how many they are."""
    swept = 0
    tombstones = await laid(connection)
    for person in await all_people(connection) if tombstones else ():
        until = tombstones.get(tombstone(person.id))
        if until is None:
            continue
        asking = [one.ref.id for one in await under_way(connection, person)]
        trail = await trail_of(connection, person, until=until, asking=asking)
        swept += await erase_trail(connection, trail, now)
    return swept


async def _erase_answers(connection: AsyncConnection, trail: Trail, now: datetime) -> None:
    await empty_answers(connection, trail.written, "whoever wrote it was forgotten", now)
    await empty_answers(connection, trail.unvouched, "whoever asked was forgotten", now)
    for portion in portions(trail.written):
        await connection.execute(
            update(answers).where(answers.c.id.in_(portion)).values(author_id=None)
        )


async def _erase_questions(connection: AsyncConnection, trail: Trail, now: datetime) -> None:
    await drop_phrasings(connection, trail.questions, WORDLESS, now)
    for portion in portions(trail.questions):
        await connection.execute(
            update(questions)
            .where(questions.c.id.in_(portion))
            .values(asker_id=None, message_id=None)
        )
    rewritten = await _rewritten_beside(connection, trail)
    await drop_phrasings(connection, rewritten, {"text": "", "hash": NOTHING}, now)


async def _rewritten_beside(connection: AsyncConnection, trail: Trail) -> list[str]:
    """Return others' follow-ups that were put into words of their own with the person's messages."""
    said = messages.alias("said")
    spoken = await connection.execute(
        select(questions.c.id, said.c.id.label("said_id"))
        .join(messages, messages.c.id == questions.c.message_id)
        .join(
            said,
            and_(
                said.c.conversation_id == messages.c.conversation_id,
                or_(said.c.thread == messages.c.thread, said.c.key == messages.c.thread),
            ),
        )
        .where(
            said.c.person_id == trail.person.id,
            questions.c.text != questions.c.asked,
            questions.c.text != "",
        )
    )
    gone = {one.id for one in trail.messages}
    return sorted({row.id for row in spoken if row.said_id in gone})


async def _erase_verdicts(connection: AsyncConnection, trail: Trail, now: datetime) -> None:
    given = feedback.c.person_id == trail.person.id
    if trail.until is not None:
        given = and_(given, feedback.c.at <= trail.until)
    await connection.execute(delete(feedback).where(given))
    for portion in portions(trail.corrections):
        for written in (corrections, proposals):
            await connection.execute(delete(written).where(written.c.answer_id.in_(portion)))
    for numbers in portions(trail.proposals):
        await connection.execute(delete(proposals).where(proposals.c.id.in_(numbers)))
    await _unsettle(connection, trail.judged, now)
    if trail.verdicts or trail.corrections:
        await outdate(connection)


async def _unsettle(connection: AsyncConnection, judged: Sequence[str], now: datetime) -> None:
    """Make candidates of answers that nobody else judged; `rerank` looks after the others."""
    given = answers.alias("given")
    still = exists().where(
        feedback.c.answer_id == given.c.id,
        explicit(),
        or_(given.c.id == answers.c.id, given.c.reused_id == answers.c.id),
    )
    for portion in portions(judged):
        alone = await connection.execute(
            select(answers.c.id).where(
                answers.c.id.in_(portion),
                answers.c.standing.in_(SETTLED),
                answers.c.origin != Origin.CORRECTION.value,
                ~still,
            )
        )
        for answer_id in alone.scalars().all():
            await set_standing(
                connection,
                answer_id,
                Standing.CANDIDATE,
                reason="whoever settled it was forgotten",
                by="erasure",
                now=now,
            )
            await queue(connection, ANSWERS, await question_ids(connection, answer_id), now)


async def _erase_messages(connection: AsyncConnection, trail: Trail, now: datetime) -> int:
    """Remove messages with the emoji on them, for good: later deliveries of them come to nothing.

    Returns how many deliveries were emptied.
    """
    ids = [ref.id for ref in trail.messages]
    taken_away = [
        one.ref
        for one in await under_way(connection, trail.person)
        if one.ref.id not in trail.spared and (trail.until is None or one.sent_at <= trail.until)
    ]
    await bury_all(connection, [*trail.messages, *taken_away], now)
    for ref in taken_away:  # whoever answers it learns that it is gone, and can say so
        await rewrite(connection, ref, "")
    spared = {*trail.spared, *(ref.id for ref in taken_away)}
    scrubbed = await scrub(
        connection, trail.person, {*ids}, until=trail.until, spared=spared, now=now
    )
    for portion in portions(ids):
        # A conversation with the bot alone may be called after the person.
        of_two = select(messages.c.conversation_id).where(messages.c.id.in_(portion))
        await connection.execute(
            update(conversations)
            .where(conversations.c.direct, conversations.c.id.in_(of_two))
            .values(name="")
        )
        await connection.execute(delete(reactions).where(reactions.c.message_id.in_(portion)))
        await connection.execute(delete(tellings).where(tellings.c.message_id.in_(portion)))
        await connection.execute(delete(messages).where(messages.c.id.in_(portion)))
    given = reactions.c.person_id == trail.person.id
    if trail.until is not None:
        given = and_(given, reactions.c.at <= trail.until)
    await connection.execute(delete(reactions).where(given))
    return scrubbed


async def _erase_names(connection: AsyncConnection, trail: Trail) -> None:
    """Take a person's name and id out of every log, and out of the people if nothing of theirs is left."""
    id_ = trail.person.id
    for log in (audit, standings):
        named = log.c.by == id_
        if trail.until is not None:
            named = and_(named, log.c.at <= trail.until)
        await connection.execute(update(log).where(named).values(by=NAMELESS))
    await forget_decider(connection, id_, NAMELESS, trail.until)
    await forget_owner(connection, id_, trail.until)
    if trail.until is None:
        unnamed = update(people).where(people.c.id == id_)
        await connection.execute(unnamed.values(name=NAMELESS, guest=False, since=None))
    if await under_way(connection, trail.person):
        return  # the purge finds by this row whose they are
    referring = (
        messages.c.person_id,
        questions.c.asker_id,
        answers.c.author_id,
        feedback.c.person_id,
        corrections.c.person_id,
        proposals.c.person_id,
        reactions.c.person_id,
        links.c.person_id,
        preferences.c.person_id,
        offers.c.person_id,
    )
    left = or_(*(exists().where(column == people.c.id) for column in referring))
    await connection.execute(delete(people).where(people.c.id == id_, ~left))
