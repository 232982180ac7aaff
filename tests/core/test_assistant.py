"""Assistant: whatever a platform delivers has its effect once, and the asker gets a sentence."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from sqlalchemy import select

from core.answers import Answer, Origin
from core.commands import question_of
from core.composing import STILL_READING
from core.documents import content_hash
from core.errors import TavernkeepError, UnknownAnswerError
from core.feedback import Feedback, Verdict
from core.interfaces import Event
from core.ledger import inbox
from core.ledger.answers import save_answer
from core.ledger.feedback import live_verdicts
from core.ledger.messages import save_message
from core.ledger.tables import inbox as inbox_table
from core.messages import Deleted, Edited, Message, Reaction
from core.responder import APOLOGY, NO_QUESTION
from core.scheduler import silent
from tests.tavern import ANA, BEN, CELLAR, KITCHEN, ROBOT, KeptReply, Tavern, page, written


async def failure_of(tavern: Tavern, message: Message) -> tuple[bool, str | None]:
    """Return whether a message is handled, and the failure that the inbox names."""
    async with tavern.ledger.reading() as connection:
        rows = await connection.execute(
            select(inbox_table).where(inbox_table.c.event_id == message.event_id)
        )
        row = rows.one()
    return row.handled_at is not None, row.failure


async def live(tavern: Tavern) -> Sequence[Feedback]:
    """Return the verdicts that count."""
    async with tavern.ledger.reading() as connection:
        return await live_verdicts(connection)


async def test_a_question_is_answered_stored_and_can_be_judged(tavern: Tavern) -> None:
    """The answer is cited, its post is known, and a reaction to it is a verdict on it."""
    answer = await tavern.ask("When does the kitchen close?")
    assert "[1]" in answer.text
    assert answer.citations[0].title == "Kitchen"
    await tavern.assistant.on_reaction(tavern.reaction("id0-answer", "👍🏽"))
    (given,) = await live(tavern)
    assert (given.answer_id, given.verdict) == (answer.id, Verdict.UP)


async def test_a_repeated_delivery_has_no_effect(tavern: Tavern) -> None:
    """The same event twice gives one answer, one verdict and one word to listeners."""
    message, reply = tavern.message("When does the kitchen close?"), KeptReply("post")
    await tavern.assistant.on_message(message, reply)
    await tavern.assistant.on_message(message, reply)
    verdict = tavern.verdict(reply.answer, Verdict.UP)
    await tavern.assistant.on_verdict(verdict)
    await tavern.assistant.on_verdict(verdict)
    await tavern.assistant.drain()
    assert tavern.ear.heard == [message, verdict]


@pytest.mark.parametrize(
    ("text", "bot", "addressed"),
    [("When does the kitchen close?", True, True), ("Lovely weather!", False, False)],
)
async def test_nobody_asked(tavern: Tavern, text: str, bot: bool, addressed: bool) -> None:
    """What bots write, and what people say to each other, is heard and not answered."""
    reply = KeptReply("post")
    message = tavern.message(text, person=ROBOT if bot else ANA, addressed=addressed)
    await tavern.assistant.on_message(message, reply)
    assert (reply.finished, reply.failures, reply.said) == ([], [], [])
    assert await failure_of(tavern, message) == (True, None)


async def test_a_mention_without_words_gets_a_sentence(tavern: Tavern) -> None:
    """Whoever sends only a picture is told that it cannot be read; in a thread nobody is."""
    reply = KeptReply("post")
    await tavern.assistant.on_message(tavern.message("  "), reply)
    quiet = tavern.message("", thread="id0", addressed=False)
    await tavern.assistant.on_message(quiet, reply)
    assert reply.failures == [NO_QUESTION]


async def test_a_follow_up_is_understood_with_its_thread(tavern: Tavern) -> None:
    """In its own thread the bot needs no mention, and searches for what was meant."""
    tavern.source.held.append(page("Windows", "On Windows, install Tavernkeep with the installer."))
    tavern.source.held.append(page("Linux", "On Linux, install Tavernkeep with pip."))
    await tavern.read()
    first = tavern.message("How do I install Tavernkeep on Linux?")
    await tavern.assistant.on_message(first, KeptReply("first"))
    tavern.clock.advance(seconds=1)
    reply = KeptReply("second")
    then = tavern.message("and on Windows?", thread=first.ref.key, addressed=False)
    await tavern.assistant.on_message(then, reply)
    assert reply.answer.question.asked == "and on Windows?"
    assert "install Tavernkeep" in reply.answer.question.text
    assert "Windows" in {one.title for one in reply.answer.citations}


async def test_other_threads_are_left_alone(tavern: Tavern) -> None:
    """A reply in a thread in which the bot never spoke is not for it."""
    reply = KeptReply("post")
    message = tavern.message("When does it close?", thread="elsewhere", addressed=False)
    await tavern.assistant.on_message(message, reply)
    assert reply.finished == []


async def test_a_reaction_that_is_quicker_than_the_post_counts(tavern: Tavern) -> None:
    """An emoji on a message that the ledger does not know yet is a verdict once it does."""
    await tavern.assistant.on_reaction(tavern.reaction("id2-answer", "👎"))
    await tavern.assistant.on_reaction(tavern.reaction("id2-answer", "👍", person=ROBOT))
    assert await live(tavern) == []
    answer = await tavern.ask("When does the kitchen close?")
    (given,) = await live(tavern)
    assert (given.answer_id, given.verdict, given.person) == (answer.id, Verdict.DOWN, BEN)
    await tavern.assistant.drain()
    assert [type(one) for one in tavern.ear.heard].count(Feedback) == 1


async def test_taking_an_emoji_off_takes_the_verdict_back(tavern: Tavern) -> None:
    """Of two emoji that say the same, the verdict goes with the last."""
    await tavern.ask("When does the kitchen close?")
    for emoji, added, left in [("👍", True, 1), ("❤️", True, 1), ("👍", False, 1), ("❤️", False, 0)]:
        await tavern.assistant.on_reaction(tavern.reaction("id0-answer", emoji, added=added))
        assert len(await live(tavern)) == left


async def test_emoji_that_say_nothing_are_told_to_listeners_only(tavern: Tavern) -> None:
    """A die below an answer is no verdict, and plugins hear of it once."""
    await tavern.ask("When does the kitchen close?")
    dice = tavern.reaction("id0-answer", "🎲")
    await tavern.assistant.on_reaction(dice)
    await tavern.assistant.drain()
    assert await live(tavern) == []
    assert [one for one in tavern.ear.heard if isinstance(one, Reaction)] == [dice]


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (TavernkeepError("The memory is being rebuilt."), "The memory is being rebuilt."),
        (ZeroDivisionError("oh"), APOLOGY),
    ],
)
async def test_the_asker_is_told_when_something_breaks(
    tavern: Tavern, error: Exception, sentence: str
) -> None:
    """A failure in the middle is an apology to the asker and a note in the inbox, once."""
    tavern.model.broken = error
    message, reply = tavern.message("When does the kitchen close?"), KeptReply("post")
    await tavern.assistant.on_message(message, reply)
    assert reply.failures == [sentence]
    handled, failure = await failure_of(tavern, message)
    assert handled
    assert str(error) in str(failure)


async def test_what_a_deaf_platform_did_not_take_is_posted_later(tavern: Tavern) -> None:
    """Where neither answer nor apology got through, the saved answer is posted on the next start."""
    message = tavern.message("When does the kitchen close?")
    await tavern.assistant.on_message(message, KeptReply("post", deaf="to all"))
    assert await failure_of(tavern, message) == (False, None)
    reply = KeptReply("post")
    restarted = tavern.new_assistant()
    await restarted.resume("test", lambda _: reply)
    await restarted.resume("test", lambda _: reply)
    assert len(tavern.model.prompts) == 1
    assert reply.answer.citations


async def test_an_answer_that_could_not_be_posted_is_excused(tavern: Tavern) -> None:
    """A platform that takes the apology but not the answer counts as told."""
    message, reply = tavern.message("When does the kitchen close?"), KeptReply("p", deaf="to cards")
    await tavern.assistant.on_message(message, reply)
    assert reply.failures == [APOLOGY]
    assert (await failure_of(tavern, message))[0]


# -- after a crash -------------------------------------------------------------------------------


async def test_a_message_that_was_only_received_is_answered_once(tavern: Tavern) -> None:
    """What the platform was told was received is answered by the next start, and by no other."""
    message, replies = tavern.message("When does the kitchen close?"), [KeptReply("a")]
    await tavern.received(message)
    await tavern.assistant.resume("test", lambda _: replies[0])
    await tavern.assistant.resume("test", lambda _: replies[0])
    await tavern.assistant.resume("elsewhere", lambda _: replies[0])
    assert "ten" in replies[0].answer.text


@pytest.mark.parametrize("posted", [False, True])
async def test_a_saved_answer_is_posted_exactly_once(tavern: Tavern, posted: bool) -> None:
    """After a crash before the post it is posted as it was saved; after the post nothing is."""
    first = await tavern.ask("When does the kitchen close?")
    message = tavern.message("When does the kitchen close?")
    await tavern.received(message)
    reply = KeptReply("a")
    if posted:
        await tavern.assistant.resume("test", lambda _: reply)
        await _unhandle(tavern, message)
    else:
        async with tavern.ledger.writing() as connection:
            await save_message(connection, message, tavern.clock())
            await save_answer(connection, _copy_for(first, message), message)
    await tavern.assistant.resume("test", lambda _: reply)
    assert reply.answer.text == first.text
    assert len(tavern.model.prompts) == 1 + posted


def _copy_for(answer: Answer, message: Message) -> Answer:
    id_ = content_hash(message.ref.platform, message.event_id)[:32]
    return replace(answer, id=id_, question=question_of(id_, message.text, message.text))


async def _unhandle(tavern: Tavern, message: Message) -> None:
    async with tavern.ledger.writing() as connection:
        await connection.execute(
            inbox_table.update()
            .where(inbox_table.c.event_id == message.event_id)
            .values(handled_at=None)
        )


async def test_every_kind_of_event_is_taken_up(tavern: Tavern) -> None:
    """Verdicts, reactions, corrections, edits and deletions survive a crash; bad ones block none."""
    answer = await tavern.ask("When does the kitchen close?")
    ghost = tavern.verdict(replace(answer, id="ghost"), Verdict.UP)
    message = tavern.message("Hello", addressed=False)
    await tavern.assistant.on_message(message, KeptReply("x"))
    events: list[Event] = [
        ghost,
        tavern.reaction("id0-answer", "👍", person=ANA),
        tavern.verdict(answer, Verdict.DOWN),
        tavern.correction(answer, "At eleven."),
        Edited(event_id="e", ref=message.ref, text="Hallo", at=tavern.clock()),
    ]
    await tavern.received(*events)
    await tavern.assistant.resume("test", lambda _: KeptReply("x"))
    assert {one.person: one.verdict for one in await live(tavern)} == {
        ANA: Verdict.UP,
        BEN: Verdict.DOWN,
    }
    assert "Hallo" in [one.text for one in await tavern.assistant.history("test:hall")]
    async with tavern.ledger.reading() as connection:
        assert await inbox.pending(connection, "test") == []


class Restless(KeptReply):
    """A reply during whose making the platform connects again."""

    def __init__(self, tavern: Tavern, other: KeptReply) -> None:
        """Take the reply that the second connection would use."""
        super().__init__("a")
        self.tavern, self.other = tavern, other

    async def progress(self, text: str) -> None:
        """Let the platform resume."""
        await self.tavern.assistant.resume("test", lambda _: self.other)
        await super().progress(text)


async def test_what_is_under_way_is_not_taken_up_a_second_time(tavern: Tavern) -> None:
    """A platform that reconnects while an answer is being written gets one answer."""
    other = KeptReply("b")
    reply = Restless(tavern, other)
    await tavern.assistant.on_message(tavern.message("When does the kitchen close?"), reply)
    assert (len(reply.finished), other.finished) == (1, [])


async def test_a_reply_that_cannot_be_made_stops_no_start(tavern: Tavern) -> None:
    """One message whose place is gone does not keep the bot from starting."""
    gone, fine, reply = tavern.message("Kitchen?"), tavern.message("Kitchen?"), KeptReply("a")
    await tavern.received(gone, fine)

    def reply_to(message: Message) -> KeptReply:
        if message == gone:
            raise LookupError("no such channel")
        return reply

    await tavern.assistant.resume("test", reply_to)
    assert len(reply.finished) == 1
    assert not (await failure_of(tavern, gone))[0]


# -- edits, commands, and what people look at ----------------------------------------------------


async def test_edits_and_deletions_reach_the_history(tavern: Tavern) -> None:
    """History shows the new text, and nothing of what was taken away."""
    message = tavern.message("Helo", addressed=False)
    await tavern.assistant.on_message(message, KeptReply("x"))
    edited = Edited(event_id="e", ref=message.ref, text="Hello", at=tavern.clock())
    await tavern.assistant.on_edited(edited)
    await tavern.assistant.on_edited(replace(edited, text="a late repetition"))
    assert [one.text for one in await tavern.assistant.history("test:hall")] == ["Hello"]
    deleted = Deleted(event_id="d", ref=message.ref, at=tavern.clock())
    await tavern.assistant.on_deleted(deleted)
    await tavern.assistant.on_deleted(deleted)
    assert await tavern.assistant.history("test:hall") == []


async def test_nobody_hears_what_was_taken_away_before_it_came(tavern: Tavern) -> None:
    """Listeners are told of the deletion, and not of the message and the edit that come after it."""
    message = tavern.message("When does the kitchen close?")
    deleted = Deleted(event_id="d", ref=message.ref, at=tavern.clock())
    edited = Edited(event_id="e", ref=message.ref, text="And the bar?", at=tavern.clock())
    reply = KeptReply("x")
    await tavern.assistant.on_deleted(deleted)
    await tavern.assistant.on_message(message, reply)
    await tavern.assistant.on_edited(edited)
    await tavern.assistant.drain()
    assert tavern.ear.heard == [deleted]
    assert (reply.finished, reply.failures) == ([], [])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("/echo  hello there ", "Ana: hello there"),
        ("/ECHO\nhello", "Ana: hello"),
        ("/echo", "Ana: "),
        ("/ech", "There is no command `/ech`. `/help` lists what there is."),
    ],
)
async def test_commands_are_run(tavern: Tavern, text: str, said: str) -> None:
    """A command gets its arguments and the person; an unknown one is answered with a hint."""
    answer = await tavern.ask(text)
    assert (answer.text, answer.origin) == (said, Origin.COMMAND)
    assert answer.citations == ()


async def test_a_path_is_no_command(tavern: Tavern) -> None:
    """A question that begins with a slash is still a question."""
    assert (await tavern.ask("/etc/hosts in the kitchen?")).origin is not Origin.COMMAND


async def test_a_command_that_falls_over_is_excused(tavern: Tavern) -> None:
    """A stranger's failure is an apology."""
    reply = KeptReply("x")
    await tavern.assistant.on_message(tavern.message("/echo fall over"), reply)
    assert reply.failures == [APOLOGY]


