"""Proposals: what people write to each other becomes an answer, once somebody found it worth keeping."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from core.answers import FORGOTTEN, Answer, Origin, Standing
from core.errors import UnknownAnswerError
from core.feedback import Feedback, Proposal, Verdict
from core.learning.proposals import NO_QUESTION, NO_TEXT, OF_A_BOT, TAKEN_AWAY
from core.ledger.answers import load_answer
from core.ledger.feedback import live_verdicts
from core.ledger.tables import answers, inbox
from core.messages import Conversation, Deleted, Edited, Message, MessageRef, Person, Reaction
from tests.tavern import ANA, BEN, CELLAR, CLEO, HALL, ROBOT, KeptReply, Tavern

QUESTION = "Where do the spare keys of the stable hang?"
NEAR = "Where do the spare keys of the stable hang now?"
SAID = "They hang behind the clock, beside the red lantern."
PIN = "pushpin"


async def written(
    tavern: Tavern,
    text: str,
    person: Person,
    *,
    thread: str | None = None,
    place: Conversation = HALL,
) -> Message:
    """Let somebody write to others; the bot listens."""
    message = tavern.message(text, person=person, place=place, thread=thread, addressed=False)
    await tavern.assistant.on_message(message, KeptReply(f"{message.ref.key}-answer"))
    return message


async def talk(tavern: Tavern, place: Conversation = HALL) -> Message:
    """Let Ana ask everybody, and Ben answer in the thread; return what Ben wrote."""
    asked = await written(tavern, QUESTION, ANA, place=place)
    return await written(tavern, SAID, BEN, thread=asked.ref.key, place=place)


def proposal(
    tavern: Tavern, message: Message, *, by: Person = CLEO, question: str | None = None
) -> Proposal:
    """Return that somebody wants to keep a message."""
    at = tavern.clock.advance(seconds=1)
    return Proposal(
        event_id=f"saved:{message.ref.key}:{at.isoformat()}",
        ref=message.ref,
        conversation=message.conversation,
        person=by,
        author=message.person,
        text=message.text,
        question=question,
        at=at,
    )


def pin(tavern: Tavern, ref: MessageRef, *, by: Person = CLEO, added: bool = True) -> Reaction:
    """Return that somebody pins a message, or takes the pin off."""
    at = tavern.clock.advance(seconds=1)
    return Reaction(
        event_id=f"pin:{at.isoformat()}", ref=ref, person=by, emoji=PIN, added=added, at=at
    )


def edit(tavern: Tavern, message: Message, text: str) -> Edited:
    """Return that a message has another text."""
    at = tavern.clock.advance(seconds=1)
    return Edited(event_id=f"edit:{at.isoformat()}", ref=message.ref, text=text, at=at)


async def saved(tavern: Tavern) -> list[Answer]:
    """Return the answers that were saved, oldest first."""
    async with tavern.ledger.reading() as connection:
        ids = await connection.execute(
            select(answers.c.id)
            .where(answers.c.origin == Origin.CORRECTION.value, answers.c.reused_id.is_(None))
            .order_by(answers.c.created_at)
        )
        held = [await load_answer(connection, id_) for id_ in ids.scalars().all()]
    return [one for one in held if one]


async def votes(tavern: Tavern) -> list[tuple[str, Verdict]]:
    """Return who says what now."""
    async with tavern.ledger.reading() as connection:
        given: list[Feedback] = await live_verdicts(connection)
    return [(one.person.key, one.verdict) for one in given]


async def test_a_saved_message_answers_the_question_of_its_thread(tavern: Tavern) -> None:
    """After the re-ranking whoever asks the like gets it, under its author's name."""
    event = proposal(tavern, await talk(tavern))
    await tavern.assistant.on_proposal(event)
    (kept,) = await saved(tavern)
    assert (kept.text, kept.question.text, kept.author) == (SAID, QUESTION, BEN)
    assert kept.standing is Standing.CANDIDATE
    assert await votes(tavern) == [("cleo", Verdict.UP)]
    await tavern.rerank()
    again = await tavern.ask(NEAR)
    assert again.text == SAID
    assert again.badge
    assert (again.badge.author, again.badge.helpful) == ("Ben", 1)
    await tavern.assistant.drain()
    assert event in tavern.ear.heard


