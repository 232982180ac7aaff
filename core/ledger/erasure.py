"""Forgetting: what leaves the ledger with a message or a document, and what is left to purge.

A deletion hides at once and in one transaction. The job `purge` then wipes the files that the text
was in; the audit log tells it, by ids only, whether there is anything to wipe.
"""

from collections.abc import Collection, Sequence, Set
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.answers import FORGOTTEN, Origin, Standing
from core.documents import content_hash
from core.feedback import Verdict
from core.ledger.epochs import outdate
from core.ledger.feedback import live_verdicts
from core.ledger.grounds import forget_grounds
from core.ledger.inbox import bury, is_buried, newest_edit, rewrite
from core.ledger.machinery import audit
from core.ledger.messages import delete_message, edit_message
from core.ledger.operations import ANSWERS, PASSAGES, queue
from core.ledger.proposals import saved_from
from core.ledger.reanswers import forget_reanswers, unjudged_fresh
from core.ledger.runs import note
from core.ledger.signals import forget_signals
from core.ledger.tables import (
    answers,
    citations,
    documents,
    embeddings,
    messages,
    passages,
    questions,
    standings,
)
from core.ledger.verifications import forget_verifications
from core.ledger.writes import insert_all, portions
from core.messages import Deleted, Edited, MessageRef

REMOVED = "(removed)"
NOTHING = content_hash("")
WORDLESS = {"text": "", "asked": "", "hash": NOTHING}
EDIT, FORGET, REMOVE, PURGE = "edit message", "forget message", "forget passages", "purge"
FORGET_PERSON, PRUNE = "forget person", "prune embeddings"
# Which collection of the index still holds, in its files, what such an erasure took away.
LEFT_IN: dict[str, str | None] = {
    EDIT: None,
    FORGET: ANSWERS,
    FORGET_PERSON: ANSWERS,
    REMOVE: PASSAGES,
    PRUNE: None,
}
RESTING = (Origin.GENERATED.value, Origin.QUOTED.value)  # their words come from documents


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasures:
    """What was erased since the last purge: the newest note of it, and the collections it was in."""

    last: int
    aliases: frozenset[str]


async def replace_message(connection: AsyncConnection, edited: Edited, now: datetime) -> None:
    """Store a message's new text, and keep the old one nowhere but in the question as asked.

    The question stays because an answer to it stands; deleting the message takes it away too. An
    edit that comes after the deletion has no effect.
    """
    if await is_buried(connection, edited.ref):
        return
    newest = await newest_edit(connection, edited.ref, edited) or edited
    await rewrite(connection, edited.ref, newest.text)
    await edit_message(connection, newest)
    await forget_signals(connection, edited.ref)
    await note_erasure(connection, EDIT, edited.ref.platform, edited.ref.id, now)


async def erase_message(connection: AsyncConnection, deleted: Deleted, now: datetime) -> None:
    """Forget a message: its text, the questions asked in it or read with it, and what nobody vouched for.

    An answer that people corrected, liked or verified keeps its text and is no longer found by
    these phrasings; one in the message's own words goes. A message that arrives after its deletion
    is stored without text.
    """
    await bury(connection, deleted, now)
    known = await rewrite(connection, deleted.ref, "")
    asked = await _asked_in(connection, deleted.ref)
    await drop_phrasings(connection, asked, WORDLESS, now)
    rewritten = await _rewritten_with(connection, deleted.ref)
    await drop_phrasings(connection, rewritten, {"text": "", "hash": NOTHING}, now)
    unvouched = await _unvouched(connection, deleted.ref)
    await empty_answers(connection, unvouched, "its question was taken away", now)
    saved = await saved_from(connection, deleted.ref)
    await empty_answers(connection, saved, "what it was saved from was taken away", now)
    await delete_message(connection, deleted)
    await forget_signals(connection, deleted.ref)
    if known or asked or saved:
        await note_erasure(connection, FORGET, deleted.ref.platform, deleted.ref.id, now)


