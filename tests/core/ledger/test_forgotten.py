"""A forgotten person leaves every table, and what others said and found stays."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select

from core.answers import FORGOTTEN, Answer, Question, Standing
from core.feedback import Correction, Reason, Verdict
from core.ledger import inbox, tables
from core.ledger.answers import load_answer, save_answer, save_question, set_standing
from core.ledger.columns import metadata
from core.ledger.deliveries import under_way
from core.ledger.epochs import begin_epoch, live_epoch, save_epoch
from core.ledger.erasure import erased_since_purge, note_purge
from core.ledger.feedback import append, live_verdicts, save_correction
from core.ledger.forgotten import NAMELESS, erase_trail, sweep
from core.ledger.ledger import Transaction
from core.ledger.messages import save_message, set_reaction
from core.ledger.operations import ANSWERS, queued
from core.ledger.people import all_people, see_person
from core.ledger.preferences import prefer
from core.ledger.runs import note
from core.ledger.tombstones import lay
from core.ledger.trail import trail_of
from core.messages import Conversation, Edited, Footprint, Message, Person, Reaction
from core.preferences import Aspect
from tests.doubles import NOON, answer, message, received, said

WANDA = Person(platform="room", key="u7qxwanda", name="Wanda Zyxomma")
CANARY = "quetzalcoatlus"
BETTER = f"It is the {CANARY} who knows."
WORDS = (CANARY, WANDA.key, WANDA.name)
LATER = NOON + timedelta(hours=1)
ASKED = replace(message("asked", f"Where does the {CANARY} sleep?"), person=WANDA)


async def holding(writer: Transaction, *words: str) -> set[str]:
    """Return the tables of which some row contains one of the words."""
    held = set()
    for table in metadata.sorted_tables:
        rows = await writer.execute(select(table))
        shown = [str(value) for row in rows for value in row]
        held |= {table.name for value in shown if any(word in value for word in words)}
    return held


async def ask(writer: Transaction, asked: Message, key: str, text: str = "") -> None:
    """Let a message arrive and be answered."""
    await received(writer, asked, NOON)
    await save_message(writer, asked, NOON)
    given = replace(answer(key, asked.text), text=text or f"You asked: {asked.text}")
    await save_answer(writer, given, asked)
    await inbox.handled(writer, asked, NOON)


async def correct(writer: Transaction, of: str, key: str, at: datetime = NOON) -> None:
    """Let Wanda write a better answer, which is then given again."""
    event = Correction(event_id=f"c-{key}", answer_id=of, person=WANDA, text=BETTER, at=at)
    await received(writer, event, at)
    await see_person(writer, WANDA, at)
    better = replace(answer(key, "Who knows?"), text=BETTER, author=WANDA)
    again = Question(id=f"q-{key}-2", text="Who?", asked="Who?")
    await save_answer(writer, better, None)
    await save_answer(writer, replace(better, id=f"{key}-2", question=again, reused_id=key), None)
    await save_correction(writer, event, key, at)
    await note(writer, by=WANDA.id, action="correct", subject=key, now=at)
    await inbox.handled(writer, event, at)


async def forget(writer: Transaction) -> Footprint:
    """Forget Wanda, as the use case does where no command of hers is being answered."""
    trail = await trail_of(writer, WANDA)
    await lay(writer, WANDA, NOON, NOON)
    await erase_trail(writer, trail, NOON)
    return trail.footprint


async def test_a_forgotten_person_is_in_no_table(writer: Transaction) -> None:
    """Messages, edits, questions, answers, verdicts, corrections, emoji, names, logs: all are gone."""
    await ask(writer, ASKED, "a1")
    edited = Edited(event_id="e", ref=ASKED.ref, text=f"The {CANARY}, again", at=NOON)
    await received(writer, edited, NOON)
    await ask(writer, message("bobs", "Who knows?", by="bob"), "a2")
    await correct(writer, "a2", "a3")
    await append(writer, replace(said("a2", Verdict.DOWN, reason=Reason.OUTDATED), person=WANDA))
    await set_reaction(
        writer,
        Reaction(
            event_id=f"r:{WANDA.id}", ref=ASKED.ref, person=WANDA, emoji="🙂", added=True, at=NOON
        ),
    )
    await prefer(writer, WANDA, Aspect.LENGTH, "brief", NOON)
    await set_standing(writer, "a2", Standing.RETIRED, reason="r", by=WANDA.id, now=NOON)
    assert await holding(writer, *WORDS) >= {
        "messages",
        "inbox",
        "questions",
        "answers",
        "people",
        "feedback",
        "corrections",
        "reactions",
        "preferences",
        "audit",
        "standings",
    }
    gone = await forget(writer)
    assert await holding(writer, *WORDS) == set()
    assert gone == Footprint(
        messages=1, verdicts=1, corrections=1, answers=2, kept=0, preferences=1
    )
    for key in ("a1", "a3", "a3-2"):
        left = await load_answer(writer, key)
        assert left
        assert (left.text, left.author, left.standing) == (FORGOTTEN, None, Standing.STALE)
    other = await load_answer(writer, "a2")
    assert other
    assert (other.text, other.standing) == ("You asked: Who knows?", Standing.CANDIDATE)


async def test_forgetting_twice_finds_nothing_more(writer: Transaction) -> None:
    """The purge is told once; who is not known is forgotten without a trace."""
    await ask(writer, ASKED, "a1")
    await forget(writer)
    erased = await erased_since_purge(writer)
    assert erased
    assert erased.aliases == {ANSWERS}
    await note_purge(writer, erased, NOON)
    assert await forget(writer) == Footprint(
        messages=0, verdicts=0, corrections=0, answers=0, kept=0
    )
    assert await erased_since_purge(writer) is None


async def test_an_answer_stays_where_somebody_else_found_it_right(writer: Transaction) -> None:
    """The asker's own like keeps nothing; with another's the answer stays, without the question."""
    await ask(writer, ASKED, "a1", "In the attic.")
    await ask(writer, replace(ASKED, ref=message("m2").ref, event_id="m2"), "a2", "In the barn.")
    for event in (said("a1", by="bob"), said("a1"), said("a2"), said("a2", Verdict.DOWN, by="bob")):
        by = event.person if event.person.key == "bob" else WANDA
        await append(writer, replace(event, person=by))
    gone = await forget(writer)
    assert (gone.answers, gone.kept) == (1, 1)
    kept, emptied = await load_answer(writer, "a1"), await load_answer(writer, "a2")
    assert kept
    assert emptied
    assert (kept.text, kept.question.text) == ("In the attic.", "")
    assert emptied.text == FORGOTTEN
    assert [one.person.key for one in await live_verdicts(writer)] == ["bob", "bob"]


async def test_copies_of_a_phrasing_go_unless_somebody_else_asked_the_same(
    writer: Transaction,
) -> None:
    """An answer is found no more by her words alone, and by shared words only as they were shared."""
    shared = replace(message("m2", "And there?"), person=WANDA)
    await ask(writer, ASKED, "a1", "In the attic.")
    await ask(writer, message("bobs", "Where does it sleep?", by="bob"), "a3", "There.")
    await save_message(writer, shared, NOON)
    rewritten = Question(id="q-a2", text="Where does it sleep?", asked=f"And the {CANARY}?")
    await save_answer(writer, replace(answer("a2"), question=rewritten), shared)
    alone = Question(id="copy", text=ASKED.text, asked=ASKED.text)
    await save_question(writer, "a3", alone, None, NOON)
    await save_question(writer, "a3", replace(rewritten, id="copy2"), None, NOON)
    await forget(writer)
    rows = await writer.execute(select(tables.questions).order_by(tables.questions.c.id))
    texts = {row.id: (row.text, row.asked) for row in rows}
    assert texts["copy"] == texts["q-a1"] == texts["q-a2"] == ("", "")
    assert texts["copy2"] == ("Where does it sleep?", "Where does it sleep?")
    assert "copy" in {one.item_id for one in await queued(writer, 99)}


async def test_what_was_put_into_words_with_hers_goes_from_others_questions(
    writer: Transaction,
) -> None:
    """A follow-up that was rewritten with her message keeps what its asker wrote."""
    follow = replace(message("m2", "And at night?", by="bob"), thread=ASKED.ref.key)
    elsewhere = replace(message("m3", "And then?", by="bob"), thread="another")
    await save_message(writer, ASKED, NOON)
    for one, key in ((follow, "a1"), (elsewhere, "a2")):
        await save_message(writer, one, NOON)
        words = Question(id=f"q-{key}", text=f"Where, {CANARY}?", asked=one.text)
        await save_answer(writer, replace(answer(key), question=words), one)
    await forget(writer)
    rows = await writer.execute(select(tables.questions).order_by(tables.questions.c.id))
    assert [(row.text, row.asked) for row in rows] == [
        ("", "And at night?"),
        (f"Where, {CANARY}?", "And then?"),
    ]


async def test_an_answer_that_only_they_settled_is_a_candidate_again(writer: Transaction) -> None:
    """One that others judged too is left to the re-ranking, which computes everything anew."""
    made = await save_epoch(
        writer, parameters="{}", last_feedback_id=9, rated={}, weighed=[], penalised=[], now=NOON
    )
    await begin_epoch(writer, made)
    for key in ("a1", "a2"):
        await save_answer(writer, replace(answer(key), standing=Standing.VERIFIED), None)
        await see_person(writer, WANDA, NOON)
        await append(writer, replace(said(key), person=WANDA))
    await append(writer, said("a2", by="bob"))
    await forget(writer)
    standings = [one.standing for one in await loaded(writer, "a1", "a2")]
    assert standings == [Standing.CANDIDATE, Standing.VERIFIED]
    epoch = await live_epoch(writer)
    assert epoch
    assert epoch.last_feedback_id == -1


async def loaded(writer: Transaction, *keys: str) -> list[Answer]:
    """Return stored answers."""
    held = [await load_answer(writer, key) for key in keys]
    return [one for one in held if one]


async def test_an_edit_that_comes_after_brings_nothing_back(writer: Transaction) -> None:
    """Delivered again, or edited on the platform after she was forgotten: no text is stored."""
    await ask(writer, ASKED, "a1")
    await forget(writer)
    assert not await received(writer, ASKED, LATER)
    edited = Edited(event_id="e2", ref=ASKED.ref, text=f"The {CANARY}!", at=LATER)
    assert await received(writer, edited, LATER)
    assert await holding(writer, *WORDS) == set()


async def test_a_conversation_with_the_bot_alone_loses_its_name(writer: Transaction) -> None:
    """It is often called after the person; one of several people keeps its name."""
    alone = Conversation(platform="room", key="d1", name=WANDA.name, direct=True)
    place = replace(ASKED.ref, conversation="d1")
    await ask(writer, replace(ASKED, conversation=alone, ref=place), "a1")
    await ask(writer, replace(message("m2", "Hello"), person=WANDA), "a2")
    await forget(writer)
    rows = await writer.execute(select(tables.conversations.c.name))
    assert sorted(rows.scalars()) == ["", "lobby"]


async def test_others_deliveries_stay(writer: Transaction) -> None:
    """Somebody whose id begins like hers, or differs in capitals only, is somebody else."""
    for key in ("u7qxwanda2", "U7QXWANDA"):
        other = Person(platform="room", key=key, name="Other")
        await ask(writer, replace(message(key, "Mine."), person=other), f"a-{key}")
    await ask(writer, ASKED, "a1")
    await forget(writer)
    rows = await writer.execute(select(tables.inbox.c.payload))
    assert sum("Mine." in payload for payload in rows.scalars()) == 2
    assert {"room:u7qxwanda2", "room:U7QXWANDA"} <= {one.id for one in await all_people(writer)}


async def test_a_delivery_that_is_named_after_a_person_is_renamed(writer: Transaction) -> None:
    """The platform's name for it would tell who it was."""
    await ask(writer, replace(ASKED, event_id=f"said:{WANDA.id}:1"), "a1")
    await forget(writer)
    assert await holding(writer, *WORDS) == set()


