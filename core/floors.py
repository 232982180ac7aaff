"""The floor of "I don't know", learned from where answers were right and where they were not. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.measures import upper_bound

ENOUGH = 20  # labels; fewer leave the floor as it was set
STEP, STEPS = 0.01, 20  # it is only ever raised, by no more than this


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """How well the best passage matched (0…1) where it is certain that an answer was right, or wrong."""

    match: float
    right: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """A learned floor, the share of wrong answers above it at most, and how many labels say so."""

    value: float
    at_most: float
    labels: int


def learned_floor(labels: Sequence[Label], start: float, error: float) -> Floor | None:
    """Return the least floor from `start` on above which at most `error` of the answers are wrong.

    That is by the upper end of the 95 % interval of Clopper and Pearson (1934), the bound that Bates
    et al. (2021, "Distribution-free, risk-controlling prediction sets") calibrate a threshold by.
    Where none keeps it, it is the one whose bound is the least. None where too little is known.
    """
    if len(labels) < ENOUGH:
        return None
    floors = [
        _bounded(labels, round(min(1.0, start + step * STEP), 6)) for step in range(STEPS + 1)
    ]
    kept = [one for one in floors if one.at_most <= error]
    return kept[0] if kept else min(floors, key=lambda one: (one.at_most, one.value))


def _bounded(labels: Sequence[Label], value: float) -> Floor:
    above = [one.right for one in labels if one.match >= value]
    wrong = above.count(False)
    return Floor(value=value, at_most=upper_bound(wrong, len(above)), labels=len(labels))
