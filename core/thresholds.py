"""How near a question must be for a stored answer to be given again: learned, bounded. Pure.

After vCache (Schroeder et al., arXiv 2502.03771): each answer has a logistic curve of being right by
similarity, and it is given only where a confidence bound on that curve allows it. Three things differ.

- vCache tosses a coin that gives the answer with probability 1 - τ. Here it is given if and only if
  τ <= 0, so the same question gets the same answer, and the bound holds for each question rather
  than on average.
- The curves are hierarchical. All answers share a slope, a middle, and how much it tells against an
  answer that another one is nearly as near; what is its own of an answer is a shift of its middle,
  drawn towards none. vCache gives nothing of an answer with fewer than six labels.
- The prior is placed so that with no label at all the rule is a similarity of at least `near`.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

LEAST = 6  # labels of its own from which an answer may be given below `near`
CLEAR = 0.2  # so much nearer than any other answer is clear; more says no more
SLOPE, SLOPE_SPREAD = 20.0, 6.0  # of the curve, for a similarity of 1
RIVALRY_SPREAD = 20.0  # of what a rival takes off, for a lead of 1; none is expected
LEVEL_SPREAD = 0.6  # of the logit at `near`, in all answers
SHIFT_SPREAD = 0.05  # of the similarity that one answer needs beyond what all need
ROUNDS = 50  # of Newton's method; it ends sooner
DOUBTS = tuple(0.0005 * 1.25**step for step in range(20))  # the ε that are tried: 0.0005 … 0.035
QUANTILES = tuple(NormalDist().inv_cdf(1.0 - doubt) for doubt in DOUBTS)

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """Whether an answer was right where it was the nearest: `right` 0…1, of a weight up to 1.

    `similarity` is that of the question to the nearest other phrasing of the answer, `lead` by how
    much it exceeds that to any other answer (1 where there is none).
    """

    answer_id: str
    similarity: float
    lead: float
    right: float
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """How much nearer than most an answer's questions must be, how sure that is, of how many labels."""

    by: float
    variance: float
    labels: int


