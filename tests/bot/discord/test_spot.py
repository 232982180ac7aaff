"""Where an answer stands, how its messages are known again, and how often they change."""

from dataclasses import replace

import pytest

from bot.discord.pace import Pace
from bot.discord.spot import FIRST, LAST, NONCE, Kind, Mark, spot_of
from bot.discord.translation import place_of
from core.messages import Conversation, Message, MessageRef, Person
from tests.bot.discord.test_views import NOW

ASKED = Message(
    event_id="e",
    ref=MessageRef(platform="discord", conversation="20", key="1000"),
    conversation=Conversation(platform="discord", key="20"),
    person=Person(platform="discord", key="201", name="Ana"),
    text="How?",
    sent_at=NOW,
)


class Ticks:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        """Begin at some time."""
        self.now = 100.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


class Grown:
    """A message that an answer grows in."""

    async def close(self) -> None:
        """End it."""


def test_a_message_is_known_by_what_it_is() -> None:
    """Each kind, answer and part has a number of its own, which Discord takes, and a nonce."""
    marks = [Mark(kind=kind, about=a, part=n) for kind in Kind for a in "ab" for n in range(3)]
    assert len({one.number for one in marks}) == len(marks)
    assert all(FIRST <= one.number <= LAST for one in marks)
    nonces = {one.nonce(attempt) for one in marks for attempt in range(2)}
    assert {len(one) for one in nonces} == {NONCE}
    assert len(nonces) == 2 * len(marks)


def test_an_answer_replies_to_its_question() -> None:
    """In a thread its reference names the thread; what was typed is replied to by nothing."""
    plain = spot_of(ASKED)
    assert (plain.channel, plain.reply_to, plain.since) == (20, 1000, 1000)
    within = spot_of(replace(ASKED, ref=replace(ASKED.ref, key="30/1000")))
    assert (within.channel, within.ref(7).key, within.ref(7).conversation) == (30, "30/7", "20")
    assert place_of(within.ref(7)) == (30, 7)
    typed = spot_of(replace(ASKED, ref=replace(ASKED.ref, key="command-5")))
    assert (typed.channel, typed.reply_to) == (20, None)
    assert 0 < typed.since < 2**63


def test_an_answer_in_another_channel() -> None:
    """There nothing is replied to; the place itself stays as it is."""
    plain = spot_of(ASKED)
    assert plain.at(20) is plain
    there = plain.at(50)
    assert (there.conversation, there.channel, there.reply_to) == ("50", 50, None)


def test_several_answers_in_a_channel_share_its_limit() -> None:
    """The more grow there, the seldomer each changes; elsewhere it is not felt."""
    clock = Ticks()
    pace = Pace(clock)
    first, second = Grown(), Grown()
    last = pace.begin(first, 1)
    assert 0 < pace.wait(1, last) < 1.2  # a moment's grace, in which a quick answer is finished
    assert pace.wait(1, clock()) == pytest.approx(1.2)
    pace.begin(second, 1)
    assert pace.wait(1, clock()) == pytest.approx(2.4)
    assert pace.wait(2, clock()) == pytest.approx(1.2)
    pace.end(second)
    assert pace.growing == [first]
    clock.now += 10.0
    assert pace.wait(1, 100.0) == 0.0


def test_a_message_that_nobody_ended_counts_no_more() -> None:
    """After some time it is forgotten."""
    clock = Ticks()
    pace = Pace(clock)
    pace.begin(Grown(), 1)
    clock.now += 1_000.0
    last = Grown()
    pace.begin(last, 1)
    assert pace.growing == [last]
