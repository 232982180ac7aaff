"""What others do with votes: the baselines, over the same search. Global: a vote counts everywhere."""

import math
from collections import Counter
from collections.abc import Callable, Mapping
from typing import TypeAlias

from bot.simulation.crowd import Vote
from bot.simulation.world import Problem
from core.priors import NEUTRAL
from core.ranking import learned_term, wilson_lower

Rule: TypeAlias = Callable[[float, int, int], float]


def static(score: float, _ups: int, _downs: int) -> float:
    """Return the score of the search: nothing is learned."""
    return score


def boost(score: float, ups: int, downs: int) -> float:
    """Return the score times 0.5…2 by net votes, as the open-source incumbent does it."""
    net = ups - downs
    share = 1.0 / (1.0 + math.exp(-net / 3.0))
    return score * (2.0 * share if net >= 0 else 0.5 + share)


def wilson(score: float, ups: int, downs: int) -> float:
    """Return the score moved by the Wilson lower bound of the share of 👍; without votes as it is."""
    return score + learned_term(wilson_lower(ups, downs) if ups + downs else NEUTRAL)


def beta(score: float, ups: int, downs: int) -> float:
    """Return the score moved by the posterior mean of a Beta prior of 1.8 ups and 1.2 downs."""
    return score + learned_term((1.8 + ups) / (3.0 + ups + downs))


RULES: Mapping[str, Rule] = {
    "static": static,
    "global boost": boost,
    "wilson": wilson,
    "beta": beta,
}


class Baseline:
    """One rule over the votes on each document, whoever gave them and wherever."""

    def __init__(self, rule: Rule) -> None:
        """Take the rule; nothing was voted on yet."""
        self._rule = rule
        self._ups: Counter[str] = Counter()
        self._downs: Counter[str] = Counter()

    async def ranked(self, problem: Problem) -> list[str]:
        """Return the documents that were found, best first."""
        rated = {
            document: self._rule(score, self._ups[document], self._downs[document])
            for document, score in problem.documents().items()
        }
        return sorted(rated, key=lambda document: -rated[document])  # of equals the one found first

    async def learn(self, _problem: Problem, votes: list[Vote], correction: str | None) -> None:
        """Count votes; a correction is one on the document that it names."""
        for vote in votes:
            (self._ups if vote.up else self._downs)[vote.document] += 1
        if correction is not None:
            self._ups[correction] += 1

    async def fold(self) -> None:
        """Do nothing: each vote counts at once."""
