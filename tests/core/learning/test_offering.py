"""Offering: who answers where the bot did not know is asked, alone, whether that is to be kept."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.answers import Answer, Origin, Placement, Standing
from core.audience import EVERYONE
from core.conversations import Conversations
from core.errors import NoPlaceError, UnknownAnswerError
from core.feedback import Choice, Decision, Verdict
from core.learning.forgetting import Forgetting
from core.learning.offering import DECIDED, GONE, MOST_A_DAY, NOT_YOURS
from core.ledger.narrowing import narrowed_to
from core.ledger.proposals import stitched
from core.messages import Conversation, Deleted, Message, Person, Reopened
from core.modes import Mode
from tests.core.learning.test_proposals import QUESTION, SAID, edit, saved, votes
from tests.tavern import ANA, BEN, CELLAR, CLEO, HALL, KeptReply, Tavern

MORE = "The second one from the left is for the gate."
KITCHEN = "When does the kitchen close?"
LATER = "On Sundays the kitchen closes at eleven already."
GUEST = replace(BEN, guest=True)


def sure_from(tavern: Tavern, score: float) -> None:
    """Have the bot be sure of answers whose best source scores so much."""
    chosen = tavern.settings.conversations.model_copy(update={"sure": score})
    tavern.settings = tavern.settings.model_copy(update={"conversations": chosen})
    tavern.assistant = tavern.new_assistant()


async def unknown(
    tavern: Tavern, text: str = QUESTION, place: Conversation = HALL, person: Person = ANA
) -> tuple[Message, Answer]:
    """Have somebody ask what the bot does not know."""
    message = tavern.message(text, place=place, person=person)
    reply = KeptReply(f"{message.ref.key}-answer", place=place)
    await tavern.assistant.on_message(message, reply)
    tavern.clock.advance(seconds=1)
    return message, reply.answer


async def answers(
    tavern: Tavern, below: Message, text: str = SAID, person: Person = BEN
) -> tuple[Message, KeptReply]:
    """Have somebody write below a question; return it with what the bot shows of its own accord."""
    message = tavern.message(
        text, person=person, place=below.conversation, thread=below.ref.key, addressed=False
    )
    reply = KeptReply(f"{message.ref.key}-offer", place=below.conversation)
    await tavern.assistant.on_message(message, reply)
    return message, reply


async def decided(
    tavern: Tavern, offer: Answer, choice: Choice = Choice.KEEP, person: Person = BEN
) -> None:
    """Press one of the two buttons."""
    at = tavern.clock.advance(seconds=1)
    await tavern.assistant.on_decision(
        Decision(
            event_id=f"press:{at.isoformat()}",
            answer_id=offer.id,
            person=person,
            choice=choice,
            at=at,
        )
    )


async def offered(tavern: Tavern, question: str = QUESTION, person: Person = BEN) -> int:
    """Have somebody answer a question that the bot does not know; return how often they are asked."""
    asked, _ = await unknown(tavern, question)
    shown = (await answers(tavern, asked, person=person))[1].finished
    return sum(one.origin is Origin.OFFER for one in shown)


async def test_who_answers_what_the_bot_did_not_know_is_asked_alone(tavern: Tavern) -> None:
    """One line, to them only, naming the question; once about one answer."""
    asked, answer = await unknown(tavern)
    assert answer.origin is Origin.UNKNOWN
    _, reply = await answers(tavern, asked)
    assert (reply.placed, reply.answer.origin) == ([Placement.ASKER], Origin.OFFER)
    assert QUESTION in reply.answer.text
    assert not (await answers(tavern, asked, MORE))[1].finished


async def test_nobody_is_asked_below_a_good_answer(tavern: Tavern) -> None:
    """Once somebody found it wrong, who answers below it is asked."""
    asked, answer = await unknown(tavern, KITCHEN)
    assert answer.origin is not Origin.UNKNOWN
    assert not (await answers(tavern, asked))[1].finished
    await tavern.judge(answer, Verdict.DOWN, CLEO)
    assert (await answers(tavern, asked))[1].finished


async def test_who_answers_where_the_bot_was_not_sure_is_asked(tavern: Tavern) -> None:
    """Unless somebody found its answer right before."""
    sure_from(tavern, 1.0)
    for liked, times in ((False, 1), (True, 0)):
        asked, answer = await unknown(tavern, KITCHEN)
        assert answer.origin is not Origin.UNKNOWN
        if liked:
            await tavern.judge(answer, Verdict.UP, CLEO)
        assert len((await answers(tavern, asked, LATER))[1].finished) == times


async def test_who_answers_what_was_found_wrong_elsewhere_is_asked(tavern: Tavern) -> None:
    """A stored answer that the live epoch rates badly is in doubt wherever it was given."""
    sure_from(tavern, 0.0)
    await tavern.correct(await tavern.ask(KITCHEN), "It closes whenever the cook is tired.", CLEO)
    await tavern.rerank()
    asked, given = await unknown(tavern, KITCHEN)
    assert given.author == CLEO
    elsewhere = await tavern.ask(KITCHEN)
    for name in ("dora", "emil", "finn", "gwen"):
        await tavern.judge(elsewhere, Verdict.DOWN, Person(platform="test", key=name, name=name))
    await tavern.rerank()
    assert (await answers(tavern, asked, LATER))[1].finished


@pytest.mark.parametrize("said", ["Thanks a lot!", "Has anybody seen where they hang?", "No idea."])
async def test_what_answers_nothing_is_not_offered(tavern: Tavern, said: str) -> None:
    """Thanks, questions and chatter."""
    asked, _ = await unknown(tavern)
    assert not (await answers(tavern, asked, said))[1].finished


async def test_guests_and_new_accounts_are_not_asked(tavern: Tavern) -> None:
    """A member is; a guest and an account made yesterday are not, nor is who asked."""
    young = replace(CLEO, since=tavern.clock() - timedelta(days=1))
    assert [await offered(tavern, person=one) for one in (GUEST, young, ANA, CLEO)] == [0, 0, 0, 1]


async def test_where_the_bot_is_switched_off_nobody_is_asked(tavern: Tavern) -> None:
    """It may not speak there, not even to one person."""
    asked, _ = await unknown(tavern)
    modes = Conversations(ledger=tavern.ledger, default=Mode.MENTION, curators=(), now=tavern.clock)
    await modes.set_mode(HALL, Mode.OFF, CLEO)
    assert not (await answers(tavern, asked))[1].finished


async def test_nobody_is_asked_more_than_thrice_a_day(tavern: Tavern) -> None:
    """The day after they are asked again, unless they said No three times."""
    times = [await offered(tavern, f"{QUESTION} Number {n}?") for n in range(MOST_A_DAY + 1)]
    assert times == [1, 1, 1, 0]
    tavern.clock.advance(days=1, seconds=1)
    for number in range(3):
        asked, _ = await unknown(tavern, f"{QUESTION} Door {number}?")
        _, reply = await answers(tavern, asked)
        await decided(tavern, reply.answer, Choice.DECLINE)
    tavern.clock.advance(days=2)
    assert await offered(tavern, f"{QUESTION} At last?") == 0


async def test_several_messages_are_kept_as_one_answer(tavern: Tavern) -> None:
    """In their order, with edits and without what was taken away; what somebody else said ends them."""
    asked, _ = await unknown(tavern)
    first, reply = await answers(tavern, asked)
    second, _ = await answers(tavern, asked, "Or in the chest beside the old green wardrobe.")
    third, _ = await answers(tavern, asked, MORE)
    await tavern.assistant.on_edited(edit(tavern, first, f"{SAID} Really."))
    await tavern.assistant.on_deleted(gone(tavern, second))
    await answers(tavern, asked, "I believe they were stolen last week.", CLEO)
    await answers(tavern, asked, "They were not stolen at all, dear Cleo.")
    await decided(tavern, reply.answer)
    (kept,) = await saved(tavern)
    assert (kept.text, kept.author) == (f"{SAID} Really.\n\n{MORE}", BEN)
    assert (kept.question.text, kept.standing) == (QUESTION, Standing.CANDIDATE)
    assert await votes(tavern) == []  # nobody votes for their own words
    assert third.text == MORE


async def test_what_a_slow_clock_dates_before_the_answer_is_kept(tavern: Tavern) -> None:
    """The platform's clock is two seconds behind the bot's: what was written is there all the same."""
    asked, _ = await unknown(tavern)
    tavern.clock.advance(seconds=-2)
    _, reply = await answers(tavern, asked)
    await decided(tavern, reply.answer)
    assert [one.text for one in await saved(tavern)] == [SAID]


async def test_what_was_kept_is_given_to_who_asks_the_same(tavern: Tavern) -> None:
    """On trial, under its author's name, and only after the re-ranking."""
    asked, _ = await unknown(tavern)
    _, reply = await answers(tavern, asked)
    await decided(tavern, reply.answer)
    await tavern.rerank()
    again = await tavern.ask(QUESTION, person=CLEO)
    assert (again.text, again.author and again.author.name) == (SAID, "Ben")


