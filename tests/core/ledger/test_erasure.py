"""What is deleted leaves every table, and only ids tell that it was there."""

from dataclasses import replace
from typing import TypeAlias

import numpy as np
import pytest
from sqlalchemy import select, text, update

from core.answers import FORGOTTEN, Origin, Question, Standing
from core.documents import Document, content_hash
from core.embedding import Vectors
from core.feedback import Verdict
from core.ledger import inbox, learned, tables
from core.ledger.answers import load_answer, question_texts, save_answer, save_question
from core.ledger.columns import metadata
from core.ledger.documents import remove_document, save_document, save_embeddings
from core.ledger.epochs import unembedded
from core.ledger.erasure import (
    REMOVED,
    erase_message,
    erased_since_purge,
    forget_removed_documents,
    note_purge,
    prune_embeddings,
    replace_message,
    unused_embeddings,
)
from core.ledger.feedback import append
from core.ledger.ledger import Transaction
from core.ledger.messages import save_message
from core.ledger.operations import ANSWERS, PASSAGES, queued, wanted_ids
from core.messages import Deleted, Edited, Message
from core.splitting import passages_of
from tests.doubles import NOON, answer, cited, message, person, received, said

Changes: TypeAlias = dict[str, object]
CANARY = "quetzalcoatlus"
ASKED = message("canary", f"Where does the {CANARY} sleep?")
DELETED = Deleted(event_id="d", ref=ASKED.ref, at=NOON)
PAGE = Document(source="s", uri="u", title="Birds", text=f"The {CANARY} sleeps in the attic.")


async def holding(writer: Transaction, words: str = CANARY) -> set[str]:
    """Return the tables of which some row contains the words."""
    held = set()
    for table in metadata.sorted_tables:
        rows = await writer.execute(select(table))
        held |= {table.name for row in rows if any(words in str(value) for value in row)}
    return held


async def ask(
    writer: Transaction, asked: Message, key: str = "a1", changes: Changes | None = None
) -> None:
    """Let a message arrive and be answered."""
    await received(writer, asked, NOON)
    await save_message(writer, asked, NOON)
    given = replace(answer(key, asked.text), text=f"You asked: {asked.text}", **(changes or {}))  # type: ignore[arg-type]  # the fields' types differ
    await save_answer(writer, given, asked)


async def read(writer: Transaction) -> None:
    """Store the page."""
    parts = passages_of(PAGE, len, 500)
    vector: Vectors = np.ones(4, dtype=np.float32)
    await save_document(writer, PAGE, parts, {parts[0].hash: vector}, "fingerprint", NOON)


async def test_a_deleted_message_is_nowhere(writer: Transaction) -> None:
    """Message, delivery, question and an answer that nobody vouched for: no table has the words."""
    await ask(writer, ASKED)
    assert await holding(writer) == {"messages", "inbox", "questions", "answers"}
    await erase_message(writer, DELETED, NOON)
    assert await holding(writer) == set()
    left = await load_answer(writer, "a1")
    assert left is not None
    assert (left.text, left.standing, left.question.text) == (FORGOTTEN, Standing.STALE, "")
    assert ("answers", "q-a1") in {(one.alias, one.item_id) for one in await queued(writer, 9)}


async def test_its_delivery_is_still_known(writer: Transaction) -> None:
    """Without its text the delivery keeps its identity, so that a repetition is none the less one."""
    await ask(writer, ASKED)
    await erase_message(writer, DELETED, NOON)
    assert not await received(writer, ASKED, NOON)
    assert await inbox.pending(writer, "room") == [replace(ASKED, text="")]


async def test_others_lose_nothing(writer: Transaction) -> None:
    """A message whose place only looks alike keeps its text everywhere."""
    other = message("CANARY", "Where is the bar?")
    await ask(writer, other, "a2")
    await erase_message(writer, DELETED, NOON)
    assert await holding(writer, "bar?") == {"messages", "inbox", "questions", "answers"}
    assert await erased_since_purge(writer) is None  # nobody knew the message


