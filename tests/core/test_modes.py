"""Modes: the assistant takes part as a conversation's mode says, and nobody sees too much."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.answers import Placement
from core.errors import ModelError
from core.feedback import Choice, Verdict
from core.ledger.conduct import drafts
from core.ledger.messages import thread_turns
from core.ledger.modes import set_mode
from core.ledger.tables import inbox, posts
from core.messages import Conversation, Message, Reopened
from core.modes import Mode
from core.responder import APOLOGY, GIVEN_UP, NO_MODERATORS, NO_QUESTION, SWITCHED_OFF
from core.worker import ATTEMPTS
from tests.tavern import ANA, BEN, CELLAR, HALL, KeptReply, Tavern, page, written

QUESTION = "When does the kitchen close?"
SURE = written("The kitchen closes at ten in the evening.", 0)


async def take_part(tavern: Tavern, mode: Mode, place: Conversation = HALL) -> None:
    """Set a conversation's mode."""
    async with tavern.ledger.writing() as connection:
        await set_mode(connection, place, mode, tavern.clock())


async def say(tavern: Tavern, message: Message, deaf: str = "") -> KeptReply:
    """Have a message seen through, and return what came of it."""
    reply = KeptReply(f"{message.ref.key}-answer", deaf, message.conversation)
    await tavern.assistant.on_message(message, reply)
    tavern.clock.advance(seconds=1)
    return reply


async def drafted(tavern: Tavern) -> list[tuple[str | None, str]]:
    """Return the drafts' placements and states."""
    async with tavern.ledger.reading() as connection:
        rows = await connection.execute(select(drafts.c.placement, drafts.c.state))
        return [(row.placement, row.state) for row in rows]


async def failure_of(tavern: Tavern, message: Message) -> tuple[bool, str | None]:
    """Return whether a message is handled, and the failure that the inbox names."""
    async with tavern.ledger.reading() as connection:
        rows = await connection.execute(select(inbox).where(inbox.c.event_id == message.event_id))
        row = rows.one()
    return row.handled_at is not None, row.failure


# -- to the asker, to moderators, to nobody ------------------------------------------------------


async def test_mention_is_the_mode_that_needs_no_setting(tavern: Tavern) -> None:
    """The answer stands in the thread, and is no draft."""
    reply = await say(tavern, tavern.message(QUESTION))
    assert (reply.placed, len(reply.finished), await drafted(tavern)) == ([], 1, [])


@pytest.mark.parametrize("private", [False, True])
async def test_the_asker_alone_sees_a_suggestion(tavern: Tavern, private: bool) -> None:
    """In mode suggest, and of a command that is private: from the first word on."""
    if not private:
        await take_part(tavern, Mode.SUGGEST)
    reply = await say(tavern, tavern.message(QUESTION, private=private))
    assert reply.placed == [Placement.ASKER]
    assert reply.said[0] == "Searching…"
    assert (len(reply.finished), await drafted(tavern)) == (1, [("asker", "waiting")])


async def test_moderators_see_a_draft_before_anybody(tavern: Tavern) -> None:
    """Nothing is shown while it is written; its post is known, so that their 👍 counts."""
    await take_part(tavern, Mode.DRAFT)
    message = tavern.message(QUESTION)
    reply = await say(tavern, message)
    assert (reply.placed, reply.said, reply.streamed) == ([Placement.MODERATORS], [], "")
    assert (len(reply.finished), await drafted(tavern)) == (1, [("moderators", "waiting")])
    async with tavern.ledger.reading() as connection:
        post = (await connection.execute(select(posts))).one()
    assert (post.conversation_id, post.thread) == ("test:moderators", None)


async def test_moderators_see_nothing_of_what_is_asked_in_private(tavern: Tavern) -> None:
    """They may have no part in the conversation, so its drafts are for the asker alone."""
    tavern.source.held.append(
        page("Safe", "The safe is behind the painting.", audience=CELLAR.audience)
    )
    await tavern.read()
    await take_part(tavern, Mode.DRAFT, CELLAR)
    reply = await say(tavern, tavern.message("Where is the safe?", place=CELLAR))
    assert reply.placed == [Placement.ASKER]
    assert "painting" in reply.answer.text


