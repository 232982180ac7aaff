"""How lives end, and what is counted over all of them."""

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.crash.points import NAMED, Point, Stir

KILL_SECONDS = (0.05, 1.5)
STARTING = frozenset({Stir.START, Stir.RESTART, Stir.CRASHED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """How one life ends: at a named point, or after some seconds from a moment on."""

    point: Point | None = None
    nth: int = 1
    seconds: float = 0.0
    while_starting: bool = False

    @property
    def name(self) -> str:
        """What the summary counts it as."""
        if self.point is not None:
            return self.point.name
        return "random, from the start" if self.while_starting else "random, among people"

    @property
    def at_start(self) -> bool:
        """Whether its point is armed before the bot is started."""
        return self.point is not None and self.point.by in STARTING


@dataclass(slots=True)
class Tally:
    """What happened, over all histories."""

    kills: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    damages: Counter[str] = field(default_factory=Counter)
    healed: Counter[str] = field(default_factory=Counter)
    starts: list[float] = field(default_factory=list)
    recoveries: list[float] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    kept: list[Path] = field(default_factory=list)
    until: float = math.inf  # no kill after that, by the monotonic clock
    done: Callable[["Tally"], None] = lambda _: None


def random_kill(random: Random) -> Kill:
    """Return a kill at any time; one in four comes while the bot is still starting."""
    seconds = random.uniform(*KILL_SECONDS)
    return Kill(seconds=seconds, while_starting=random.random() < 0.25)


def point_kill(name: str, random: Random) -> Kill:
    """Return a kill at a point, at its first passings or at a later one."""
    point = NAMED[name]
    most = {Stir.TALK: 3, Stir.REFRESH: 2}.get(point.by, 1)
    most = 30 if name.endswith("commit") else most
    return Kill(point=point, nth=random.randint(1, most))


LEAVING = Kill(point=NAMED["before model call"])  # a death that leaves work over