async def test_a_repeated_delivery_saves_nothing_twice(tavern: Tavern) -> None:
    """The same event, under its own identity or another, gives one answer and one vote."""
    event = proposal(tavern, await talk(tavern))
    for one in (event, event, replace(event, event_id="other", text="fetched again")):
        await tavern.assistant.on_proposal(one)
    assert len(await saved(tavern)) == 1
    assert await votes(tavern) == [("cleo", Verdict.UP)]


async def test_the_words_are_kept_in_one_place(tavern: Tavern) -> None:
    """Once a proposal had its effect, or could have none, the inbox has its words no more."""
    message = await talk(tavern)
    await tavern.assistant.on_proposal(proposal(tavern, message))
    alone = await written(tavern, "Nobody asked for this.", BEN)
    with pytest.raises(UnknownAnswerError, match="which question"):
        await tavern.assistant.on_proposal(proposal(tavern, alone))
    async with tavern.ledger.reading() as connection:
        kept = await connection.execute(select(inbox.c.payload).where(inbox.c.kind == "Proposal"))
    assert list(kept.scalars()) == ["{}", "{}"]


async def test_the_same_words_saved_by_two_people_are_one_answer(tavern: Tavern) -> None:
    """Each of the two is a vote for it; the author's own proposal is none."""
    message = await talk(tavern)
    for person in (CLEO, ANA, BEN):
        await tavern.assistant.on_proposal(proposal(tavern, message, by=person))
    assert len(await saved(tavern)) == 1
    assert await votes(tavern) == [("ana", Verdict.UP), ("cleo", Verdict.UP)]


async def test_an_authors_own_proposal_is_tried_too(tavern: Tavern) -> None:
    """Nobody has voted for it, and yet the next re-ranking tries it, as it does a correction."""
    await tavern.correct(await tavern.ask("When does the kitchen close?"), "At eleven.")
    await tavern.rerank()
    await tavern.assistant.on_proposal(proposal(tavern, await talk(tavern), by=BEN))
    await tavern.rerank()
    assert (await tavern.ask(NEAR)).text == SAID


async def test_the_question_can_be_given(tavern: Tavern) -> None:
    """What the proposer says it answers counts, with or without a thread."""
    alone = await written(tavern, SAID, BEN)
    threaded = await talk(tavern)
    for message in (alone, threaded):
        await tavern.assistant.on_proposal(proposal(tavern, message, question=" Keys? "))
    assert [one.question.text for one in await saved(tavern)] == ["Keys?", "Keys?"]


async def test_the_question_may_be_that_of_an_answer_of_ours(tavern: Tavern) -> None:
    """In a thread that hangs on a post of the bot, its question is the question."""
    await tavern.ask("When does the kitchen close?")
    message = await written(tavern, "Not on Sundays.", BEN, thread="id0-answer")
    await tavern.assistant.on_proposal(proposal(tavern, message))
    (kept,) = await saved(tavern)
    assert kept.question.text == "When does the kitchen close?"


async def test_the_platform_may_know_the_thread_alone(tavern: Tavern) -> None:
    """A message that was written before the bot came is saved for a question that it has heard."""
    asked = await written(tavern, QUESTION, ANA)
    unheard = tavern.message(SAID, person=BEN, addressed=False)
    await tavern.assistant.on_proposal(replace(proposal(tavern, unheard), thread=asked.ref.key))
    assert [one.question.text for one in await saved(tavern)] == [QUESTION]


@pytest.mark.parametrize(
    ("text", "author", "sentence"),
    [(SAID, BEN, NO_QUESTION), ("  ", BEN, NO_TEXT), (SAID, ROBOT, OF_A_BOT)],
)
async def test_what_cannot_be_saved_is_said(
    tavern: Tavern, text: str, author: Person, sentence: str
) -> None:
    """No question, no words, or another bot's words: the proposer is told, and nothing is kept."""
    message = replace(tavern.message(text, person=author, addressed=False))
    with pytest.raises(UnknownAnswerError) as told:
        await tavern.assistant.on_proposal(proposal(tavern, message))
    assert str(told.value) == sentence
    assert await saved(tavern) == []