async def test_feedback_on_what_is_not_there_is_refused_for_good(tavern: Tavern) -> None:
    """An unknown answer cannot be judged or corrected, and neither is tried again."""
    answer = await tavern.ask("When does the kitchen close?")
    with pytest.raises(UnknownAnswerError, match="rated"):
        await tavern.judge(replace(answer, id="gone"), Verdict.UP)
    with pytest.raises(UnknownAnswerError, match="corrected"):
        await tavern.correct(replace(answer, id="gone"), "At eleven.")
    with pytest.raises(UnknownAnswerError, match="needs a text"):
        await tavern.correct(answer, " \n")
    async with tavern.ledger.reading() as connection:
        assert await inbox.pending(connection, "test") == []


async def test_unknown_is_excused_only_while_documents_are_read(tavern: Tavern) -> None:
    """ "I am still reading" is said while reading, not while something else runs."""
    tavern.scheduler.running = "rerank"
    assert (await tavern.ask("Who invented zippers?")).notice is None
    tavern.scheduler.running = "refresh"
    assert (await tavern.ask("Who invented zippers?")).notice == STILL_READING
    tavern.scheduler.running = None


async def test_what_people_look_at(tavern: Tavern) -> None:
    """Counts, learned answers, ratings, status and public documents can be looked at."""
    secret = page("Secrets", "The safe is behind the painting.", audience=CELLAR.audience)
    tavern.source.held.append(secret)
    await tavern.read()
    answer = await tavern.ask("When does the kitchen close?")
    await tavern.judge(answer, Verdict.UP)
    await tavern.rerank()
    private = await tavern.ask("When does the kitchen close?", place=CELLAR)
    await tavern.judge(private, Verdict.UP)
    assert [one.answer.id for one in await tavern.assistant.learned()] == [answer.id]
    assert (await tavern.assistant.counts())["documents"] == 3
    assert (await tavern.assistant.ratings_over_time())[0].value > 0.6
    assert await tavern.assistant.status() == {"model": "Scripted."}
    assert await tavern.assistant.document(KITCHEN.id) == KITCHEN
    assert await tavern.assistant.document(secret.id) is None
    with pytest.raises(TavernkeepError, match="no job"):
        await tavern.assistant.run_job("dance", silent)


async def test_a_streamed_answer_is_the_one_that_is_kept(tavern: Tavern) -> None:
    """What people saw coming is what was stored."""
    tavern.model.script = written("It closes ", "at ten.", 0)
    reply = KeptReply("x")
    await tavern.assistant.on_message(tavern.message("When does the kitchen close?"), reply)
    assert reply.streamed == reply.answer.text == "It closes at ten. [1]"
    history = await tavern.assistant.history("test:hall")
    assert history[-1].text == reply.answer.text
