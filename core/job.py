"""Job: named work that the scheduler runs, what it tells meanwhile, and what it reports."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class JobReport:
    """What a run of a job did, in figures, and what changed, in a sentence."""

    summary: str
    figures: Mapping[str, int]


class Progress(Protocol):
    """How a long piece of work shows how far it is."""

    def __call__(self, what: str, done: int, total: int | None) -> None:
        """Say that `done` of `total` (None where unknown) is done of `what`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Named work with a trigger. `run` is idempotent and survives being cancelled or killed."""

    name: str
    summary: str
    every: timedelta
    run: Callable[[datetime, Progress], Awaitable[JobReport]]