async def test_bots_propose_nothing(tavern: Tavern) -> None:
    """A bot that pins everything saves nothing."""
    await tavern.assistant.on_proposal(proposal(tavern, await talk(tavern), by=ROBOT))
    assert await saved(tavern) == []


async def test_an_answer_of_ours_that_is_saved_gets_the_vote(tavern: Tavern) -> None:
    """Generated text never poses as a person's; pinning it and taking the pin off is a 👍 and back."""
    answer = await tavern.ask("When does the kitchen close?")
    posted = tavern.reaction("id0-answer", PIN, person=CLEO).ref
    ours = replace(tavern.message(answer.text, person=ROBOT), ref=posted)
    await tavern.assistant.on_reaction(pin(tavern, posted))
    await tavern.assistant.on_proposal(proposal(tavern, ours))
    assert await saved(tavern) == []
    assert await votes(tavern) == [("cleo", Verdict.UP)]
    await tavern.assistant.on_reaction(pin(tavern, posted, added=False))
    assert await votes(tavern) == []


async def test_whoever_changed_the_words_is_their_author(tavern: Tavern) -> None:
    """Nobody puts words into a curator's mouth; nor does it count as a vote for them."""
    event = replace(proposal(tavern, await talk(tavern)), text="They hang in the attic.")
    await tavern.assistant.on_proposal(event)
    (kept,) = await saved(tavern)
    assert kept.author == CLEO
    assert await votes(tavern) == []


async def test_it_is_for_those_who_read_where_it_was_written(tavern: Tavern) -> None:
    """What was saved in the cellar is given in the cellar and nowhere else."""
    await tavern.assistant.on_proposal(proposal(tavern, await talk(tavern, CELLAR)))
    await tavern.rerank()
    assert (await tavern.ask(NEAR, place=CELLAR)).text == SAID
    assert (await tavern.ask(NEAR)).text != SAID


# -- taken back ------------------------------------------------------------------------------------


async def test_taking_the_pin_off_takes_the_proposal_back(tavern: Tavern) -> None:
    """Where nobody else stands by it, it is given to nobody; pinned anew, it is a new answer."""
    message = await talk(tavern)
    await tavern.assistant.on_proposal(proposal(tavern, message))
    await tavern.rerank()
    await tavern.assistant.on_reaction(pin(tavern, message.ref, added=False))
    assert await votes(tavern) == []
    for _ in range(2):
        assert (await tavern.ask(NEAR)).text != SAID
        await tavern.rerank()
    await tavern.assistant.on_proposal(proposal(tavern, message))
    await tavern.rerank()
    assert (await tavern.ask(NEAR)).text == SAID
    assert [one.standing for one in await saved(tavern)] == [Standing.STALE, Standing.TRIAL]


async def test_it_stays_while_somebody_stands_by_it(tavern: Tavern) -> None:
    """Somebody else who saved it, or who likes it, keeps it; only the one vote goes."""
    message = await talk(tavern)
    for person in (CLEO, ANA):
        await tavern.assistant.on_proposal(proposal(tavern, message, by=person))
    await tavern.assistant.on_reaction(pin(tavern, message.ref, added=False))
    (kept,) = await saved(tavern)
    assert kept.standing is not Standing.STALE
    assert await votes(tavern) == [("ana", Verdict.UP)]
    await tavern.judge(kept, Verdict.UP, CLEO)
    await tavern.assistant.on_reaction(pin(tavern, message.ref, by=ANA, added=False))
    (kept,) = await saved(tavern)
    assert kept.standing is not Standing.STALE


async def test_a_removal_that_is_quicker_than_the_proposal_counts(tavern: Tavern) -> None:
    """The pin was put on and taken off, and the two arrive the other way round."""
    message = await talk(tavern)
    event = proposal(tavern, message)
    await tavern.assistant.on_reaction(pin(tavern, message.ref, added=False))
    await tavern.assistant.on_proposal(event)
    assert await votes(tavern) == []
    assert [one.standing for one in await saved(tavern)] == [Standing.STALE]