UNSHIFTED = Shift(by=0.0, variance=SHIFT_SPREAD**2, labels=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """The curves of a workspace: logit = level + slope · (similarity - near - shift) - rivalry · (CLEAR - lead).

    `level` and `slope` are known with the variances and the covariance in `unsure` (level, both,
    slope). `near` is the similarity that is asked for where nothing was learned, `error` the share
    of wrong answers that is borne (δ).
    """

    near: float
    error: float
    level: float
    slope: float
    rivalry: float
    unsure: tuple[float, float, float]
    labels: int = 0
    shifts: Mapping[str, Shift] = field(default_factory=dict)

    def allow(self, answer_id: str, similarity: float, lead: float) -> bool:
        """Say whether an answer may be given again to a question so near, and so much nearer."""
        shift = self.shifts.get(answer_id, UNSHIFTED)
        if shift.labels < LEAST and similarity < self.near:
            return False
        if not self.labels:
            return True
        return self.surely_right(answer_id, similarity, lead) >= 1.0 - self.error

    def surely_right(self, answer_id: str, similarity: float, lead: float) -> float:
        """Return the lower bound of being right: the most of (1 - ε) · L(s, t'(ε)) over ε."""
        shift = self.shifts.get(answer_id, UNSHIFTED)
        ahead = similarity - self.near
        told = self.told(similarity, lead) - self.slope * shift.by
        level, both, slope = self.unsure
        spread = math.sqrt(
            level + 2 * both * ahead + slope * ahead**2 + self.slope**2 * shift.variance
        )
        return max(
            (1.0 - doubt) * _logistic(told - quantile * spread)
            for doubt, quantile in zip(DOUBTS, QUANTILES, strict=True)
        )

    def told(self, similarity: float, lead: float) -> float:
        """Return the logit of being right of an answer of which nothing of its own is known."""
        taken = self.rivalry * (CLEAR - min(lead, CLEAR))
        return self.level + self.slope * (similarity - self.near) - taken

    def needed(self, answer_id: str, lead: float = 1.0) -> float:
        """Return the least similarity (of 0…1, to the thousandth) that allows an answer; 1 where none."""
        return next(
            (at / 1000 for at in range(1001) if self.allow(answer_id, at / 1000, lead)), 1.0
        )


def untaught(near: float, error: float) -> Thresholds:
    """Return what holds before anybody said anything: the bound is met at `near`, and above it."""
    spread = math.hypot(LEVEL_SPREAD, SLOPE * SHIFT_SPREAD)
    return Thresholds(
        near=near,
        error=error,
        level=min(
            _logit((1.0 - error) / (1.0 - doubt)) + quantile * spread
            for doubt, quantile in zip(DOUBTS, QUANTILES, strict=True)
            if doubt < error
        ),
        slope=SLOPE,
        rivalry=0.0,
        unsure=(LEVEL_SPREAD**2, 0.0, SLOPE_SPREAD**2),
    )


def learned(labels: Sequence[Label], near: float, error: float) -> Thresholds:
    """Return the thresholds that labels amount to, the same to the bit for the same labels in any order."""
    start = untaught(near, error)
    if not labels:
        return start
    ordered = sorted(
        labels, key=lambda one: (one.answer_id, one.similarity, one.lead, one.right, one.weight)
    )
    shared = _shared(ordered, start)
    grouped: dict[str, list[Label]] = {}
    for one in ordered:
        grouped.setdefault(one.answer_id, []).append(one)
    shifts = {answer_id: _shift(given, shared) for answer_id, given in grouped.items()}
    return replace(shared, labels=len(ordered), shifts=shifts)


def _shared(labels: Sequence[Label], start: Thresholds) -> Thresholds:
    """Fit what all answers share: the most likely level, slope and rivalry, near what is expected."""
    features = np.array(
        [(1.0, one.similarity - start.near, min(one.lead, CLEAR) - CLEAR) for one in labels]
    )
    expected = np.array([start.level, start.slope, 0.0])
    spreads = np.array([LEVEL_SPREAD, SLOPE_SPREAD, RIVALRY_SPREAD])
    fitted, bent = _fit(features, labels, np.zeros(len(labels)), expected, spreads)
    covariance = np.linalg.inv(bent[:2, :2])  # where rivalry is what it is
    return replace(
        start,
        level=float(fitted[0]),
        slope=max(float(fitted[1]), 1.0),
        rivalry=max(0.0, float(fitted[2])),
        unsure=(float(covariance[0, 0]), float(covariance[0, 1]), float(covariance[1, 1])),
    )


def _shift(labels: Sequence[Label], shared: Thresholds) -> Shift:
    """Fit what is an answer's own: by how much nearer than elsewhere its questions must be."""
    told = np.array([shared.told(one.similarity, one.lead) for one in labels])
    features = np.full((len(labels), 1), -shared.slope)
    fitted, bent = _fit(features, labels, told, np.zeros(1), np.array([SHIFT_SPREAD]))
    return Shift(by=float(fitted[0]), variance=1.0 / float(bent[0, 0]), labels=len(labels))


def _fit(
    features: Floats, labels: Sequence[Label], told: Floats, expected: Floats, spreads: Floats
) -> tuple[Floats, Floats]:
    """Return the most likely coefficients of a logistic curve, and how sharply it bends there.

    `told` is added to the logit as it is; the coefficients are normal around what is expected.
    """
    right = np.array([one.right for one in labels])
    weight = np.array([one.weight for one in labels])
    precision = np.diag(spreads**-2.0)
    found = expected.copy()
    for _ in range(ROUNDS):
        likely = 1.0 / (1.0 + np.exp(-np.clip(features @ found + told, -30.0, 30.0)))
        slopes = features.T @ (weight * (right - likely)) - precision @ (found - expected)
        bent = features.T @ (features * (weight * likely * (1.0 - likely))[:, None]) + precision
        step = np.linalg.solve(bent, slopes)
        found = found + step / max(1.0, float(np.max(np.abs(step) / spreads)))
        if float(np.max(np.abs(step) / spreads)) < 1e-9:
            break
    return found, bent


def _logistic(value: float) -> float:
    return 1.0 / (1.0 + math.exp(-value)) if value > -500.0 else 0.0


def _logit(share: float) -> float:
    return math.log(share / (1.0 - share)) if share < 1.0 else math.inf
