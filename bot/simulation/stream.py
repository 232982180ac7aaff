"""One simulation: people ask, vote and correct; at checkpoints everything is asked that is measured."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from bot.simulation.crowd import Crowd, Vote
from bot.simulation.options import Options
from bot.simulation.world import Problem, World, together
from core.job import Progress
from core.measures import ndcg


class Method(Protocol):
    """Something that ranks documents for a question, and learns from what is said of them."""

    async def ranked(self, problem: Problem) -> list[str]:
        """Return documents, best first."""
        ...

    async def learn(self, problem: Problem, votes: list[Vote], correction: str | None, /) -> None:
        """Take votes on what was shown, and the document that somebody's better answer stands for."""
        ...

    async def fold(self) -> None:
        """Let what was taken have its effect."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a method makes of the measured questions: the first document right or not, and nDCG@10."""

    interactions: int
    right: tuple[bool, ...]
    ndcg: tuple[float, ...]


async def run(
    method: Method, world: World, options: Options, seed: int, progress: Progress
) -> list[Outcome]:
    """Let people ask, and return the outcomes: before anything was said, then at each checkpoint."""
    crowd, measured = Crowd(options, seed), world.before if options.again else world.after
    outcomes = [await measure(method, measured, 0)]
    due = {
        math.ceil(options.interactions * number / options.checkpoints)
        for number in range(1, options.checkpoints + 1)
    }
    for done, problem in enumerate(crowd.asks(list(world.before)), 1):
        await interact(method, problem, crowd, options, done / options.interactions)
        if done % options.every == 0 or done in due:
            await method.fold()
        if done in due:
            outcomes.append(await measure(method, measured, done))
        progress(f"Asking, seed {seed}", done, options.interactions)
    return outcomes


async def interact(
    method: Method, problem: Problem, crowd: Crowd, options: Options, done: float
) -> None:
    """Show what is best, and take what people say of it."""
    shown = (await method.ranked(problem))[: options.shown]
    votes = crowd.votes(problem, shown, done)
    if shown and (judged := crowd.audit(problem, shown[0])) is not None:
        votes.append(judged)
    wrong = bool(problem.relevant) and not (shown and shown[0] in problem.relevant)
    correction = min(problem.relevant) if crowd.corrects() and wrong else None
    await method.learn(problem, votes, correction)


async def measure(method: Method, problems: Sequence[Problem], interactions: int) -> Outcome:
    """Ask everything that is measured; nothing is said of it."""
    ranked = await together(method.ranked, problems)
    pairs = list(zip(ranked, problems, strict=True))
    return Outcome(
        interactions=interactions,
        right=tuple(bool(one) and one[0] in problem.relevant for one, problem in pairs),
        ndcg=tuple(ndcg(one, problem.relevant) for one, problem in pairs),
    )


def bounds(values: Sequence[float], draws: int = 1_000) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of a mean (Efron 1979); the same for the same values."""
    drawn = np.random.default_rng(0).choice(np.asarray(values, dtype=float), (draws, len(values)))
    low, high = np.quantile(drawn.mean(axis=1), [0.025, 0.975])
    return float(low), float(high)
