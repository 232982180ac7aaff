"""What an answer is born with: the verdicts that it counts as having before anybody judged it."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from core.feedback import Rating

NEUTRAL = 0.6  # a new answer's rating; it neither lifts nor lowers, whatever people here are like
ENOUGH = 20  # answers judged by several; fewer say nothing of the others
SEVERAL = 1.5  # verdicts, weighed; one alone says nothing of how much answers differ
MEAN = (0.3, 0.9)
STRENGTH = (2.0, 20.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prior:
    """What an answer is born with, and how fast verdicts fade."""

    ups: float
    downs: float
    half_life_days: float

    @property
    def mean(self) -> float:
        """The rating (0…1) of an answer that nobody judged."""
        return self.ups / self.strength

    @property
    def strength(self) -> float:
        """As how many verdicts it counts."""
        return self.ups + self.downs


def fitted(start: Prior, judged: Iterable[Rating]) -> Prior:
    """Return the prior that the answers of this place suggest, by their weighed counts.

    Empirical Bayes by the method of moments for the beta-binomial (Kleinman 1973, "Proportions with
    extraneous variance"), drawn towards `start` as by `ENOUGH` more answers; each answer counts by
    n / (n + strength), so at most as one. With fewer than `ENOUGH` of them it is `start`. The same
    ratings in any order give the same prior to the bit; it stays within `MEAN` and `STRENGTH`.
    """
    counts = [(one.ups / n, n) for one in judged if (n := one.ups + one.downs) >= SEVERAL]
    if len(counts) < ENOUGH:
        return start
    weighed = [(share, n, n / (n + start.strength)) for share, n in counts]
    total = math.fsum(weight for _, _, weight in weighed)
    mean = start.mean * ENOUGH + math.fsum(weight * share for share, _, weight in weighed)
    mean = _within(MEAN, mean / (ENOUGH + total))
    unit = mean * (1.0 - mean)
    spread = math.fsum(weight * (share - mean) ** 2 / unit for share, _, weight in weighed)
    chance = math.fsum(weight / n for _, n, weight in weighed)  # what they differ by anyway
    alike = 1.0 / (1.0 + start.strength)  # the correlation of two verdicts on one answer
    alike = (alike * ENOUGH + spread - chance) / (ENOUGH + total - chance)
    strength = _within(STRENGTH, 1.0 / alike - 1.0) if alike > 0 else STRENGTH[1]
    return replace(start, ups=mean * strength, downs=(1.0 - mean) * strength)


def centred(rating: Rating, prior: Prior) -> Rating:
    """Return a rating under another prior, moved so that one that nobody judged has `NEUTRAL`."""
    value = (prior.ups + rating.ups) / (prior.strength + rating.ups + rating.downs)
    return replace(rating, value=_within((0.0, 1.0), value + (NEUTRAL - prior.mean)))


def _within(bounds: tuple[float, float], value: float) -> float:
    low, high = bounds
    return max(low, min(high, value))
