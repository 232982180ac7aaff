"""Ranking: each formula against values that were worked out by hand, and what holds for all."""

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.feedback import Feedback, Verdict, Via
from core.messages import Person
from core.priors import Prior
from core.ranking import (
    LEARNED_SHARE,
    coverage,
    faded,
    fused,
    kernel,
    learned_term,
    local_rating,
    match,
    nearness,
    penalties_near,
    rating_of,
    scaled,
    source_term,
    wilson_lower,
    wilson_upper,
)

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
PRIOR = Prior(ups=1.8, downs=1.2, half_life_days=90)
unit = st.floats(0, 1)
counts = st.floats(0, 1000)
scores = st.dictionaries(st.sampled_from("abcdef"), st.floats(-1, 50))


def verdict(given: Verdict, days: float = 0) -> Feedback:
    """Return a verdict that is so many days old."""
    return Feedback(
        event_id="e",
        answer_id="a",
        person=Person(platform="room", key="ana", name="Ana"),
        verdict=given,
        via=Via.BUTTON,
        at=NOW - timedelta(days=days),
    )


@pytest.mark.parametrize(("days", "weight"), [(0, 1), (90, 0.5), (180, 0.25), (-3, 1)])
def test_a_verdict_counts_half_after_a_half_life(days: float, weight: float) -> None:
    """Weights halve every half-life; a clock that is ahead gives no bonus."""
    assert faded(NOW - timedelta(days=days), NOW, 90) == pytest.approx(weight)


@pytest.mark.parametrize(
    ("verdicts", "value"),
    [
        ([], 1.8 / 3),
        ([(Verdict.UP, 0)], 2.8 / 4),
        ([(Verdict.DOWN, 0)], 1.8 / 4),
        ([(Verdict.UP, 90)], 2.3 / 3.5),
        ([(Verdict.UP, 0), (Verdict.DOWN, 0)], 2.8 / 5),
    ],
)
def test_a_rating_is_the_posterior_mean(
    verdicts: list[tuple[Verdict, float]], value: float
) -> None:
    """Faded verdicts are added to what an answer is born with."""
    rating = rating_of([verdict(*one) for one in verdicts], PRIOR, NOW)
    assert rating.value == pytest.approx(value)


@given(st.lists(st.tuples(st.sampled_from(Verdict), st.floats(-10, 4000)), max_size=30))
def test_a_rating_is_a_share_and_the_order_of_verdicts_is_nothing_to_it(
    verdicts: list[tuple[Verdict, float]],
) -> None:
    """Ratings lie between 0 and 1 and are the same to the bit in whatever order they were given."""
    given_ = [verdict(*one) for one in verdicts]
    rating = rating_of(given_, PRIOR, NOW)
    assert 0 < rating.value < 1
    assert rating == rating_of(given_[::-1], PRIOR, NOW)


def test_wilson_bounds_are_those_of_the_textbook() -> None:
    """Eight of ten at z = 1.96 lie between 0.490 and 0.943; nothing said bounds nothing."""
    assert wilson_lower(8, 2, 1.96) == pytest.approx(0.490, abs=1e-3)
    assert wilson_upper(8, 2, 1.96) == pytest.approx(0.943, abs=1e-3)
    assert (wilson_lower(0, 0), wilson_upper(0, 0)) == (0, 1)
    assert wilson_lower(0, 5e-200) == 0
    assert wilson_lower(3, 0) == pytest.approx(3 / (3 + 1.2816**2))


@given(counts, counts, st.floats(0.1, 10))
def test_wilson_bounds_hold_the_share_and_move_with_it(
    ups: float, downs: float, more: float
) -> None:
    """The bounds lie around the share, in 0…1, and more 👍 never lower them."""
    low, high = wilson_lower(ups, downs), wilson_upper(ups, downs)
    assert 0 <= low <= high <= 1
    if ups + downs > 1e-6:
        assert low - 1e-6 <= ups / (ups + downs) <= high + 1e-6
    assert wilson_lower(ups + more, downs) >= low - 1e-9
    assert wilson_upper(ups, downs + more) <= high + 1e-9


def test_evidence_reaches_as_far_as_the_kernel_is_wide() -> None:
    """At the same question it counts whole, and one width away e times less."""
    assert kernel(1, 0.15) == 1
    assert kernel(1.0000001, 0.15) == 1
    assert kernel(0.85, 0.15) == pytest.approx(1 / math.e)


@pytest.mark.parametrize(
    ("rating", "term"), [(0.6, 0), (0.8, 0.1), (0.4, -0.1), (1, 0.2), (0, -0.25)]
)
def test_a_rating_moves_a_score_by_little(rating: float, term: float) -> None:
    """What an answer is born with moves nothing, and nothing moves more than the share."""
    assert learned_term(rating) == pytest.approx(term)


@given(unit, unit)
def test_the_learned_term_is_bounded_and_rises(one: float, other: float) -> None:
    """A better rating never lowers a score."""
    assert abs(learned_term(one)) <= LEARNED_SHARE
    assert (learned_term(one) <= learned_term(other)) or one > other


