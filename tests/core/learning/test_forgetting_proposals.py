"""What a forgotten person saved, wrote and others saved, and asked, is nowhere; what others did stays."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from sqlalchemy import select

from core.answers import FORGOTTEN, Standing
from core.feedback import Choice, Decision, Proposal
from core.interfaces import Event
from core.learning.forgetting import Forgetting
from core.ledger.answers import load_answer
from core.ledger.columns import metadata
from core.ledger.forgotten import sweep
from core.ledger.intake import Intake
from core.ledger.tables import proposals
from core.messages import Footprint, Message, Person
from tests.doubles import received
from tests.tavern import HALL, KeptReply, Tavern

pytestmark = pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)
ASKER, AUTHOR, SAVER = (
    Person(platform="test", key=f"u7q{name.lower()}", name=f"{name} Zyxomma")
    for name in ("Olga", "Wanda", "Xaver")
)
ASKED, SAID = "Where does the quetzalcoatlus sleep?", "The pterodaustro sleeps in the attic."
WORDS = {ASKER: "quetzalcoatlus", AUTHOR: "pterodaustro"}


async def holding(tavern: Tavern, *words: str) -> set[str]:
    """Return the tables of which some row contains one of the words."""
    held = set()
    async with tavern.ledger.reading() as connection:
        for table in metadata.sorted_tables:
            rows = await connection.execute(select(table))
            shown = [str(value) for row in rows for value in row]
            held |= {table.name for value in shown if any(word in value for word in words)}
    return held


async def talk(tavern: Tavern) -> Proposal:
    """Let one ask, another answer and a third find it worth keeping; return that, not delivered yet."""
    asked = tavern.message(ASKED, person=ASKER, addressed=False)
    said = tavern.message(SAID, person=AUTHOR, addressed=False, thread=asked.ref.key)
    for one in (asked, said):
        await tavern.assistant.on_message(one, KeptReply("none"))
    return saved(tavern, said)


def saved(tavern: Tavern, said: Message) -> Proposal:
    """Return that somebody saves a message."""
    at = tavern.clock.advance(seconds=1)
    return Proposal(
        event_id=f"saved:{at.isoformat()}",
        ref=said.ref,
        conversation=HALL,
        person=SAVER,
        author=said.person,
        text=said.text,
        question=None,
        at=at,
    )


async def forget(tavern: Tavern, person: Person) -> Footprint:
    """Forget somebody."""
    tavern.clock.advance(seconds=1)
    return await Forgetting(ledger=tavern.ledger, now=tavern.clock).forget(person)


async def kept(tavern: Tavern) -> Sequence[tuple[str, str, Standing]]:
    """Return what was saved: text, question and standing."""
    async with tavern.ledger.reading() as connection:
        ids = (await connection.execute(select(proposals.c.answer_id))).scalars().all()
        held = [await load_answer(connection, id_) for id_ in ids]
    return [(one.text, one.question.text, one.standing) for one in held if one]


async def test_what_others_saved_of_a_forgotten_author_is_gone(tavern: Tavern) -> None:
    """Their words are in no table, nor in the inbox, and the answer is given to nobody."""
    event = await talk(tavern)
    await tavern.assistant.on_proposal(event)
    await tavern.rerank()
    again = await tavern.ask(ASKED, person=SAVER)
    assert again.text == SAID
    gone = await forget(tavern, AUTHOR)
    assert (gone.messages, gone.corrections, gone.answers) == (1, 1, 1)
    assert await holding(tavern, "pterodaustro", AUTHOR.key, AUTHOR.name) == set()
    async with tavern.ledger.reading() as connection:
        left = await load_answer(connection, again.id)
    assert left
    assert left.text == FORGOTTEN


async def test_a_forgotten_saver_leaves_the_answer_and_no_trace(tavern: Tavern) -> None:
    """The words are another's: they stay, without the vote, and under the question of the thread."""
    await tavern.assistant.on_proposal(await talk(tavern))
    assert (await forget(tavern, SAVER)).verdicts == 1
    assert await holding(tavern, SAVER.key, SAVER.name) == set()
    assert await holding(tavern, "pterodaustro") >= {"answers", "messages"}


async def test_a_forgotten_asker_leaves_what_another_wrote(tavern: Tavern) -> None:
    """The question's words go, in the proposal too; the answer stays as something others vouched for."""
    await tavern.assistant.on_proposal(await talk(tavern))
    assert (await forget(tavern, ASKER)).kept == 1
    assert await holding(tavern, "quetzalcoatlus", ASKER.key, ASKER.name) == set()
    assert [(text, question) for text, question, _ in await kept(tavern)] == [(SAID, "")]


async def test_a_question_in_the_savers_words_goes_with_the_saver(tavern: Tavern) -> None:
    """What somebody typed into the dialog is theirs; others' like questions stay."""
    event = replace(await talk(tavern), question="Where is the quagga?")
    await tavern.assistant.on_proposal(event)
    await forget(tavern, SAVER)
    assert await holding(tavern, "quagga") == set()
    assert [(text, question) for text, question, _ in await kept(tavern)] == []
    assert await holding(tavern, "pterodaustro") >= {"answers"}


@pytest.mark.parametrize("person", [AUTHOR, SAVER])
async def test_a_proposal_under_way_is_gone_too(tavern: Tavern, person: Person) -> None:
    """It was received and had no effect yet: it has none, and its words are emptied."""
    event = await talk(tavern)
    async with tavern.ledger.writing() as connection:
        await received(connection, event, tavern.clock())
    await forget(tavern, person)
    await tavern.assistant.resume("test", lambda _: KeptReply("none"))
    assert await holding(tavern, person.key, person.name) == set()
    assert await kept(tavern) == []


@pytest.mark.parametrize("person", [AUTHOR, SAVER])
async def test_what_happened_before_is_not_stored_when_it_comes_late(
    tavern: Tavern, person: Person
) -> None:
    """Neither what they saved nor what was saved of theirs, nor what they decided."""
    event = await talk(tavern)
    decided = Decision(
        event_id="d", answer_id="a", person=person, choice=Choice.DISMISS, at=event.at
    )
    await forget(tavern, person)
    intake = Intake(ledger=tavern.ledger, owner="test", now=tavern.clock)
    late: Sequence[Event] = (event, replace(event, event_id="again"), decided)
    assert [await intake.take(one) for one in late] == [False, False, False]


async def test_a_message_that_was_taken_away_brings_no_words(tavern: Tavern) -> None:
    """Who saves it in that moment is refused, and the inbox never has the text."""
    event = await talk(tavern)
    await forget(tavern, AUTHOR)
    after = replace(event, at=tavern.clock.advance(seconds=1), author=ASKER)
    async with tavern.ledger.writing() as connection:
        await received(connection, after, tavern.clock())
    assert await holding(tavern, "pterodaustro") == set()


async def test_the_purge_leaves_what_is_newer(tavern: Tavern) -> None:
    """What they write and save from then on is taken as anybody's."""
    await tavern.assistant.on_proposal(await talk(tavern))
    await forget(tavern, AUTHOR)
    await forget(tavern, SAVER)
    again = await talk(tavern)
    await tavern.assistant.on_proposal(again)
    async with tavern.ledger.writing() as connection:
        await sweep(connection, tavern.clock())
    assert [text for text, _, _ in await kept(tavern)] == [SAID]
