"""Revising: a changed question is answered anew in place, as long as nobody said anything of the answer."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from core.answers import FORGOTTEN, Answer, Standing
from core.audience import members_of
from core.feedback import Verdict
from core.ledger.answers import answer_at, load_answer
from core.ledger.feedback import live_verdicts
from core.ledger.tables import answers, messages
from core.ledger.tables import inbox as inbox_table
from core.messages import Deleted, Edited, Message, MessageRef, Reopened
from core.prompts import Piece, Prompt
from core.revising import is_changed
from tests.tavern import BEN, CELLAR, HALL, KeptReply, ScriptedModel, Tavern, page

KITCHEN, LIBRARY = "When does the kitchen close?", "When does the library open?"
SHELVES = page("Library", "The library opens at nine in the morning.")
POST = MessageRef(platform="test", conversation=HALL.key, key="answer")


class Place(KeptReply):
    """A platform with one post; `breaks` makes it show a new answer and fail before it says so."""

    def __init__(self) -> None:
        """Start whole."""
        super().__init__("answer")
        self.breaks = False

    async def revise(self, standing: Sequence[MessageRef], answer: Answer) -> None:
        """Keep the other answer."""
        await super().revise(standing, answer)
        if self.breaks:
            raise ConnectionError("the platform is away")


@pytest.fixture
async def place(tavern: Tavern) -> Place:
    """Return the platform of a bot that knows a library too, and speaks there."""
    tavern.source.held.append(SHELVES)
    await tavern.read()
    kept = Place()
    await tavern.assistant.resume("test", lambda _: kept)
    return kept


async def ask(tavern: Tavern, place: Place, text: str = KITCHEN) -> Message:
    """Ask, and be answered."""
    message = tavern.message(text)
    await tavern.assistant.on_message(message, place)
    return message


def edit(tavern: Tavern, message: Message, text: str = LIBRARY) -> Edited:
    """Return that a message has another text."""
    at = tavern.clock.advance(seconds=1)
    return Edited(event_id=f"edit:{at.isoformat()}", ref=message.ref, text=text, at=at)


async def standing(tavern: Tavern) -> Answer:
    """Return the answer that stands at the post, as the ledger has it."""
    async with tavern.ledger.reading() as connection:
        answer = await load_answer(connection, await answer_at(connection, POST) or "")
    assert answer
    return answer


async def count(tavern: Tavern) -> int:
    """Return how many answers there are."""
    async with tavern.ledger.reading() as connection:
        counted = await connection.execute(select(func.count()).select_from(answers))
        return int(counted.scalar_one())


async def text_of(tavern: Tavern, message: Message) -> str:
    """Return what a message says by now."""
    async with tavern.ledger.reading() as connection:
        said = await connection.execute(
            select(messages.c.text).where(messages.c.id == message.ref.id)
        )
        return str(said.scalar_one())


async def is_handled(tavern: Tavern, edited: Edited) -> bool:
    """Say whether an edit had its effect."""
    async with tavern.ledger.reading() as connection:
        found = await connection.execute(
            select(inbox_table.c.handled_at).where(inbox_table.c.event_id == edited.event_id)
        )
        return found.scalar_one() is not None


async def broken_off(tavern: Tavern, place: Place, message: Message) -> Edited:
    """Edit, and have the platform break off after it showed the new answer."""
    place.breaks = True
    edited = edit(tavern, message)
    with pytest.raises(ConnectionError):
        await tavern.assistant.on_edited(edited)
    place.breaks = False
    return edited


async def start_again(tavern: Tavern, place: Place) -> None:
    """Start another process once what failed has rested."""
    tavern.clock.advance(minutes=1)
    await tavern.new_assistant().resume("test", lambda _: place)


async def test_a_changed_question_is_answered_anew_in_place(tavern: Tavern, place: Place) -> None:
    """The post shows the new answer, unseen until it is whole; the old one can no longer be found."""
    message = await ask(tavern, place)
    old = place.answer
    shown = (list(place.said), place.streamed)
    await tavern.assistant.on_edited(edit(tavern, message))
    ((ref, answer),) = place.revised
    assert ref == POST
    assert "nine" in answer.text
    assert (place.said, place.streamed) == shown
    assert place.finished == [old]
    held = await standing(tavern)
    assert (held.id, held.question.asked) == (answer.id, LIBRARY)
    async with tavern.ledger.reading() as connection:
        emptied = await load_answer(connection, old.id)
    assert emptied
    assert (emptied.text, emptied.standing) == (FORGOTTEN, Standing.STALE)
    assert emptied.question.text == ""
    assert await text_of(tavern, message) == LIBRARY


async def test_the_new_answer_is_judged_and_forgotten_like_any(
    tavern: Tavern, place: Place
) -> None:
    """An emoji on the post is a verdict on it; with the message it goes."""
    message = await ask(tavern, place)
    await tavern.assistant.on_edited(edit(tavern, message))
    await tavern.assistant.on_reaction(tavern.reaction("answer", "👎"))
    async with tavern.ledger.reading() as connection:
        (given,) = await live_verdicts(connection)
    new = await standing(tavern)
    assert (given.answer_id, given.verdict) == (new.id, Verdict.DOWN)
    gone = Deleted(event_id="gone", ref=message.ref, at=tavern.clock.advance(seconds=1))
    await tavern.assistant.on_deleted(gone)
    assert (await standing(tavern)).text == FORGOTTEN


async def test_a_repeated_edit_answers_once(tavern: Tavern, place: Place) -> None:
    """Under the same identity or another; an edit that says the same again neither."""
    message = await ask(tavern, place)
    first = edit(tavern, message)
    for one in (first, first, replace(first, event_id="other"), edit(tavern, message)):
        await tavern.assistant.on_edited(one)
    assert len(place.revised) == 1


async def test_a_question_may_be_changed_again(tavern: Tavern, place: Place) -> None:
    """Each change gets its answer; an older one that comes late gets none."""
    message = await ask(tavern, place)
    late, first, second = (
        edit(tavern, message, text) for text in ("Who?", LIBRARY, "When does the kitchen open?")
    )
    for one in (first, second, late):
        await tavern.assistant.on_edited(one)
    assert len(place.revised) == 2
    assert (await standing(tavern)).question.asked == second.text
    assert await text_of(tavern, message) == second.text


@pytest.mark.parametrize("text", ["when does the  kitchen close", "  ", "/echo hello"])
async def test_what_is_no_other_question_is_only_stored(
    tavern: Tavern, place: Place, text: str
) -> None:
    """The same in other spelling, nothing at all, or a command."""
    message = await ask(tavern, place)
    await tavern.assistant.on_edited(edit(tavern, message, text))
    assert place.revised == []
    assert await text_of(tavern, message) == text


async def test_what_a_command_printed_stays(tavern: Tavern, place: Place) -> None:
    """A command is not run by changing it, nor made a question."""
    message = await ask(tavern, place, "/echo hello")
    await tavern.assistant.on_edited(edit(tavern, message))
    assert place.revised == []


@pytest.mark.parametrize("said", ["emoji", "taken back", "button", "correction"])
async def test_what_somebody_reacted_to_stays_as_they_saw_it(
    tavern: Tavern, place: Place, said: str
) -> None:
    """Whatever the emoji, and also where it was taken back; the text is stored all the same."""
    message = await ask(tavern, place)
    if said in {"emoji", "taken back"}:
        await tavern.assistant.on_reaction(tavern.reaction("answer", "🎲"))
    if said == "taken back":
        await tavern.assistant.on_reaction(tavern.reaction("answer", "🎲", added=False))
    if said == "button":
        await tavern.judge(place.answer, Verdict.UP)
    if said == "correction":
        await tavern.correct(place.answer, "At eleven.")
    await tavern.assistant.on_edited(edit(tavern, message))
    assert place.revised == []
    assert await text_of(tavern, message) == LIBRARY
    assert (await standing(tavern)).question.asked == KITCHEN


class Interrupted(ScriptedModel):
    """A language model during whose answering something happens, once it is told what."""

    meanwhile: Callable[[], Awaitable[None]] | None = None

    async def answer(self, prompt: Prompt) -> AsyncIterator[Piece]:
        """Let it happen, and answer."""
        if self.meanwhile is not None:
            await self.meanwhile()
        async for piece in super().answer(prompt):
            yield piece


async def test_a_verdict_that_is_quicker_than_the_new_answer_keeps_the_old(
    tavern: Tavern, place: Place
) -> None:
    """It was given to what stands there; the new answer is dropped unseen."""
    model = Interrupted()
    tavern.use(model)
    await tavern.assistant.resume("test", lambda _: place)
    message = await ask(tavern, place)
    quick = tavern.reaction("answer", "👍")
    model.meanwhile = lambda: tavern.assistant.on_reaction(quick)
    edited = edit(tavern, message)
    await tavern.assistant.on_edited(edited)
    assert place.revised == []
    assert await is_handled(tavern, edited)
    assert (await standing(tavern)).question.asked == KITCHEN


async def test_what_was_shown_before_a_failure_is_shown_again_and_noted(
    tavern: Tavern, place: Place
) -> None:
    """The platform broke off: another attempt shows the same answer, whatever was said meanwhile."""
    message = await ask(tavern, place)
    edited = await broken_off(tavern, place, message)
    assert not await is_handled(tavern, edited)
    await tavern.assistant.on_reaction(tavern.reaction("answer", "👍"))
    assert await count(tavern) == 2
    await start_again(tavern, place)
    assert await count(tavern) == 2
    first, second = (answer.id for _, answer in place.revised)
    assert first == second == (await standing(tavern)).id
    assert await is_handled(tavern, edited)
    async with tavern.ledger.reading() as connection:
        (given,) = await live_verdicts(connection)
    assert given.answer_id == first


async def test_what_was_shown_is_noted_though_the_question_is_taken_away_meanwhile(
    tavern: Tavern, place: Place
) -> None:
    """People see that answer, so what they say is said of it; its words are gone with the question."""
    message = await ask(tavern, place)
    edited = await broken_off(tavern, place, message)
    gone = Deleted(event_id="gone", ref=message.ref, at=tavern.clock.advance(seconds=1))
    await tavern.assistant.on_deleted(gone)
    await start_again(tavern, place)
    shown = place.revised[-1][1]
    assert (shown.id, shown.text) == ((await standing(tavern)).id, FORGOTTEN)
    assert await is_handled(tavern, edited)


async def test_what_was_shown_is_noted_though_the_question_is_changed_again(
    tavern: Tavern, place: Place
) -> None:
    """The later change finds what somebody reacted to, and leaves it."""
    message = await ask(tavern, place)
    first = await broken_off(tavern, place, message)
    await tavern.assistant.on_reaction(tavern.reaction("answer", "👍"))
    second = edit(tavern, message, "When does the kitchen open?")
    await tavern.assistant.on_edited(second)
    await start_again(tavern, place)
    assert (await standing(tavern)).id == place.revised[0][1].id
    assert await is_handled(tavern, first)
    assert await is_handled(tavern, second)


async def test_an_answer_to_older_words_does_not_take_the_place_of_a_newer_one(
    tavern: Tavern, place: Place
) -> None:
    """What broke off and rests is overtaken by the next change, and then left."""
    message = await ask(tavern, place)
    first = await broken_off(tavern, place, message)
    second = edit(tavern, message, "When does the kitchen open?")
    await tavern.assistant.on_edited(second)
    await start_again(tavern, place)
    assert (await standing(tavern)).question.asked == second.text
    assert place.revised[-1][1].question.asked == second.text
    assert await is_handled(tavern, first)


async def test_where_nobody_speaks_the_answer_stays(tavern: Tavern) -> None:
    """A process that serves no platform stores the text and leaves the post as it is."""
    place = Place()
    message = await ask(tavern, place)
    edited = edit(tavern, message)
    await tavern.assistant.on_edited(edited)
    assert await is_handled(tavern, edited)
    assert place.revised == []


class Waiting(Place):
    """A reply that waits at its first status until it may go on."""

    def __init__(self) -> None:
        """Hold it up."""
        super().__init__()
        self.reached, self.gate = asyncio.Event(), asyncio.Event()

    async def progress(self, text: str) -> None:
        """Wait."""
        self.reached.set()
        await self.gate.wait()


@pytest.mark.parametrize("here", [True, False])
async def test_a_change_while_the_question_is_answered_is_seen_once_it_is(
    tavern: Tavern, here: bool
) -> None:
    """The answer to the old words is posted first, and then replaced by whoever posted it.

    The edit may have come to another process.
    """
    slow, answering = Waiting(), tavern.new_assistant()
    other = answering if here else tavern.new_assistant()
    for one in {answering, other}:
        await one.resume("test", lambda _: slow)
    message = tavern.message(KITCHEN)
    await answering.receive(message)
    await slow.reached.wait()
    edited = edit(tavern, message)
    await other.on_edited(edited)
    assert await text_of(tavern, message) == LIBRARY
    slow.gate.set()
    await answering.drain()
    assert slow.answer.question.asked == KITCHEN
    ((_, answer),) = slow.revised
    assert answer.question.asked == LIBRARY
    assert await is_handled(tavern, edited)
    await answering.drain()
    await other.drain()
    assert [one for one in tavern.ear.heard if isinstance(one, Edited)] == [edited]


async def test_what_was_closed_meanwhile_is_answered_for_its_members(
    tavern: Tavern, place: Place
) -> None:
    """The message was sent where everybody read; the new answer is for those who may read now."""
    message = await ask(tavern, place)
    closed = replace(HALL, public=False)
    at = tavern.clock.advance(seconds=1)
    await tavern.assistant.receive(Reopened(event_id="closed", conversation=closed, at=at))
    await tavern.assistant.drain()
    await tavern.assistant.on_edited(edit(tavern, message))
    assert (await standing(tavern)).audience == members_of(HALL.id)


async def test_others_messages_and_other_places_are_only_stored(
    tavern: Tavern, place: Place
) -> None:
    """What was never answered, and what a platform edits that the bot never heard."""
    chat = tavern.message("Lovely weather!", addressed=False, person=BEN)
    await tavern.assistant.on_message(chat, place)
    await tavern.assistant.on_edited(edit(tavern, chat))
    await tavern.assistant.on_edited(edit(tavern, tavern.message(KITCHEN, place=CELLAR)))
    assert place.revised == []
    assert await text_of(tavern, chat) == LIBRARY


@pytest.mark.parametrize(
    ("asked", "text", "changed"),
    [
        ("When does it close?", "when does it  close", False),
        ("When does it close?", "When does it close ?!", False),
        ("When does it close?", "When does it open?", True),
        ("什么时候关门？", "什么时候开门？", True),
        ("Version 1.2", "Version 1.3", True),
    ],
)
def test_a_change_of_spelling_is_none(asked: str, text: str, changed: bool) -> None:
    """Case, spaces and what ends a sentence do not make another question."""
    assert is_changed(asked, text) is changed
