"""Priors: what is learned of all answers together, and when nothing is."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.feedback import Rating
from core.priors import ENOUGH, MEAN, NEUTRAL, STRENGTH, Prior, centred, fitted

START = Prior(ups=1.8, downs=1.2, half_life_days=90)
COUNTS = st.lists(
    st.builds(
        Rating,
        value=st.just(0.5),
        ups=st.floats(0, 50),
        downs=st.floats(0, 50),
    ),
    max_size=60,
)


def judged(*shares: float, votes: float = 10.0) -> list[Rating]:
    """Return answers with these shares of 👍."""
    return [Rating(value=0.5, ups=share * votes, downs=(1 - share) * votes) for share in shares]


def test_few_answers_say_nothing_of_the_others() -> None:
    """Nor do many of which each has a single verdict."""
    assert fitted(START, judged(*[0.1] * (ENOUGH - 1))) == START
    assert fitted(START, judged(*[0.1] * 500, votes=1.0)) == START


@pytest.mark.parametrize("share", [0.4, 0.8])
def test_a_place_has_a_mean_of_its_own(share: float) -> None:
    """Where people are harder to please, or easier, answers are born with that."""
    assert fitted(START, judged(*[share] * 1_000)).mean == pytest.approx(share, abs=0.02)
    few = fitted(START, judged(*[share] * ENOUGH)).mean
    assert min(share, 0.6) < few < max(share, 0.6)


def test_the_more_answers_differ_the_less_the_prior_counts() -> None:
    """Where all are alike one verdict says little; where they are good or bad it says much."""
    alike, unlike = judged(*[0.6] * 200), judged(*[0.1, 1.0] * 100)
    assert fitted(START, alike).strength > START.strength > fitted(START, unlike).strength


def test_a_beta_is_found_again() -> None:
    """Answers drawn from Beta(4, 4), with forty verdicts each: the fit is near."""
    drawn = random.Random(7)  # noqa: S311  # answers, not secrets
    shares = [drawn.betavariate(4, 4) for _ in range(2_000)]
    made = [sum(drawn.random() < share for _ in range(40)) / 40 for share in shares]
    found = fitted(START, judged(*made, votes=40.0))
    assert found.mean == pytest.approx(0.5, abs=0.02)
    assert found.strength == pytest.approx(8, abs=1)


@given(COUNTS, st.randoms())
def test_any_order_gives_the_same_within_bounds(
    ratings: list[Rating], order: random.Random
) -> None:
    """To the bit."""
    other = list(ratings)
    order.shuffle(other)
    found = fitted(START, ratings)
    assert found == fitted(START, other)
    assert found == START or (
        MEAN[0] - 1e-9 <= found.mean <= MEAN[1] + 1e-9
        and STRENGTH[0] - 1e-9 <= found.strength <= STRENGTH[1] + 1e-9
    )


@given(st.floats(0.1, 5), st.floats(0.1, 5), st.floats(0, 9), st.floats(0, 9))
def test_who_nobody_judged_is_neutral(ups: float, downs: float, more: float, less: float) -> None:
    """Under every prior; and verdicts move a rating to their own side."""
    prior = Prior(ups=ups, downs=downs, half_life_days=90)
    none = centred(Rating(value=0.0, ups=0.0, downs=0.0), prior)
    assert none.value == pytest.approx(NEUTRAL)
    one = centred(Rating(value=0.0, ups=more, downs=less), prior)
    assert 0.0 <= one.value <= 1.0
    if more + less > 1e-3 and abs(more / (more + less) - prior.mean) > 1e-6:
        assert (one.value > NEUTRAL) == (more / (more + less) > prior.mean)