async def test_what_was_kept_follows_its_messages(tavern: Tavern) -> None:
    """A change changes it, a part that is taken away leaves it, and the last part takes it along."""
    asked, _ = await unknown(tavern)
    first, reply = await answers(tavern, asked)
    second, _ = await answers(tavern, asked, MORE)
    await decided(tavern, reply.answer)
    await tavern.assistant.on_edited(edit(tavern, second, "The second one is for the gate."))
    assert await texts(tavern) == [f"{SAID}\n\nThe second one is for the gate."]
    await tavern.assistant.on_deleted(gone(tavern, first))
    assert await texts(tavern) == ["The second one is for the gate."]
    await tavern.assistant.on_deleted(gone(tavern, second))
    assert await texts(tavern) == []


async def test_the_same_words_are_one_answer_with_a_vote(tavern: Tavern) -> None:
    """Two people who say the same of the same question make one answer; other readers, another one."""
    for person, place in ((BEN, HALL), (CLEO, HALL), (CLEO, CELLAR)):
        asked, _ = await unknown(tavern, place=place)
        _, reply = await answers(tavern, asked, person=person)
        await decided(tavern, reply.answer, person=person)
    assert [one.author for one in await saved(tavern)] == [BEN, CLEO]
    assert await votes(tavern) == [("cleo", Verdict.UP)]


