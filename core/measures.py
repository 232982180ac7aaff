"""How good a ranking is, by the measures of the field. Pure; binary relevance."""

import math
from collections.abc import Collection, Sequence


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


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that `share` (0…1) of the values do not exceed; 0 for none."""
    if not values:
        return 0.0
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