@pytest.mark.parametrize(
    "changes",
    [
        {"standing": Standing.VERIFIED},
        {"origin": Origin.CORRECTION, "author": person("bob")},
        {},  # liked, below
    ],
)
async def test_what_people_vouched_for_keeps_its_text(
    writer: Transaction, changes: Changes
) -> None:
    """Such an answer stays as it is, and is no longer found by the forgotten words."""
    await ask(writer, ASKED, changes=changes)
    if not changes:
        await append(writer, said("a1", Verdict.UP, by="bob"))
    await erase_message(writer, DELETED, NOON)
    left = await load_answer(writer, "a1")
    assert left is not None
    assert (left.text, left.question.asked) == (f"You asked: {ASKED.text}", "")
    assert await wanted_ids(writer, ANSWERS) == set()
    assert await question_texts(writer, ["q-a1"]) == {}  # though the index may have it for a while


async def test_a_command_forgets_what_it_was_called_with(writer: Transaction) -> None:
    """Whoever likes it, what a command printed may be its arguments."""
    await ask(writer, ASKED, changes={"origin": Origin.COMMAND})
    await append(writer, said("a1", Verdict.UP, by="bob"))
    await erase_message(writer, DELETED, NOON)
    assert await holding(writer) == set()


@pytest.mark.parametrize("also", [False, True])
async def test_a_learned_phrasing_goes_unless_another_asked_it(
    writer: Transaction, also: bool
) -> None:
    """A copy is forgotten with the message, and stays where somebody else used the same words."""
    await save_answer(writer, answer("a0", "Where?", standing=Standing.VERIFIED), None)
    copy = Question(id="copy", text=ASKED.text, asked=ASKED.text)
    await save_question(writer, "a0", copy, None, NOON)
    await ask(writer, ASKED)
    if also:
        await ask(writer, message("other", ASKED.text, by="bob"), "a2")
    await erase_message(writer, DELETED, NOON)
    assert await wanted_ids(writer, ANSWERS) == {"q-a0"} | ({"copy"} if also else set())
    left = await load_answer(writer, "a0")
    assert left is not None
    assert left.question.text == "Where?"


async def test_a_follow_up_forgets_what_it_took_from_the_thread(writer: Transaction) -> None:
    """A question that was put together with the deleted message loses those words, not its own."""
    await ask(writer, ASKED)
    later = replace(message("later", "And by day?", by="bob"), thread=ASKED.ref.key)
    await save_message(writer, later, NOON)
    question = Question(id="q2", text=f"Where is the {CANARY} by day?", asked=later.text)
    await save_answer(writer, replace(answer("a2"), question=question), later)
    await erase_message(writer, DELETED, NOON)
    assert await holding(writer) == set()
    left = await load_answer(writer, "a2")
    assert left is not None
    assert (left.question.asked, left.text) == ("And by day?", "The text of a2.")


async def test_an_edit_replaces_the_text_in_every_delivery(writer: Transaction) -> None:
    """The old words are in no delivery any more; what is pending is the new ones."""
    await received(writer, ASKED, NOON)
    await save_message(writer, ASKED, NOON)
    first = Edited(event_id="e1", ref=ASKED.ref, text=f"{CANARY}?", at=NOON)
    second = replace(first, event_id="e2", text="Never mind.")
    for edited in (first, second):
        await received(writer, edited, NOON)
        await replace_message(writer, edited, NOON)
    assert await holding(writer) == set()
    assert [one.text for one in await inbox.pending(writer, "room")] == ["Never mind."] * 3  # type: ignore[union-attr]  # all have one


async def test_a_deletion_wins_that_arrives_first(writer: Transaction) -> None:
    """The message and its edits that come later are taken without their text."""
    await erase_message(writer, DELETED, NOON)
    assert await received(writer, ASKED, NOON)
    assert not await save_message(writer, ASKED, NOON)
    edited = Edited(event_id="e", ref=ASKED.ref, text=CANARY, at=NOON)
    assert await received(writer, edited, NOON)
    await replace_message(writer, edited, NOON)
    assert await holding(writer) == set()


async def test_a_late_edit_brings_nothing_back(writer: Transaction) -> None:
    """Once deleted, a message stays empty, whatever is delivered after that."""
    await ask(writer, ASKED)
    await erase_message(writer, DELETED, NOON)
    await replace_message(writer, Edited(event_id="e", ref=ASKED.ref, text=CANARY, at=NOON), NOON)
    assert await holding(writer) == set()