async def forget_removed_documents(connection: AsyncConnection, now: datetime) -> int:
    """Empty what still quotes documents that are gone; return how many answers that were.

    A person's correction keeps its words; of its citations only the ids stay.
    """
    gone = ~exists().where(documents.c.id == citations.c.document_id)
    quoting = and_(gone, or_(citations.c.title != REMOVED, citations.c.quote != ""))
    rested = await connection.execute(
        select(citations.c.answer_id)
        .distinct()
        .join(answers, answers.c.id == citations.c.answer_id)
        .where(quoting, citations.c.nearest.is_(False), answers.c.origin.in_(RESTING))
    )
    ids = sorted(rested.scalars())
    await empty_answers(connection, ids, "a document that it rested on was removed", now)
    await connection.execute(
        update(citations)
        .where(quoting)
        .values(title=REMOVED, breadcrumb=REMOVED, link=None, quote="")
    )
    return len(ids)


async def note_gone(
    connection: AsyncConnection, document_id: str, gone: Collection[str], now: datetime
) -> None:
    """Note that passages of a document left the ledger, where any did."""
    if gone:
        await note_erasure(connection, REMOVE, "ingestion", document_id, now)


async def erased_since_purge(connection: AsyncConnection) -> Erasures | None:
    """Return what was erased and not purged yet, or None where there is nothing."""
    purges = await connection.execute(
        select(audit.c.subject).where(audit.c.action == PURGE).order_by(audit.c.id.desc()).limit(1)
    )
    rows = await connection.execute(
        select(audit.c.action, func.max(audit.c.id).label("last"))
        .where(audit.c.action.in_(list(LEFT_IN)), audit.c.id > int(purges.scalar() or 0))
        .group_by(audit.c.action)
    )
    newest = {row.action: int(row.last) for row in rows}
    if not newest:
        return None
    aliases = frozenset(alias for action in newest if (alias := LEFT_IN[action]))
    return Erasures(last=max(newest.values()), aliases=aliases)


async def note_purge(connection: AsyncConnection, erased: Erasures, now: datetime) -> None:
    """Note up to which erasure everything was purged."""
    await note_erasure(connection, PURGE, "purge", str(erased.last), now)


async def unused_embeddings(connection: AsyncConnection, in_use: Collection[str]) -> int:
    """Return how many embeddings nothing refers to, or have a fingerprint that is not in use."""
    unused = select(func.count()).select_from(embeddings).where(_unused(in_use))
    return int((await connection.execute(unused)).scalar_one())


async def prune_embeddings(
    connection: AsyncConnection, in_use: Collection[str], now: datetime
) -> int:
    """Delete the embeddings that are not used, and note it; return how many."""
    pruned = int((await connection.execute(delete(embeddings).where(_unused(in_use)))).rowcount)
    await note_erasure(connection, PRUNE, "purge", f"{pruned} embeddings", now)
    return pruned


def _unused(in_use: Collection[str]) -> ColumnElement[bool]:
    return or_(
        embeddings.c.fingerprint.not_in(in_use),
        and_(
            ~exists().where(passages.c.hash == embeddings.c.hash),
            ~exists().where(questions.c.hash == embeddings.c.hash),
        ),
    )


async def _asked_in(connection: AsyncConnection, ref: MessageRef) -> list[str]:
    found = await connection.execute(
        select(questions.c.id).where(questions.c.message_id == ref.id, questions.c.asked != "")
    )
    return list(found.scalars())


async def _rewritten_with(connection: AsyncConnection, ref: MessageRef) -> list[str]:
    """Return the follow-ups of a thread that were put into words of their own with its messages."""
    thread = select(messages.c.thread).where(messages.c.id == ref.id).scalar_subquery()
    beside = select(messages.c.id).where(
        messages.c.conversation_id == f"{ref.platform}:{ref.conversation}",
        or_(messages.c.thread == ref.key, messages.c.thread == thread),
    )
    found = await connection.execute(
        select(questions.c.id).where(
            questions.c.message_id.in_(beside),
            questions.c.text != questions.c.asked,
            questions.c.text != "",
        )
    )
    return list(found.scalars())


