"""Whether an epoch may count: what it does to questions whose answer is known. Pure statistics."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

ENOUGH = 10  # known questions; fewer prove nothing
HARM = 0.01  # the share of known questions that may be lost
SIGNIFICANT = 0.05
WORSE = 1.5  # times as many 👎 as before: what a stream of verdicts is tested against
ALPHA, BETA = 0.0001, 0.1  # a good epoch is undone, a bad one is kept; it is asked every hour


class Outcome(StrEnum):
    """What a replay found of an epoch."""

    PASSED = "passed"
    UNPROVEN = "unproven"  # too few questions are known
    FAILED = "failed"  # it never counted
    UNDONE = "undone"  # it counted, and was gone back from


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What became of `known` questions: wrong before and right now, or the other way round.

    `p` is the chance of so many lost ones if the epoch were as good as the one before. A `floor` is
    that of the epoch before, which holds on because the new one would lose what is known. `barred`
    are the answers that may not be given with it, for they would answer what nobody asks.
    """

    outcome: Outcome
    reason: str
    known: int = 0
    won: int = 0
    lost: int = 0
    p: float = 1.0
    floor: float | None = None
    barred: tuple[str, ...] = ()

    @property
    def harm(self) -> float:
        """The share of the known questions that was lost (0…1)."""
        return self.lost / self.known if self.known else 0.0


def regression(won: int, lost: int) -> float:
    """Return the one-sided p of McNemar's exact test (1947): as many lost, or more, by chance."""
    n = won + lost
    return math.fsum(math.comb(n, k) for k in range(lost, n + 1)) / 2.0**n


def change_of(was: Sequence[bool], now: Sequence[bool]) -> int:
    """Return what became of one question, of which several things may be right: 1 won, -1 lost, 0.

    It is one trial, however much is looked at: what is given and what is found go together.
    """
    return (sum(now) > sum(was)) - (sum(now) < sum(was))


def proof_of(changes: Sequence[int], leaks: Sequence[str]) -> Proof:
    """Return what a replay proves, by what became of each known question: 1 won, -1 lost, 0.

    An epoch fails by any leak; and where enough is known, by losing significantly more than it wins,
    and by harm: more than one known question in a hundred, or more than one where there are fewer.
    """
    won, lost = changes.count(1), changes.count(-1)
    known, p = len(changes), regression(won, lost)
    outcome, reason = Outcome.FAILED, ""
    if leaks:
        reason = leaks[0]
    elif known < ENOUGH:
        outcome, reason = Outcome.UNPROVEN, f"only {known} questions with a known answer"
    elif lost > max(1, HARM * known):
        reason = f"{lost} of {known} known questions would be answered wrongly"
    elif p < SIGNIFICANT:
        reason = f"{lost} known questions would be lost and {won} won (p = {p:.3f})"
    else:
        outcome, reason = Outcome.PASSED, "no worse on what is known"
    return Proof(outcome=outcome, reason=reason, known=known, won=won, lost=lost, p=p)


def turned_bad(ups: float, downs: float, base: float) -> bool:
    """Say whether weighed verdicts show half as many 👎 again as the share `base` (0…1) before.

    Wald's sequential probability ratio test (1945) of `base` against 1.5 times as much; it may be
    asked after every verdict.
    """
    usual = min(max(base, 0.01), 0.6)
    worse = min(0.95, WORSE * usual)
    evidence = downs * math.log(worse / usual) + ups * math.log((1 - worse) / (1 - usual))
    return evidence >= math.log((1 - BETA) / ALPHA)
