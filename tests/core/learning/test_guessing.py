"""Guessing: who likes short answers shows it by enough verdicts, or nothing is guessed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.feedback import Verdict
from core.learning.guessing import guessed_length, rank_deviation
from core.preferences import Length

UP, DOWN = Verdict.UP, Verdict.DOWN
Judged = list[tuple[Verdict, int]]
BRIEF_LIKED: Judged = [
    *((UP, letters) for letters in (90, 100, 120, 130, 150)),
    *((DOWN, letters) for letters in (700, 800, 900, 1000, 1100, 1200)),
]


def turned(judged: Judged) -> Judged:
    """Return the opposite verdicts."""
    return [(DOWN if verdict is UP else UP, letters) for verdict, letters in judged]


def test_who_likes_the_short_ones_likes_it_brief() -> None:
    """And who likes the long ones, detailed."""
    assert guessed_length(BRIEF_LIKED) is Length.BRIEF
    assert guessed_length(turned(BRIEF_LIKED)) is Length.DETAILED


@pytest.mark.parametrize(
    "judged",
    [
        BRIEF_LIKED[2:9],
        [(UP, letters) for letters in range(100, 2000, 100)],
        [(UP if n % 2 else DOWN, 100 + n * 50) for n in range(40)],
        [(verdict, 1000 + letters // 20) for verdict, letters in BRIEF_LIKED],
        [(verdict, 500) for verdict, _ in BRIEF_LIKED],
    ],
    ids=["few", "only ups", "mixed", "hardly longer", "all alike"],
)
def test_what_may_be_chance_is_no_guess(judged: Judged) -> None:
    """Few verdicts, one kind alone, no order or no difference that anybody would notice."""
    assert guessed_length(judged) is None


def test_the_deviation_is_that_of_the_books() -> None:
    """Five below six without a tie: (30 - 15 - 0.5) / sqrt(30 * 12 / 12), as in Mann and Whitney."""
    below, above = [1, 2, 3, 4, 5], [6, 7, 8, 9, 10, 11]
    assert rank_deviation(above, below) == pytest.approx(14.5 / 30**0.5)
    assert rank_deviation([1, 1], [1, 1]) == 0


@given(st.lists(st.tuples(st.sampled_from([UP, DOWN]), st.integers(1, 2000)), max_size=30))
def test_neither_order_nor_side_matters(judged: Judged) -> None:
    """Read backwards it is the same guess, and of opposite verdicts the opposite one."""
    guess = guessed_length(judged)
    assert guessed_length(judged[::-1]) is guess
    opposite = {Length.BRIEF: Length.DETAILED, Length.DETAILED: Length.BRIEF, None: None}
    assert guessed_length(turned(judged)) is opposite[guess]