async def drop_phrasings(
    connection: AsyncConnection, ids: Sequence[str], emptied: dict[str, str], now: datetime
) -> None:
    """Empty questions, and the copies of them by which other answers are found.

    A phrasing that somebody else asked in the same words stays with what it is found by, and in
    those words only.
    """
    copies, shared = await _copies_of(connection, set(ids))
    for portion in portions(list(ids)):
        await _blank(connection, portion, emptied)
    for portion in portions(copies):
        await _blank(connection, portion, WORDLESS)
    for portion in portions(shared):
        await connection.execute(
            update(questions).where(questions.c.id.in_(portion)).values(asked=questions.c.text)
        )
    await queue(connection, ANSWERS, [*ids, *copies], now)
    if ids:  # what was said at them counts no more
        await outdate(connection)


async def _copies_of(connection: AsyncConnection, ids: Set[str]) -> tuple[list[str], list[str]]:
    """Return the copies of questions that nobody else asked, and those that somebody else did."""
    hashes: set[str] = set()
    for portion in portions(sorted(ids)):
        found = await connection.execute(
            select(questions.c.hash).where(questions.c.id.in_(portion), questions.c.text != "")
        )
        hashes |= set(found.scalars())
    alike = []
    for portion in portions(sorted(hashes)):
        rows = await connection.execute(select(questions).where(questions.c.hash.in_(portion)))
        alike += [row for row in rows if row.id not in ids]
    asked = {row.hash for row in alike if row.message_id or row.asker_id}
    copies = [row for row in alike if not (row.message_id or row.asker_id)]
    return (
        [row.id for row in copies if row.hash not in asked],
        [row.id for row in copies if row.hash in asked],
    )


async def _blank(connection: AsyncConnection, ids: Sequence[str], emptied: dict[str, str]) -> None:
    await connection.execute(update(questions).where(questions.c.id.in_(ids)).values(**emptied))


async def _unvouched(connection: AsyncConnection, ref: MessageRef) -> list[str]:
    """Return the bot's own answers to a message that nobody liked, corrected into shape or verified."""
    found = await connection.execute(
        select(answers.c.id, answers.c.origin)
        .join(questions, questions.c.answer_id == answers.c.id)
        .where(
            questions.c.message_id == ref.id,
            answers.c.reused_id.is_(None),
            answers.c.origin != Origin.CORRECTION.value,
            answers.c.standing.not_in([Standing.TRIAL.value, Standing.VERIFIED.value]),
        )
    )
    origins = {row.id: row.origin for row in found}
    verdicts = await live_verdicts(connection, list(origins), merged=True)
    liked = {one.answer_id for one in verdicts if one.verdict is Verdict.UP}
    # A command prints what it was called with, whoever likes it.
    return [id_ for id_, of in origins.items() if id_ not in liked or of == Origin.COMMAND.value]


async def empty_answers(
    connection: AsyncConnection, ids: Sequence[str], reason: str, now: datetime
) -> None:
    """Take answers' words; stale for good, so that no verdict brings back an empty answer."""
    emptied = {
        "text": FORGOTTEN,
        "notice": None,
        "score": None,
        "standing": Standing.STALE.value,
    }
    ids = list(dict.fromkeys([*ids, *await unjudged_fresh(connection, ids)]))
    await forget_grounds(connection, ids)
    await forget_verifications(connection, ids)
    await forget_reanswers(connection, ids)
    for portion in portions(ids):
        await connection.execute(update(answers).where(answers.c.id.in_(portion)).values(**emptied))
        await connection.execute(delete(citations).where(citations.c.answer_id.in_(portion)))
        found = await connection.execute(
            select(questions.c.id).where(questions.c.answer_id.in_(portion))
        )
        await queue(connection, ANSWERS, list(found.scalars()), now)
    moved = {"standing": Standing.STALE.value, "reason": reason, "by": "erasure", "at": now}
    await insert_all(connection, standings, [moved | {"answer_id": id_} for id_ in ids])


async def note_erasure(
    connection: AsyncConnection, action: str, by: str, subject: str, now: datetime
) -> None:
    """Note that something was erased, for the purge; `subject` is an id or a hash, never a text."""
    await note(connection, by=by, action=action, subject=subject, now=now)
