"""How good a ranking is, by the measures of the field. Pure; binary relevance."""

import math
from collections.abc import Collection, Sequence
from itertools import groupby


def ndcg(ranked: Sequence[str], relevant: Collection[str], k: int = 10) -> float:
    """Return the normalised discounted cumulative gain of the first k (Järvelin and Kekäläinen 2002)."""
    gained = sum(
        1.0 / math.log2(place + 2) for place, id_ in enumerate(ranked[:k]) if id_ in relevant
    )
    best = sum(1.0 / math.log2(place + 2) for place in range(min(k, len(relevant))))
    return gained / best if best else 0.0


def reciprocal_rank(ranked: Sequence[str], relevant: Collection[str], k: int = 10) -> float:
    """Return one over the place of the first relevant of the first k, or 0."""
    places = (place for place, id_ in enumerate(ranked[:k], 1) if id_ in relevant)
    first = next(places, None)
    return 1.0 / first if first else 0.0


def recall(ranked: Sequence[str], relevant: Collection[str], k: int) -> float:
    """Return the share of the relevant that is among the first k."""
    return len({*ranked[:k]} & {*relevant}) / len(relevant) if relevant else 0.0


def auroc(scores: Sequence[float], positive: Sequence[bool]) -> float:
    """Return the area under the ROC curve: the chance that a positive scores above a negative.

    Ties count half (Mann and Whitney 1947). Raises `ValueError` unless there are both kinds.
    """
    order = sorted(range(len(scores)), key=lambda place: scores[place])
    ranks = [0.0] * len(scores)
    for _, tied in groupby(enumerate(order, 1), key=lambda ranked: scores[ranked[1]]):
        group = list(tied)
        middle = (group[0][0] + group[-1][0]) / 2
        for _, place in group:
            ranks[place] = middle
    ups = sum(positive)
    downs = len(positive) - ups
    if not ups or not downs:
        raise ValueError("the area needs scores of both kinds")
    total = math.fsum(rank for rank, up in zip(ranks, positive, strict=True) if up)
    return (total - ups * (ups + 1) / 2) / (ups * downs)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that `share` (0…1) of the values do not exceed; 0 for none."""
    if not values:
        return 0.0
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def upper_bound(wrong: int, given: int, confidence: float) -> float:
    """Return the one-sided upper bound of a share, of Clopper and Pearson (1934); 1 of none.

    With a confidence of 0.975 it is the upper end of their 95 % interval.
    """
    if wrong >= given:
        return 1.0
    low, high = wrong / given, 1.0
    while high - low > 1e-7:
        middle = (low + high) / 2
        if _at_most(wrong, given, middle) > 1.0 - confidence:
            low = middle
        else:
            high = middle
    return high


def _at_most(wrong: int, given: int, share: float) -> float:
    """Return the probability of so many or fewer among those given."""
    return math.fsum(
        math.exp(
            math.lgamma(given + 1)
            - math.lgamma(one + 1)
            - math.lgamma(given - one + 1)
            + one * math.log(share)
            + (given - one) * math.log1p(-share)
        )
        for one in range(wrong + 1)
    )
