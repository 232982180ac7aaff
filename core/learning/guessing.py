"""Guessing from a person's verdicts whether they like answers brief or detailed (pure)."""

import math
from collections.abc import Iterable, Sequence
from itertools import groupby
from statistics import median

from core.feedback import Verdict
from core.preferences import Length

FEWEST = 8  # verdicts from which a guess is made
STRICT = 2.576  # standard deviations: a two-sided level of 1 %
TELLING = 1.25  # how many times as long the longer half must be for anybody to notice


def guessed_length(judged: Iterable[tuple[Verdict, int]]) -> Length | None:
    """Return the length that verdicts on answers of so many letters suggest, or None.

    Mann and Whitney (1947): the ranks of the liked lengths among all of them, normally approximated
    with the correction for ties and for continuity, which errs on the side of no guess.
    """
    held = sorted(judged, key=lambda one: one[1])
    liked = [letters for verdict, letters in held if verdict is Verdict.UP]
    other = [letters for verdict, letters in held if verdict is Verdict.DOWN]
    if len(held) < FEWEST or not liked or not other:
        return None
    low, high = sorted((median(liked), median(other)))
    if high < TELLING * low:
        return None
    deviation = rank_deviation(liked, other)
    if abs(deviation) < STRICT:
        return None
    return Length.DETAILED if deviation > 0 else Length.BRIEF


def rank_deviation(one: Sequence[int], other: Sequence[int]) -> float:
    """Return by how many standard deviations the numbers of one rank above those of the other."""
    ranks, ties, below = {}, 0, 0
    for value, same in groupby(sorted([*one, *other])):
        count = len(list(same))
        ranks[value] = below + (count + 1) / 2
        ties += count**3 - count
        below += count
    pairs = len(one) * len(other)
    above = math.fsum(ranks[value] for value in one) - len(one) * (len(one) + 1) / 2
    spread = pairs / 12 * (below + 1 - ties / (below * (below - 1)))
    away = above - pairs / 2
    if spread <= 0 or abs(away) <= 0.5:
        return 0.0
    return math.copysign(abs(away) - 0.5, away) / math.sqrt(spread)