async def test_an_offer_is_for_its_writer_and_decided_once(tavern: Tavern) -> None:
    """Others are told so, and a No is final."""
    asked, _ = await unknown(tavern)
    _, reply = await answers(tavern, asked)
    with pytest.raises(UnknownAnswerError, match=NOT_YOURS):
        await decided(tavern, reply.answer, person=CLEO)
    await decided(tavern, reply.answer, Choice.DECLINE)
    with pytest.raises(UnknownAnswerError, match=DECIDED.format(state="declined")):
        await decided(tavern, reply.answer)
    assert await saved(tavern) == []


async def test_what_is_not_decided_is_still_asked_after_a_restart(tavern: Tavern) -> None:
    """As the ledger has it: not once it is decided, its words are taken away, or a month has passed."""
    shown = []
    for number in range(3):
        asked, _ = await unknown(tavern, f"{QUESTION} Door {number}?")
        shown.append(await answers(tavern, asked))
    restarted = tavern.new_assistant()
    assert await restarted.offers("test") == [(BEN.id, reply.answer) for _, reply in shown]
    assert await restarted.offers("elsewhere") == []
    await decided(tavern, shown[0][1].answer, Choice.DECLINE)
    await tavern.assistant.on_deleted(gone(tavern, shown[1][0]))
    assert await restarted.offers("test") == [(BEN.id, shown[2][1].answer)]
    tavern.clock.advance(days=31)
    assert await restarted.offers("test") == []


async def test_what_was_made_private_since_is_kept_for_those_inside(tavern: Tavern) -> None:
    """Between the offer and the press: nobody outside is given it, and the hall stays closed."""
    asked, _ = await unknown(tavern)
    _, reply = await answers(tavern, asked)
    await closes(tavern, HALL)
    await decided(tavern, reply.answer)
    await tavern.rerank()
    (kept,) = await saved(tavern)
    assert kept.audience == replace(HALL, public=False).audience
    assert (await tavern.ask(QUESTION, person=CLEO, place=CELLAR)).origin is Origin.UNKNOWN
    async with tavern.ledger.reading() as connection:
        closed = await narrowed_to(connection, EVERYONE, HALL.id)
    assert closed == kept.audience


async def test_what_was_taken_away_is_not_kept(tavern: Tavern) -> None:
    """Whoever presses then is told, beforehand and afterwards."""
    asked, _ = await unknown(tavern)
    said, reply = await answers(tavern, asked)
    await tavern.assistant.on_deleted(gone(tavern, said))
    with pytest.raises(UnknownAnswerError, match=GONE):
        await decided(tavern, reply.answer)
    assert await saved(tavern) == []


async def test_forgetting_takes_offers_and_what_was_kept(tavern: Tavern) -> None:
    """Nothing of the writer is left to decide upon or to be given."""
    asked, _ = await unknown(tavern)
    await answers(tavern, asked, MORE)
    asked, _ = await unknown(tavern)
    _, reply = await answers(tavern, asked)
    await decided(tavern, reply.answer)
    (kept,) = await saved(tavern)
    await Forgetting(ledger=tavern.ledger, now=tavern.clock).forget(BEN)
    assert await texts(tavern) == []
    async with tavern.ledger.reading() as connection:
        assert await stitched(connection, kept.id) == ""
    with pytest.raises(UnknownAnswerError, match=GONE):
        await decided(tavern, reply.answer)


async def test_a_platform_that_shows_nothing_to_one_alone_is_left_alone(tavern: Tavern) -> None:
    """The offer is lost, and the message handled all the same."""
    asked, _ = await unknown(tavern)
    message = tavern.message(SAID, person=BEN, thread=asked.ref.key, addressed=False)

    class Refusing(KeptReply):
        """Has no place of the kind."""

        async def place(self, placement: Placement) -> None:
            """Refuse."""

            raise NoPlaceError(placement.value)

    await tavern.assistant.on_message(message, Refusing("refused"))
    assert not (await answers(tavern, asked))[1].finished


def gone(tavern: Tavern, message: Message) -> Deleted:
    """Return that a message is taken away."""
    at = tavern.clock.advance(seconds=1)
    return Deleted(event_id=f"gone:{at.isoformat()}", ref=message.ref, at=at)


async def texts(tavern: Tavern) -> list[str]:
    """Return what is kept and may be given."""
    return [one.text for one in await saved(tavern) if one.standing is not Standing.STALE]


async def closes(tavern: Tavern, place: Conversation) -> None:
    """Have a conversation made private."""
    closed, at = replace(place, public=False), tavern.clock.advance(seconds=1)
    event = Reopened(event_id=f"closed:{at.isoformat()}", conversation=closed, at=at)
    await tavern.assistant.receive(event)
    await tavern.assistant.drain()
