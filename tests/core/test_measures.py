"""The measures give the values of their definitions."""

import math

import pytest

from core.measures import auroc, ndcg, percentile, recall, reciprocal_rank


@pytest.mark.parametrize(
    ("ranked", "relevant", "expected"),
    [
        ("ab", "a", 1.0),
        ("ba", "a", 1 / math.log2(3)),
        ("ab", "ab", 1.0),
        ("xab", "ab", (1 / math.log2(3) + 1 / 2) / (1 + 1 / math.log2(3))),
        ("xy", "a", 0.0),
        ("", "a", 0.0),
        ("ab", "", 0.0),
    ],
)
def test_ndcg(ranked: str, relevant: str, expected: float) -> None:
    """Gains fall with the logarithm of the place; the ideal order gives 1."""
    assert ndcg(list(ranked), set(relevant)) == pytest.approx(expected)


def test_ndcg_looks_at_the_first_k() -> None:
    """What comes after the first k gains nothing, and the ideal is cut there as well."""
    assert ndcg(["x", "a"], {"a"}, k=1) == 0.0
    assert ndcg(["a"], {"a", "b"}, k=1) == 1.0


def test_reciprocal_rank() -> None:
    """One over the place of the first relevant, within the first k."""
    assert reciprocal_rank(["x", "a", "b"], {"a", "b"}) == 0.5
    assert reciprocal_rank(["x", "a"], {"a"}, k=1) == 0.0
    assert reciprocal_rank([], {"a"}) == 0.0


def test_recall() -> None:
    """The share of the relevant among the first k."""
    assert recall(["a", "x", "b"], {"a", "b"}, 2) == 0.5
    assert recall(["a"], set(), 2) == 0.0


@pytest.mark.parametrize(("share", "expected"), [(0, 1), (0.5, 2), (0.95, 4), (1, 4)])
def test_percentile(share: float, expected: float) -> None:
    """The smallest value that the share does not exceed, in whatever order they come."""
    assert percentile([4, 1, 3, 2], share) == expected
    assert percentile([], share) == 0.0


def test_the_area_under_the_curve_is_the_chance_to_be_told_apart() -> None:
    """Ties count half; one kind alone has no area."""
    assert auroc([0.9, 0.8, 0.1], [True, True, False]) == 1
    assert auroc([0.1, 0.5, 0.5, 0.9], [True, False, True, False]) == pytest.approx(0.125)
    with pytest.raises(ValueError, match="both kinds"):
        auroc([1.0], [True])