async def test_what_was_made_private_is_not_for_moderators(tavern: Tavern) -> None:
    """Though the message was delivered as one that everyone may read."""
    await take_part(tavern, Mode.DRAFT)
    closed = replace(HALL, public=False)
    tavern.clock.advance(seconds=1)
    await tavern.assistant.receive(Reopened(event_id="r", conversation=closed, at=tavern.clock()))
    await tavern.assistant.drain()
    message = replace(tavern.message(QUESTION), sent_at=tavern.clock() - timedelta(seconds=1))
    reply = await say(tavern, message)
    assert reply.placed == [Placement.ASKER]


async def test_a_whispered_answer_is_not_read_along_with_others_follow_ups(tavern: Tavern) -> None:
    """The thread that a language model is shown holds what everybody there saw."""
    await take_part(tavern, Mode.SUGGEST)
    message = tavern.message(QUESTION)
    reply = await say(tavern, message)
    async with tavern.ledger.reading() as connection:
        later = tavern.clock.advance(minutes=1)
        turns = await thread_turns(connection, HALL.id, message.ref.key, later, 9)
    assert [one.text for one in turns] == [QUESTION]
    assert reply.placed == [Placement.ASKER]


async def test_without_moderators_the_asker_is_told(tavern: Tavern) -> None:
    """Alone; the draft is kept, and the message is not tried again."""
    await take_part(tavern, Mode.DRAFT)
    message = tavern.message(QUESTION)
    reply = await say(tavern, message, deaf="to moderators")
    assert (reply.placed, reply.failures) == ([Placement.ASKER], [NO_MODERATORS])
    assert (reply.finished, await drafted(tavern)) == ([], [(None, "waiting")])
    assert await failure_of(tavern, message) == (True, None)


async def test_off_is_off_but_for_commands(tavern: Tavern) -> None:
    """Who mentions the bot is told so alone, and may still use commands."""
    await take_part(tavern, Mode.OFF)
    asked = await say(tavern, tavern.message(QUESTION))
    assert (asked.placed, asked.failures, asked.finished) == ([Placement.ASKER], [SWITCHED_OFF], [])
    command = await say(tavern, tavern.message("/echo hello"))
    assert (command.placed, command.answer.text) == ([], "Ana: hello")
    assert len((await say(tavern, tavern.message(QUESTION, private=True))).finished) == 1


@pytest.mark.parametrize("mode", [Mode.SUGGEST, Mode.DRAFT])
async def test_an_apology_in_these_modes_is_for_the_asker(tavern: Tavern, mode: Mode) -> None:
    """Whatever goes wrong, and where there is no text to read."""
    await take_part(tavern, mode)
    tavern.model.broken = ZeroDivisionError("oh")
    for text, sentence in ((QUESTION, APOLOGY), ("  ", NO_QUESTION)):
        reply = await say(tavern, tavern.message(text))
        assert (reply.placed, reply.failures) == ([Placement.ASKER], [sentence])


# -- auto ----------------------------------------------------------------------------------------


async def test_auto_answers_what_it_is_sure_of(tavern: Tavern) -> None:
    """In the thread of a question that nobody asked it, and only once it is sure."""
    await take_part(tavern, Mode.AUTO)
    tavern.model.script = SURE
    reply = await say(tavern, tavern.message(QUESTION, addressed=False))
    assert (reply.placed, reply.said, reply.streamed) == ([], [], "")
    assert (len(reply.finished), await drafted(tavern)) == (1, [])


async def test_auto_gives_verified_answers_again(tavern: Tavern) -> None:
    """People of two conversations vouched for them, and a document says so."""
    tavern.source.held.append(page("Weekends", "At eleven."))
    await tavern.read()
    await tavern.correct(await tavern.ask(QUESTION), "At eleven.")
    await tavern.rerank()
    await take_part(tavern, Mode.AUTO)
    unsure = await say(tavern, tavern.message(QUESTION, addressed=False))
    assert (unsure.placed, unsure.answer.text) == ([Placement.MODERATORS], "At eleven.")
    for name in "abc":
        person = replace(ANA, key=name, name=name)
        await tavern.judge(unsure.answer, Verdict.UP, person)
    elsewhere = await tavern.ask(QUESTION, place=replace(HALL, key="market", name="The market"))
    await tavern.judge(elsewhere, Verdict.UP, replace(ANA, key="d", name="d"))
    await tavern.rerank()
    sure = await say(tavern, tavern.message(QUESTION, addressed=False))
    assert (sure.placed, sure.answer.text) == ([], "At eleven.")