def test_a_penalty_is_felt_near_its_question_only() -> None:
    """The same question takes the whole share off, another one next to nothing, many no more."""
    here, there = np.array([1, 0], dtype=np.float32), np.array([0, 1], dtype=np.float32)
    assert penalties_near(here, [("p", here, 1.0)], 0.15) == {"p": LEARNED_SHARE}
    assert penalties_near(there, [("p", here, 1.0)], 0.15)["p"] < 0.001
    assert penalties_near(here, [("p", here, 1.0)] * 5, 0.15) == {"p": LEARNED_SHARE}
    assert penalties_near(here, [], 0.15) == {}


@given(st.floats(0, 50), st.floats(0, 50))
def test_what_was_said_of_a_source_is_bounded_and_balanced(ups: float, downs: float) -> None:
    """As many ups as downs say nothing, and no crowd moves a passage by more than the share."""
    assert source_term(ups, ups) == pytest.approx(0)
    assert source_term(ups, downs) == pytest.approx(-source_term(downs, ups))
    assert abs(source_term(ups, downs)) <= LEARNED_SHARE


def test_one_thumb_moves_a_source_by_little() -> None:
    """One of two sources that were cited together takes half a thumb."""
    assert source_term(0.5, 0) == pytest.approx(0.0556, abs=1e-3)
    assert source_term(4, 0) == LEARNED_SHARE


def test_a_rating_here_begins_with_the_rating_everywhere() -> None:
    """Without anything said here it is the same; much that was said here outweighs it."""
    assert local_rating(0.7, 4, 0, 0) == pytest.approx(0.7)
    assert local_rating(0.7, 4, 0, 96) == pytest.approx(0.028)


def test_what_is_far_counts_for_nothing() -> None:
    """The same question counts in full, a near one in part, an unrelated one not at all."""
    here = np.array([1, 0], dtype=np.float32)
    others = np.array([[1, 0], [0.99, 0.141], [0, 1]], dtype=np.float32)
    near = nearness(here, others, 0.05)
    assert near[0] == pytest.approx(1)
    assert near[1] == pytest.approx(kernel(0.99, 0.05), rel=1e-5)
    assert near[2] == 0


def test_scores_are_stretched() -> None:
    """The best is 1 and the worst 0; what cannot be told apart is all 1."""
    assert scaled({"a": 2, "b": 4, "c": 3}) == {"a": 0, "b": 1, "c": 0.5}
    assert scaled({"a": 2, "b": 2}) == {"a": 1, "b": 1}
    assert scaled({}) == {}


def test_two_rankings_are_fused_by_their_shares() -> None:
    """A row that one ranking lacks counts there as its worst."""
    dense, terms = {"a": 0.9, "b": 0.5, "c": 0.7}, {"b": 12.0, "d": 4.0}
    assert fused(dense, terms, 0.5) == pytest.approx({"a": 0.5, "b": 0.5, "c": 0.25, "d": 0})


@given(scores, scores, unit)
def test_fused_scores_are_shares_of_all_that_was_found(
    dense: dict[str, float], terms: dict[str, float], share: float
) -> None:
    """Nothing is lost, and every score lies in 0…1."""
    both = fused(dense, terms, share)
    assert both.keys() == dense.keys() | terms.keys()
    assert all(-1e-9 <= score <= 1 + 1e-9 for score in both.values())


def test_rare_terms_cover_more() -> None:
    """A text with the rare term of a question covers more of it than one with the common one."""
    texts = {"a": frozenset({"bot", "slack"}), "b": frozenset({"bot"}), "c": frozenset({"bot"})}
    covered = coverage(["bot", "slack"], texts)
    common, rare = math.log(1 + 0.5 / 3.5), math.log(1 + 2.5 / 1.5)
    assert covered["a"] == pytest.approx(1)
    assert covered["b"] == pytest.approx(common / (common + rare))
    assert coverage([], texts) == dict.fromkeys(texts, 0.0)
    assert coverage(["bot"], {}) == {}


@given(
    st.lists(st.sampled_from("abcd")),
    st.dictionaries(st.text(max_size=2), st.frozensets(st.sampled_from("abcdef"))),
)
def test_coverage_is_a_share(question: list[str], texts: dict[str, frozenset[str]]) -> None:
    """It lies in 0…1, and order and repetition of the question's terms are nothing to it."""
    covered = coverage(question, texts)
    assert all(0 <= share <= 1 + 1e-9 for share in covered.values())
    assert covered == coverage([*question, *question][::-1], texts)


def test_a_match_listens_to_what_the_embedder_understands() -> None:
    """Meaning and terms count 7 to 3 in a known script, and terms alone in an unknown one."""
    assert match(0.8, 0.5, 1.0) == pytest.approx(0.71)
    assert match(0.8, 0.5, 0.0) == 0.5
    assert match(-0.2, 0.0, 1.0) == 0


@given(st.floats(-1, 1), unit, unit)
def test_a_match_is_a_share(dense: float, covered: float, spoken: float) -> None:
    """A floor can be set on it: it lies in 0…1."""
    assert 0 <= match(dense, covered, spoken) <= 1 + 1e-9
