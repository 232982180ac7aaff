"""The learned floor: raised as far as the bound asks for, and no further than is known."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.floors import ENOUGH, STEP, STEPS, Floor, Label, learned_floor

LABELS = st.lists(st.builds(Label, match=st.floats(0, 1), right=st.booleans()), max_size=80)


def labels(match: float, right: int, wrong: int) -> list[Label]:
    """Return so many labels at one match."""
    return [Label(match=match, right=number < right) for number in range(right + wrong)]


def test_little_leaves_the_floor_as_it_was_set() -> None:
    """However bad it looks."""
    assert learned_floor(labels(0.4, 0, ENOUGH - 1), 0.32, 0.2) is None


def test_a_floor_that_keeps_the_bound_stays() -> None:
    """Forty right ones and two wrong: at most 16 % are wrong."""
    found = learned_floor(labels(0.5, 40, 2), 0.32, 0.2)
    assert found == Floor(value=0.32, at_most=pytest.approx(0.1616, abs=1e-4), labels=42)  # type: ignore[arg-type]


def test_it_rises_above_what_is_often_wrong() -> None:
    """And no further than that."""
    found = learned_floor([*labels(0.36, 1, 12), *labels(0.6, 40, 2)], 0.32, 0.2)
    assert found
    assert (found.value, found.labels) == (0.37, 55)


def test_where_no_floor_keeps_the_bound_the_best_of_them_is_taken() -> None:
    """It does not fall silent altogether."""
    found = learned_floor([*labels(0.35, 0, 15), *labels(0.6, 12, 3)], 0.32, 0.05)
    assert found
    assert found.value == 0.36
    assert found.at_most > 0.05


@given(LABELS, st.floats(0, 1), st.floats(0.01, 0.9), st.randoms())
def test_any_order_gives_the_same_floor_within_its_range(
    some: list[Label], start: float, error: float, order: random.Random
) -> None:
    """It is only raised, and by a fifth at most."""
    other = list(some)
    order.shuffle(other)
    found = learned_floor(some, start, error)
    assert found == learned_floor(other, start, error)
    assert found is None or start - 1e-6 <= found.value <= min(1.0, start + STEP * STEPS) + 1e-6