async def test_auto_leaves_the_rest_to_moderators(tavern: Tavern) -> None:
    """What it does not know, or cannot support, waits; chat is not even composed."""
    await take_part(tavern, Mode.AUTO)
    tavern.model.script = written("It closes at ten, I think.")
    for text in (QUESTION, "Who invented zippers?"):
        reply = await say(tavern, tavern.message(text, addressed=False))
        assert (reply.placed, len(reply.finished)) == ([Placement.MODERATORS], 1)
    chat = await say(tavern, tavern.message("Lovely weather.", addressed=False))
    assert (chat.placed, chat.finished) == ([], [])
    assert len(await drafted(tavern)) == 2


@pytest.mark.parametrize(("place", "deaf"), [(HALL, "to moderators"), (CELLAR, "")])
async def test_auto_is_silent_where_nobody_else_may_decide(
    tavern: Tavern, place: Conversation, deaf: str
) -> None:
    """Without moderators, and in a private conversation, what is unsure is only kept."""
    await take_part(tavern, Mode.AUTO, place)
    message = tavern.message("Who invented zippers?", place=place, addressed=False)
    reply = await say(tavern, message, deaf)
    assert (reply.placed, reply.finished, reply.failures) == ([], [], [])
    assert await drafted(tavern) == [(None, "waiting")]
    assert await failure_of(tavern, message) == (True, None)


async def test_auto_fails_in_silence(tavern: Tavern) -> None:
    """Nobody asked, so nobody is told; the inbox says why."""
    await take_part(tavern, Mode.AUTO)
    tavern.model.broken = ZeroDivisionError("oh")
    message = tavern.message(QUESTION, addressed=False)
    reply = await say(tavern, message)
    assert (reply.finished, reply.failures) == ([], [])
    assert await failure_of(tavern, message) == (True, "ZeroDivisionError('oh')")


async def test_auto_is_not_sure_of_what_a_lesser_model_wrote(tavern: Tavern) -> None:
    """An answer with a notice waits for moderators."""
    await take_part(tavern, Mode.AUTO)
    tavern.model.broken = ModelError("Claude is busy.")
    reply = await say(tavern, tavern.message(QUESTION, addressed=False))
    assert reply.placed == [Placement.MODERATORS]


# -- threads -------------------------------------------------------------------------------------


async def test_people_who_talk_to_each_other_are_left_alone(tavern: Tavern) -> None:
    """A follow-up is answered until somebody else speaks; then it takes a mention or the name."""
    first = tavern.message(QUESTION)
    await say(tavern, first)
    thread = first.ref.key

    async def follows(text: str, **said: object) -> int:
        given = {"thread": thread, "addressed": False} | said
        message = tavern.message(text, **given)  # type: ignore[arg-type]  # the fields' types differ
        return len((await say(tavern, message)).finished)

    assert await follows("and on Sundays?") == 1
    assert await follows("thank you") == 0
    assert await follows("and the bar?", to_others=True) == 0
    assert await follows("I would like to know too", person=BEN) == 0
    assert await follows("me, too: when does it open?") == 0
    assert await follows("Tavernkeep, when does it open?") == 1
    assert await follows("when does it open?", addressed=True) == 1