async def test_an_empty_question_is_never_embedded(writer: Transaction) -> None:
    """What "wrong sources" was said near is gone with its words."""
    await ask(writer, ASKED)
    epoch = {"id": 1, "parameters": "", "last_feedback_id": 0, "made_at": NOON, "live": True}
    await writer.execute(learned.epochs.insert().values(**epoch))
    penalty = {"epoch_id": 1, "passage_id": "p", "question_id": "q-a1", "weight": 1.0}
    await writer.execute(learned.penalties.insert().values(**penalty))
    assert await unembedded(writer, 1, "f") == {content_hash(ASKED.text): ASKED.text}
    await erase_message(writer, DELETED, NOON)
    assert await unembedded(writer, 1, "f") == {}


async def test_answers_that_rest_on_a_removed_document_are_emptied(writer: Transaction) -> None:
    """Quotations go with their page; a person's words stay, without the quotation beside them."""
    await read(writer)
    citation = replace(cited(PAGE, "h"), quote=PAGE.text)
    quoted = replace(answer("a1", citations=(citation,)), text=PAGE.text)
    written = answer("a2", origin=Origin.CORRECTION, author=person(), citations=(citation,))
    for one in (quoted, written):
        await save_answer(writer, one, None)
    assert await forget_removed_documents(writer, NOON) == 0
    await remove_document(writer, PAGE.id, NOON)
    assert await forget_removed_documents(writer, NOON) == 1
    assert await holding(writer) == set()
    left = await load_answer(writer, "a2")
    assert left is not None
    assert (left.text, left.citations[0].title) == (written.text, REMOVED)
    assert await forget_removed_documents(writer, NOON) == 0


async def test_erasures_are_told_until_they_are_purged(writer: Transaction) -> None:
    """What was erased is known with its collections, in ids, and again only after the purge."""
    assert await erased_since_purge(writer) is None
    await read(writer)
    assert await erased_since_purge(writer) is None
    await ask(writer, ASKED)
    await erase_message(writer, DELETED, NOON)
    first = await erased_since_purge(writer)
    await remove_document(writer, PAGE.id, NOON)
    both = await erased_since_purge(writer)
    assert first is not None
    assert both is not None
    assert first.aliases == {ANSWERS}
    assert both.aliases == {ANSWERS, PASSAGES}
    await note_purge(writer, first, NOON)
    rest = await erased_since_purge(writer)
    assert rest is not None
    assert rest.aliases == {PASSAGES}
    await note_purge(writer, both, NOON)
    assert await erased_since_purge(writer) is None


async def test_a_changed_document_counts_where_passages_went(writer: Transaction) -> None:
    """Rewriting a page erases its old passages; storing it as it was does not."""
    await read(writer)
    await read(writer)
    assert await erased_since_purge(writer) is None
    changed = replace(PAGE, text="The bird has left.")
    await save_document(writer, changed, passages_of(changed, len, 500), {}, "f", NOON)
    assert await erased_since_purge(writer) is not None


async def test_embeddings_go_that_nothing_needs(writer: Transaction) -> None:
    """A vector tells its text: it goes with the text, or with the embedder that made it."""
    await read(writer)
    await ask(writer, ASKED)
    vector: Vectors = np.ones(4, dtype=np.float32)
    await save_embeddings(writer, {content_hash(ASKED.text): vector, "x": vector}, "fingerprint")
    await save_embeddings(writer, {content_hash(ASKED.text): vector}, "old")
    assert await unused_embeddings(writer, {"fingerprint"}) == 2
    assert await prune_embeddings(writer, {"fingerprint"}, NOON) == 2
    await erase_message(writer, DELETED, NOON)
    await remove_document(writer, PAGE.id, NOON)
    assert await prune_embeddings(writer, {"fingerprint"}, NOON) == 2
    assert await unused_embeddings(writer, {"fingerprint"}) == 0


async def test_a_failure_that_quotes_the_message_goes_too(writer: Transaction) -> None:
    """Why a delivery failed may repeat what was said in it."""
    await received(writer, ASKED, NOON)
    await writer.execute(update(tables.inbox).values(failure=f"ValueError: {CANARY}"))
    await erase_message(writer, DELETED, NOON)
    assert await holding(writer) == set()
    assert (await writer.execute(text("SELECT count(*) FROM inbox"))).scalar_one() == 2
