"""From which score on the bot answers rather than says that it does not know: learned, bounded. Pure.

The floor is the least score on a grid at which the share of wrong answers among those given is surely
small: the upper bound of Clopper and Pearson ("The use of confidence or fiducial limits", 1934) is at
most what is borne. It is the calibration of "Conformal risk control" (Angelopoulos et al., 2022) with
a bound of high probability in place of an expectation. Each score's bound holds for itself: of the
few that are tried the least that passes is taken, with no allowance for having tried several.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.measures import upper_bound

LEAST = 20  # certain labels; with fewer the floor is the configured one
BELOW, ABOVE = 0.05, 0.15  # how far from the configured one it may be
STEP = 0.01
CONFIDENCE = 0.9  # of the bound, one-sided
DIGITS = 6  # of a score; what the processor makes of the rest may differ


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What it would be to answer a question: right or wrong, by the score of its best source (0…1)."""

    score: float
    right: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """The score from which the bot answers, and what that rests on.

    `at_most` is the upper bound of the share of wrong answers from there on: 1 where nothing is known.
    Without proof `at` is what is configured.
    """

    at: float
    configured: float
    proven: bool = False
    labels: int = 0
    given: int = 0
    wrong: int = 0
    at_most: float = 1.0


def learned_floor(cases: Sequence[Case], configured: float, borne: float) -> Floor:
    """Return the floor that cases amount to, the same for the same ones in any order.

    It is the least one that keeps the share of wrong answers at `borne` or less, and the highest
    there may be where none does. Below the configured one the answers that this would add have to
    keep it by themselves, and as many right ones must be known as else labels. With a `borne` of 1
    nothing is learned.
    """
    if borne >= 1.0 or len(cases) < LEAST:
        return floor_at(configured, cases, configured)
    rights = sum(one.right for one in cases)
    steps = range(-round(BELOW / STEP) if rights >= LEAST else 0, round(ABOVE / STEP) + 1)
    tried = [min(1.0, max(0.0, round(configured + step * STEP, DIGITS))) for step in steps]
    kept = (at for at in tried if _keeps(cases, at, configured, borne))
    return replace(floor_at(next(kept, tried[-1]), cases, configured), proven=True)


def floor_at(at: float, cases: Sequence[Case], configured: float) -> Floor:
    """Return what is known of a floor that is set, unproven."""
    given = [one for one in cases if one.score >= at]
    wrong = sum(not one.right for one in given)
    return Floor(
        at=at,
        configured=configured,
        labels=len(cases),
        given=len(given),
        wrong=wrong,
        at_most=upper_bound(wrong, len(given), CONFIDENCE),
    )


def _keeps(cases: Sequence[Case], at: float, configured: float, borne: float) -> bool:
    given = [one for one in cases if one.score >= at]
    added = [one for one in given if one.score < configured]
    return _surely(given, borne) and (at >= configured or _surely(added, borne))


def _surely(given: Sequence[Case], borne: float) -> bool:
    """Say whether the upper bound of the share of wrong ones is at most `borne`."""
    wrong = sum(not one.right for one in given)
    return upper_bound(wrong, len(given), CONFIDENCE) <= borne