async def test_a_silenced_thread_takes_a_mention(tavern: Tavern) -> None:
    """The mention is answered and lifts nothing; taking the emoji back does."""
    first = tavern.message(QUESTION)
    await say(tavern, first)

    async def follow_up(*, addressed: bool = False) -> bool:
        message = tavern.message(
            "and on Sundays?", thread=first.ref.key, addressed=addressed, person=ANA
        )
        return bool((await say(tavern, message)).finished)

    await tavern.assistant.on_reaction(tavern.reaction(first.ref.key, "shushing_face"))
    assert [await follow_up(), await follow_up(addressed=True), await follow_up()] == [
        False,
        True,
        False,
    ]
    back = tavern.reaction(first.ref.key, "shushing_face", added=False)
    await tavern.assistant.on_reaction(back)
    assert await follow_up()


async def test_only_so_many_turns_are_taken_unasked(tavern: Tavern) -> None:
    """After five of them somebody has to mention the bot."""
    first = tavern.message(QUESTION)
    await say(tavern, first)
    answered = [
        len(
            (
                await say(
                    tavern,
                    tavern.message(f"and day {day}?", thread=first.ref.key, addressed=False),
                )
            ).finished
        )
        for day in range(6)
    ]
    assert answered == [1, 1, 1, 1, 1, 0]


async def test_what_was_asked_in_private_is_no_part_of_the_thread(tavern: Tavern) -> None:
    """Its asker may go on talking to others there, and nothing of it reaches others' answers."""
    chat = tavern.message("Who closes the kitchen tonight?", person=BEN, addressed=False)
    await say(tavern, chat)
    thread = chat.ref.key
    whispered = await say(tavern, tavern.message(QUESTION, thread=thread, private=True))
    on = await say(tavern, tavern.message("and tomorrow?", thread=thread, addressed=False))
    assert on.finished == []
    await say(tavern, tavern.message("When does it close?", thread=thread, person=BEN))
    said = [turn.text for prompt in tavern.model.prompts[1:] for turn in prompt.thread]
    assert said[:2] == [chat.text, "and tomorrow?"]
    assert {QUESTION, whispered.answer.text}.isdisjoint(said)
    shared = KeptReply("shared")
    await tavern.assistant.resume("test", lambda _: shared)
    share = tavern.decision(whispered.answer, Choice.PUBLISH, person=ANA)
    await tavern.assistant.on_decision(share)
    tavern.clock.advance(seconds=9)
    on = await say(tavern, tavern.message("and tomorrow?", thread=thread, addressed=False))
    assert len(on.finished) == 1
    assert whispered.answer.text in [turn.text for turn in tavern.model.prompts[-1].thread]


# -- crashes -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "placement"),
    [(Mode.SUGGEST, Placement.ASKER), (Mode.DRAFT, Placement.MODERATORS)],
)
async def test_what_was_for_few_is_for_few_after_a_crash(
    tavern: Tavern, mode: Mode, placement: Placement
) -> None:
    """The place was saved with the answer: it holds, although the mode was changed meanwhile."""
    await take_part(tavern, mode)
    message = tavern.message(QUESTION, addressed=True)
    await say(tavern, message, deaf="to all")  # the platform takes neither answer nor apology
    await take_part(tavern, Mode.OFF)
    tavern.clock.advance(minutes=5)
    reply = KeptReply("later")
    await tavern.new_assistant().resume("test", lambda _: reply)
    assert (reply.placed[-1], reply.failures) == (placement, [])
    assert len(reply.finished) == 1


async def test_an_answer_that_nobody_asked_for_is_given_up_in_silence(tavern: Tavern) -> None:
    """Those who mentioned the bot are told."""
    await take_part(tavern, Mode.AUTO)
    tavern.model.script = SURE
    chat, asked = tavern.message(QUESTION, addressed=False), tavern.message(QUESTION)
    for message in (chat, asked):
        await say(tavern, message, deaf="to all")
        async with tavern.ledger.writing() as connection:
            await connection.execute(
                inbox.update()
                .where(inbox.c.event_id == message.event_id)
                .values(attempts=ATTEMPTS, failure=None)
            )
    tavern.clock.advance(hours=1)
    replies = {chat.ref.key: KeptReply("a"), asked.ref.key: KeptReply("b")}
    await tavern.new_assistant().resume("test", lambda of: replies[of.ref.key])
    assert (replies[chat.ref.key].failures, replies[asked.ref.key].failures) == ([], [GIVEN_UP])
