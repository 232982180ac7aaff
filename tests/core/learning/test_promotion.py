"""Promotion: two gates to "verified", and every move can be undone but that of a changed source."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.answers import Answer, Origin, Question, Standing
from core.audience import EVERYONE
from core.feedback import Feedback, Verdict, Via
from core.learning.promotion import next_standing
from core.messages import Person
from core.ranking import Prior, rating_of

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
PRIOR = Prior(ups=1.8, downs=1.2, half_life_days=90)
CURATORS = frozenset({"room:cleo"})
GENERATED, CORRECTION = Origin.GENERATED, Origin.CORRECTION
CANDIDATE, TRIAL = Standing.CANDIDATE, Standing.TRIAL
VERIFIED, STALE, RETIRED = Standing.VERIFIED, Standing.STALE, Standing.RETIRED


def person(key: str) -> Person:
    """Return a person of the room."""
    return Person(platform="room", key=key, name=key.title())


def answer(origin: Origin, standing: Standing, author: str | None = None) -> Answer:
    """Return an answer."""
    return Answer(
        id="a",
        question=Question(id="q", text="How?", asked="How?"),
        text="So.",
        origin=origin,
        audience=EVERYONE,
        created_at=NOON,
        author=person(author) if author else None,
        standing=standing,
    )


def verdicts(said: str) -> list[Feedback]:
    """Return verdicts such as "ana+ ben-", a minute apart."""
    return [
        Feedback(
            event_id=one,
            answer_id="a",
            person=person(one[:-1]),
            verdict=Verdict.UP if one[-1] == "+" else Verdict.DOWN,
            via=Via.BUTTON,
            at=NOON + timedelta(minutes=minute),
        )
        for minute, one in enumerate(said.split())
    ]


def moved(of: Answer, said: str) -> Standing:
    """Return where an answer stands after the verdicts."""
    given_ = verdicts(said)
    move = next_standing(of, rating_of(given_, PRIOR, NOON), given_, CURATORS)
    return move.standing if move else of.standing


@pytest.mark.parametrize(
    ("origin", "standing", "author", "said", "then"),
    [
        (GENERATED, CANDIDATE, None, "", CANDIDATE),
        (GENERATED, CANDIDATE, None, "ana+ ben+", CANDIDATE),
        (GENERATED, CANDIDATE, None, "ana+ ben+ dan+", VERIFIED),
        (GENERATED, CANDIDATE, None, "ana+ ben+ dan-", CANDIDATE),
        (GENERATED, CANDIDATE, None, "ana- ben- dan-", RETIRED),
        (GENERATED, CANDIDATE, None, "cleo+", VERIFIED),
        (GENERATED, VERIFIED, None, "ana+ ben+ dan+ eve+ cleo-", RETIRED),
        (GENERATED, CANDIDATE, None, "ana- ben- dan- cleo+", VERIFIED),
        (CORRECTION, CANDIDATE, "ana", "", TRIAL),
        (CORRECTION, TRIAL, "ana", "ben-", CANDIDATE),
        (CORRECTION, TRIAL, "ana", "ana+ ben+ dan+", TRIAL),
        (CORRECTION, TRIAL, "ana", "ben+ dan+ eve+", VERIFIED),
        (CORRECTION, CANDIDATE, "cleo", "", VERIFIED),
        (CORRECTION, VERIFIED, "cleo", "cleo-", VERIFIED),
        # what settled it was taken back
        (GENERATED, VERIFIED, None, "", CANDIDATE),
        (CORRECTION, VERIFIED, "ana", "", TRIAL),
        (CORRECTION, RETIRED, "ana", "", TRIAL),
        (GENERATED, RETIRED, None, "", CANDIDATE),
        # what is settled bears some dissent
        (GENERATED, VERIFIED, None, "ana+ ben+ dan+ eve-", VERIFIED),
        (GENERATED, RETIRED, None, "ana- ben-", RETIRED),
        # what is never learned, and what nothing brings back
        (Origin.COMMAND, CANDIDATE, None, "cleo+", CANDIDATE),
        (Origin.UNKNOWN, CANDIDATE, None, "ana+ ben+ dan+ cleo+", CANDIDATE),
        (CORRECTION, STALE, "cleo", "cleo+ ana+ ben+ dan+", STALE),
        (GENERATED, STALE, None, "cleo+", STALE),
    ],
)
def test_where_an_answer_moves(
    origin: Origin, standing: Standing, author: str | None, said: str, then: Standing
) -> None:
    """Enough people or one curator decide; nobody does of their own answer."""
    assert moved(answer(origin, standing, author), said) is then


@given(
    st.sampled_from(Origin),
    st.sampled_from(Standing),
    st.lists(st.sampled_from(["ana+", "ben+", "dan-", "eve-", "cleo+", "cleo-", "fay+"])),
)
def test_moving_comes_to_rest(origin: Origin, standing: Standing, said: list[str]) -> None:
    """The same evidence never moves an answer to and fro: the second look changes nothing."""
    told = " ".join(dict.fromkeys(said))
    first = moved(answer(origin, standing), told)
    assert moved(answer(origin, first), told) is first


@given(st.lists(st.sampled_from(["ana+", "ben+", "dan+", "eve-"]), max_size=2, unique=True))
def test_one_or_two_people_never_verify(said: list[str]) -> None:
    """Generated text that nobody trusted or too few liked is never given again."""
    assert moved(answer(GENERATED, CANDIDATE), " ".join(said)) is CANDIDATE
