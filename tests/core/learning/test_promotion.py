"""Promotion: two gates to "verified", and every move can be undone but that of a changed source."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.answers import Answer, Origin, Question, Standing
from core.audience import EVERYONE
from core.feedback import Feedback, Verdict, Via
from core.learning.promotion import look_again, next_standing
from core.ledger.verifications import Verification
from core.messages import Person
from core.priors import Prior
from core.ranking import rating_of

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


LATER = NOON + timedelta(days=100)
OLD = Verification(answer_id="a", owner_id=None, at=NOON, lapsed_at=None)


def later(said: str, days: float) -> list[Feedback]:
    """Return verdicts that were given so many days after noon."""
    return [replace(one, at=one.at + timedelta(days=days)) for one in verdicts(said)]


@pytest.mark.parametrize(
    ("said", "fresh", "then"),
    [
        ("ana+ ben+ dan+", "", TRIAL),
        ("cleo+", "eve+", TRIAL),
        ("ana+ ben+ dan+", "cleo+", VERIFIED),
        ("cleo+", "ana+ ben+ dan+", VERIFIED),
        ("cleo+", "ana- ben- dan-", RETIRED),
        ("ana+ ben+ dan+", "cleo-", RETIRED),
    ],
)
def test_what_nobody_looked_at_for_long_goes_back_on_trial(
    said: str, fresh: str, then: Standing
) -> None:
    """A curator or enough people who found it right since keep it verified, as if of that day."""
    given_ = verdicts(said) + later(fresh, 50)
    move = look_again(answer(GENERATED, VERIFIED), OLD, given_, CURATORS, LATER, 90)
    assert move
    assert (move.standing, move.lapses) == (then, then is TRIAL)
    seen = max(one.at for one in given_)
    assert move.looked_at == (seen if then is VERIFIED else None)


@pytest.mark.parametrize(("days", "now"), [(0, LATER), (90, NOON + timedelta(days=89))])
def test_what_is_not_overdue_stays(days: float, now: datetime) -> None:
    """Before its time, or where the interval is none, nothing lapses."""
    verified = answer(GENERATED, VERIFIED)
    assert look_again(verified, OLD, verdicts("cleo+"), CURATORS, now, days) is None


@pytest.mark.parametrize(
    ("origin", "author", "said", "fresh", "then"),
    [
        (GENERATED, None, "ana+ ben+ dan+", "", TRIAL),
        (CORRECTION, "cleo", "", "", TRIAL),
        (CORRECTION, "cleo", "cleo+", "", TRIAL),
        (GENERATED, None, "cleo+", "ana+ ben+", TRIAL),
        (GENERATED, None, "cleo+", "ana+ ben+ dan+", VERIFIED),
        (GENERATED, None, "ana+ ben+ dan+", "cleo+", VERIFIED),
        (GENERATED, None, "ana+ ben+ dan+", "cleo-", RETIRED),
        (GENERATED, None, "", "ana- ben-", CANDIDATE),
    ],
)
def test_a_lapsed_answer_is_renewed_by_what_is_new(
    origin: Origin, author: str | None, said: str, fresh: str, then: Standing
) -> None:
    """Neither what verified it once nor its author brings it back; a new look by others does."""
    given_ = verdicts(said) + later(fresh, 2)
    lapsed = answer(origin, TRIAL, author)
    rating = rating_of(given_, PRIOR, LATER)
    move = next_standing(lapsed, rating, given_, CURATORS, NOON + timedelta(days=1))
    assert (move.standing if move else TRIAL) is then


def test_of_two_curators_at_one_time_the_same_one_counts() -> None:
    """Whichever verdict came in first."""
    made = answer(CORRECTION, TRIAL)
    one, other = (
        replace(given, at=NOON, person=person(who))
        for given, who in zip(verdicts("a+ b-"), ("cleo", "vera"), strict=True)
    )
    rating, curators = rating_of([one, other], PRIOR, NOON), CURATORS | {"room:vera"}
    moves = {next_standing(made, rating, order, curators) for order in ([one, other], [other, one])}
    assert {move and move.standing for move in moves} == {RETIRED}


def test_a_curator_vouches_alone_and_an_author_with_others() -> None:
    """A verified answer has an owner; a curator's word needs no other grounds, that of people does."""
    given_ = verdicts("ben+ dan+ eve+")
    by_people = next_standing(
        answer(CORRECTION, TRIAL, "ana"), rating_of(given_, PRIOR, NOON), given_, CURATORS
    )
    assert by_people
    assert (by_people.owner, by_people.grounded) == ("room:ana", False)
    given_ = verdicts("cleo+")
    by_cleo = next_standing(
        answer(GENERATED, CANDIDATE), rating_of(given_, PRIOR, NOON), given_, CURATORS
    )
    assert by_cleo
    assert (by_cleo.owner, by_cleo.grounded) == ("room:cleo", True)
