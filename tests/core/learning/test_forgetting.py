"""Forgetting as a use case: seen beforehand, done once, and the way back stays open to new words."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.answers import Origin
from core.commands import is_command
from core.feedback import Verdict
from core.interfaces import Event
from core.learning.forgetting import Forgetting
from core.ledger.intake import Intake
from core.ledger.messages import thread_turns
from core.ledger.people import all_people
from core.messages import Deleted, Edited, Footprint, Message, MessageRef, Person
from core.responder import TAKEN_AWAY
from tests.tavern import ANA, BEN, CLEO, HALL, KeptReply, Tavern

QUESTION = "When does the kitchen close?"
BETTER = "It closes at eleven on weekends, says the cook."
NONE = Footprint(messages=0, verdicts=0, corrections=0, answers=0, kept=0)


@pytest.fixture
def forgetting(tavern: Tavern) -> Forgetting:
    """Return the use case over the tavern's ledger."""
    return Forgetting(ledger=tavern.ledger, now=tavern.clock)


async def test_the_preview_is_what_is_done(tavern: Tavern, forgetting: Forgetting) -> None:
    """It counts what the deed then takes, and changes nothing by itself."""
    first = await tavern.ask(QUESTION)
    await tavern.correct(first, BETTER, ANA)
    await tavern.judge(first, Verdict.UP, BEN)
    expected = Footprint(messages=1, verdicts=1, corrections=1, answers=0, kept=1)
    assert [await forgetting.preview(ANA) for _ in range(2)] == [expected, expected]
    assert await forgetting.forget(ANA) == expected
    assert await forgetting.preview(ANA) == NONE
    assert await forgetting.known(ANA.id) is None
    assert await forgetting.preview(BEN) == replace(NONE, verdicts=1)


async def test_a_correction_of_a_forgotten_person_is_given_to_nobody(
    tavern: Tavern, forgetting: Forgetting
) -> None:
    """From the next question on, before any job has run; and no re-ranking brings it back."""
    await tavern.correct(await tavern.ask(QUESTION), BETTER)
    await tavern.rerank()
    assert (await tavern.ask(QUESTION, person=CLEO)).text == BETTER
    await forgetting.forget(BEN)
    for _ in range(2):
        again = await tavern.ask(QUESTION, person=CLEO)
        assert (again.origin, again.badge) == (Origin.GENERATED, None)
        await tavern.rerank()


async def test_a_thread_is_read_without_what_a_forgotten_person_said(
    tavern: Tavern, forgetting: Forgetting
) -> None:
    """Nothing of it reaches the language model with the next follow-up."""
    opening = tavern.message(QUESTION)
    await tavern.assistant.on_message(opening, KeptReply("a"))
    await forgetting.forget(ANA)
    async with tavern.ledger.reading() as connection:
        turns = await thread_turns(
            connection, HALL.id, opening.ref.key, tavern.clock.advance(seconds=9), 6
        )
    assert not [turn for turn in turns if not turn.by_bot]


class Forgotten(KeptReply):
    """A reply during whose making the asker is forgotten."""

    def __init__(self, forgetting: Forgetting) -> None:
        """Take who forgets."""
        super().__init__("a")
        self._forgetting = forgetting

    async def progress(self, text: str) -> None:
        """Forget the asker."""
        await self._forgetting.forget(ANA)


async def test_whoever_is_forgotten_while_being_answered_is_told(
    tavern: Tavern, forgetting: Forgetting
) -> None:
    """The answer is neither kept nor posted, and the asker gets a sentence."""
    reply = Forgotten(forgetting)
    await tavern.assistant.on_message(tavern.message(QUESTION), reply)
    assert (reply.finished, reply.failures) == ([], [TAKEN_AWAY])
    assert await forgetting.preview(ANA) == NONE


async def test_what_happened_before_is_not_stored_when_it_comes_late(
    tavern: Tavern, forgetting: Forgetting
) -> None:
    """By the event's own time; edits and deletions name nobody, and others' events are others'."""
    before = tavern.message(QUESTION)
    await forgetting.forget(ANA)
    after = replace(before, event_id="new", sent_at=before.sent_at + timedelta(hours=1))
    events: dict[Event, bool] = {
        before: False,
        replace(before, event_id="again"): False,
        after: True,
        replace(before, event_id="bens", person=BEN, ref=ref("b")): True,
        Edited(event_id="e", ref=ref("unknown"), text="x", at=before.sent_at): True,
        Deleted(event_id="d", ref=ref("unknown"), at=before.sent_at): True,
    }
    intake = Intake(ledger=tavern.ledger, owner="test", now=tavern.clock)
    assert [await intake.take(event) for event in events] == list(events.values())


def ref(key: str) -> MessageRef:
    """Return a place in the hall."""
    return MessageRef(platform=HALL.platform, conversation=HALL.key, key=key)


async def test_somebody_who_is_forgotten_again_is_forgotten_up_to_then(
    tavern: Tavern, forgetting: Forgetting
) -> None:
    """The later time counts: what was new after the first time is old after the second."""
    await forgetting.forget(ANA)
    second = tavern.message(QUESTION)
    tavern.clock.advance(seconds=1)
    await forgetting.forget(ANA)
    intake = Intake(ledger=tavern.ledger, owner="test", now=tavern.clock)
    assert not await intake.take(second)


async def test_the_platforms_clock_says_what_came_before_the_request(
    tavern: Tavern, forgetting: Forgetting
) -> None:
    """What is written after the command is new, even if that clock is behind ours."""
    asked = tavern.message("/forget me yes")
    assert is_command(asked.text)
    intake = Intake(ledger=tavern.ledger, owner="test", now=tavern.clock)
    assert await intake.take(asked)
    tavern.clock.advance(minutes=5)
    await forgetting.forget(ANA)
    later: Message = replace(
        asked, event_id="later", ref=ref("later"), sent_at=asked.sent_at + timedelta(seconds=1)
    )
    assert await intake.take(later)


async def test_people_are_found_by_what_is_like_their_id_or_name(
    tavern: Tavern, forgetting: Forgetting
) -> None:
    """Somebody is known by the whole id only; the most alike are offered first."""
    for who in (ANA, BEN, Person(platform="test", key="U1", name="Annabel")):
        await tavern.ask(QUESTION, person=who)
    assert await forgetting.known("test:ana") == ANA
    assert await forgetting.known("ana") is None
    assert [one.name for one in await forgetting.near("anna")] == ["Ana", "Annabel"]
    assert await forgetting.near("zzz") == []
    async with tavern.ledger.reading() as connection:
        assert len(await all_people(connection)) == 3


def test_a_footprint_reads_as_part_of_a_sentence() -> None:
    """One is one, and several are several."""
    there = Footprint(messages=2, verdicts=1, corrections=0, answers=1, kept=3)
    assert str(there) == "2 messages, 1 verdict, 0 corrections and 1 answer"
