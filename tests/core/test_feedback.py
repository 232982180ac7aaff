"""Feedback: what a person says of an answer, and which of it counts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.feedback import Feedback, Reason, Verdict, Via, live_verdict, verdict_of
from core.messages import Person

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
UP, DOWN = Verdict.UP, Verdict.DOWN
SOURCES, OUTDATED = Reason.WRONG_SOURCES, Reason.OUTDATED


def said(*events: tuple[Verdict, bool] | tuple[Verdict, bool, Reason | None]) -> list[Feedback]:
    """Return one person's events: verdict, whether it is taken back, and the reason."""
    return [
        Feedback(
            event_id=str(number),
            answer_id="a",
            person=Person(platform="room", key="ana", name="Ana"),
            verdict=event[0],
            via=Via.REACTION,
            at=NOON + timedelta(minutes=number),
            withdrawn=event[1],
            reason=event[2] if len(event) > 2 else None,
        )
        for number, event in enumerate(events)
    ]


@pytest.mark.parametrize(
    ("events", "verdict", "reason"),
    [
        ([], None, None),
        ([(UP, False)], UP, None),
        ([(UP, False), (DOWN, False)], DOWN, None),
        ([(UP, False), (UP, True)], None, None),
        ([(UP, True)], None, None),
        ([(UP, False), (DOWN, False), (DOWN, True)], UP, None),
        ([(UP, False), (DOWN, False), (UP, True)], DOWN, None),
        ([(UP, False), (DOWN, False), (UP, False), (UP, True)], DOWN, None),
        ([(UP, False), (UP, False), (UP, True)], None, None),
        ([(DOWN, False, SOURCES), (DOWN, False)], DOWN, SOURCES),
        ([(DOWN, False, SOURCES), (DOWN, False, OUTDATED)], DOWN, OUTDATED),
        ([(DOWN, False, SOURCES), (UP, False)], UP, None),
        ([(DOWN, False, SOURCES), (DOWN, True), (DOWN, False)], DOWN, None),
    ],
)
def test_the_last_verdict_counts_and_taking_back_brings_back_the_other(
    events: list[tuple[Verdict, bool]], verdict: Verdict | None, reason: Reason | None
) -> None:
    """One verdict of a person lives, the last one that was not taken back, with its reason."""
    live = live_verdict(said(*events))
    assert (live.verdict if live else None, live.reason if live else None) == (verdict, reason)


def test_an_account_takes_back_only_what_it_gave() -> None:
    """What stands by a linked account stays, whichever of the two came first."""
    here, there = said((UP, False), (UP, True))
    elsewhere = Person(platform="slack", key="U1", name="Ana")
    assert live_verdict([here, replace(there, person=elsewhere)]) == here


@given(st.lists(st.tuples(st.sampled_from(Verdict), st.booleans())))
def test_a_live_verdict_was_given_and_not_taken_back_since(
    events: list[tuple[Verdict, bool]],
) -> None:
    """Nothing lives that was never said, and nothing that was taken back after it was said."""
    live = live_verdict(said(*events))
    standing = [v for v in Verdict if (v, False) in events[last(events, (v, True)) + 1 :]]
    assert (live is None) == (not standing)
    assert live is None or live.verdict in standing


@given(st.lists(st.tuples(st.sampled_from(Verdict), st.booleans()), max_size=8))
def test_saying_the_same_again_changes_nothing(events: list[tuple[Verdict, bool]]) -> None:
    """A repeated last event leaves the same verdict alive."""
    once, twice = live_verdict(said(*events)), live_verdict(said(*events, *events[-1:]))
    assert (once and once.verdict) == (twice and twice.verdict)


def last(events: list[tuple[Verdict, bool]], event: tuple[Verdict, bool]) -> int:
    """Return the place of the last such event, or -1."""
    return max((place for place, one in enumerate(events) if one == event), default=-1)


@pytest.mark.parametrize(
    ("emoji", "verdict"),
    [
        ("👍", UP),
        ("👍🏽", UP),
        ("👍🏿", UP),
        ("+1", UP),
        (":+1:", UP),
        ("+1::skin-tone-4", UP),
        (":+1::skin-tone-4:", UP),
        ("❤️", UP),
        ("❤", UP),
        ("✔", UP),
        ("✔️", UP),
        ("👎🏻", DOWN),
        ("❤️‍🔥", None),
        ("🎲", None),
        ("", None),
        (":", None),
    ],
)
def test_an_emoji_means_the_same_in_every_spelling(emoji: str, verdict: Verdict | None) -> None:
    """Skin tones, colons and variation selectors, here and in the settings, are folded."""
    verdicts = {"👍": UP, "+1": UP, "❤": UP, "✔️": UP, "👎": DOWN}
    assert verdict_of(emoji, verdicts) is verdict


@given(st.text())
def test_any_text_may_come_as_an_emoji(emoji: str) -> None:
    """Platforms let people name emoji: nothing that they write is an error."""
    assert verdict_of(emoji, {"👍": UP}) in {UP, None}


def test_an_implicit_signal_counts_where_nothing_was_said() -> None:
    """The last one counts, any verdict that stands is in its place, and neither takes back the other."""
    thumb, thanks, again = said((UP, False), (UP, False), (DOWN, False))
    thanks = replace(thanks, via=Via.THANKS)
    again = replace(again, via=Via.ASKED_AGAIN)
    assert live_verdict([thanks, again]) == again
    assert live_verdict([thumb, thanks, again]) == thumb
    assert live_verdict([thumb, thanks, replace(thumb, withdrawn=True)]) == thanks
    assert live_verdict([thumb, thanks, replace(thanks, withdrawn=True)]) == thumb