async def test_a_question_that_is_being_answered_is_taken_away(writer: Transaction) -> None:
    """Who answers it finds that it is gone; only the purge takes who asked."""
    await received(writer, ASKED, NOON)
    await save_message(writer, ASKED, NOON)
    await forget(writer)
    assert not await sweep(writer, NOON)
    assert await inbox.is_buried(writer, ASKED.ref)
    assert [one.text for one in await under_way(writer, WANDA)] == [""]
    assert await holding(writer, *WORDS) == {"inbox", "people"}
    await inbox.handled(writer, ASKED, NOON)
    assert await sweep(writer, NOON)
    assert await holding(writer, *WORDS) == set()


async def test_the_purge_takes_what_was_left_and_nothing_newer(writer: Transaction) -> None:
    """A command that was being answered goes; what she wrote since, as a new guest, stays."""
    command = replace(ASKED, text="/forget me yes")
    await received(writer, command, NOON)
    await save_message(writer, command, NOON)
    trail = await trail_of(writer, WANDA, asking=[command.ref.id])
    await lay(writer, WANDA, NOON, NOON)
    await erase_trail(writer, trail, NOON)
    assert [one.name for one in await all_people(writer) if one.id == WANDA.id] == [NAMELESS]
    await save_answer(writer, answer("a1", "/forget me yes"), command)
    await inbox.handled(writer, command, NOON)
    new = replace(message("m9", "I am new here."), person=WANDA, sent_at=LATER)
    await ask(writer, new, "a9")
    await correct(writer, "a9", "a8", LATER)
    await append(writer, replace(said("a9", at=LATER), person=WANDA))
    assert await sweep(writer, LATER) == 1
    assert await holding(writer, "/forget me yes") == set()
    assert await holding(writer, WANDA.name) == {"people", "inbox"}
    assert await holding(writer, "I am new here.") == {"messages", "questions", "answers", "inbox"}
    assert await sweep(writer, LATER) == 0


def test_every_reference_to_a_person_is_forgotten() -> None:
    """A new column that names people must be thought of here; the first test erases these."""
    naming = {
        f"{table.name}.{column.name}"
        for table in metadata.sorted_tables
        for column in table.columns
        if any(key.column.table.name == "people" for key in column.foreign_keys)
    }
    assert naming == {
        "answers.author_id",
        "corrections.person_id",
        "feedback.person_id",
        "link_codes.person_id",
        "links.person_id",
        "messages.person_id",
        "offers.person_id",
        "preferences.person_id",
        "proposals.person_id",
        "questions.asker_id",
        "reactions.person_id",
    }