async def test_other_emoji_take_nothing_back(tavern: Tavern) -> None:
    """Nor does putting the pin on, or a bot's taking it off."""
    message = await talk(tavern)
    await tavern.assistant.on_proposal(proposal(tavern, message))
    for one in (
        pin(tavern, message.ref),
        replace(pin(tavern, message.ref, added=False), emoji="👍"),
        pin(tavern, message.ref, by=ROBOT, added=False),
        pin(tavern, message.ref, by=ANA, added=False),
    ):
        await tavern.assistant.on_reaction(one)
    assert await votes(tavern) == [("cleo", Verdict.UP)]


# -- changed ---------------------------------------------------------------------------------------


async def test_what_was_saved_follows_the_message(tavern: Tavern) -> None:
    """In its new words it starts anew, whoever found the old ones right; those stand nowhere."""
    message = await talk(tavern)
    for person in (CLEO, ANA):
        await tavern.assistant.on_proposal(proposal(tavern, message, by=person))
    newer = "They hang beside the blue lantern."
    await tavern.assistant.on_edited(edit(tavern, message, newer))
    old, new = await saved(tavern)
    assert (old.text, old.question.text, old.standing) == (FORGOTTEN, "", Standing.STALE)
    assert (new.text, new.question.text, new.author) == (newer, QUESTION, BEN)
    async with tavern.ledger.reading() as connection:
        given = await live_verdicts(connection)
    assert {one.answer_id for one in given} == {old.id}
    await tavern.rerank()
    assert (await tavern.ask(NEAR)).text == newer
    for person in (CLEO, ANA):
        await tavern.assistant.on_reaction(pin(tavern, message.ref, by=person, added=False))
    assert (await tavern.ask(NEAR)).text != newer


async def test_what_says_the_same_or_nothing_is_not_saved_anew(tavern: Tavern) -> None:
    """Other spaces change nothing; with all its words the message takes what was saved from it."""
    message = await talk(tavern)
    await tavern.assistant.on_proposal(proposal(tavern, message))
    await tavern.assistant.on_edited(edit(tavern, message, f"  {SAID}"))
    assert [one.text for one in await saved(tavern)] == [SAID]
    await tavern.assistant.on_edited(edit(tavern, message, " "))
    assert [one.text for one in await saved(tavern)] == [FORGOTTEN]


async def test_words_of_whoever_saved_it_stay(tavern: Tavern) -> None:
    """They were put into the dialog, and are not the message's."""
    message = await talk(tavern)
    other = "They hang in the attic."
    await tavern.assistant.on_proposal(replace(proposal(tavern, message), text=other))
    await tavern.assistant.on_edited(edit(tavern, message, "Ask the cook."))
    assert [one.text for one in await saved(tavern)] == [other]


# -- taken away ------------------------------------------------------------------------------------


async def test_with_the_message_goes_what_was_saved_from_it(tavern: Tavern) -> None:
    """Also where it was given again; and nobody can save it any more."""
    message = await talk(tavern)
    await tavern.assistant.on_proposal(proposal(tavern, message))
    await tavern.rerank()
    again = await tavern.ask(NEAR)
    gone = Deleted(event_id="gone", ref=message.ref, at=tavern.clock.advance(seconds=1))
    await tavern.assistant.on_deleted(gone)
    async with tavern.ledger.reading() as connection:
        held = [await load_answer(connection, id_) for id_ in (again.id, again.reused_id or "")]
    assert [one.text for one in held if one] == [FORGOTTEN, FORGOTTEN]
    with pytest.raises(UnknownAnswerError) as told:
        await tavern.assistant.on_proposal(proposal(tavern, message))
    assert str(told.value) == TAKEN_AWAY


async def test_with_the_question_goes_how_it_is_found(tavern: Tavern) -> None:
    """The answer stays, for somebody else wrote it, and is found by the taken away words no more."""
    message = await talk(tavern)
    await tavern.assistant.on_proposal(proposal(tavern, message))
    asked = replace(message.ref, key=str(message.thread))
    gone = Deleted(event_id="gone", ref=asked, at=tavern.clock.advance(seconds=1))
    await tavern.assistant.on_deleted(gone)
    await tavern.rerank()
    (kept,) = await saved(tavern)
    assert (kept.text, kept.question.text) == (SAID, "")
    assert (await tavern.ask(NEAR)).text != SAID
