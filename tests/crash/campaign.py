"""Many histories, some at once: every named point, and kills at random times."""

import asyncio
import itertools
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

from tests.crash.history import History
from tests.crash.kills import Kill, Tally, point_kill, random_kill
from tests.crash.points import POINTS, Stir

LIVES = 20  # of one history; with more of them its checks would slow down


def planned(kills: int, seed: int) -> list[Kill]:
    """Return so many kills: each named point once for every other kill, the rest at random times."""
    random = Random(seed)
    rounds = [list(POINTS) for _ in range(max(1, kills // (2 * len(POINTS))))]
    named = [point_kill(point.name, random) for one in rounds for point in one][:kills]
    return named + [random_kill(random) for _ in range(kills - len(named))]


def histories(kills: Sequence[Kill], seed: int) -> deque[list[Kill]]:
    """Deal kills to histories, mixed; those that need an empty data folder come first in theirs."""
    fresh = [kill for kill in kills if kill.point and kill.point.by is Stir.START]
    others = [kill for kill in kills if kill not in fresh]
    Random(seed).shuffle(others)
    starts = {kill.name: kill for kill in fresh}
    count = max(1, -(-len(kills) // LIVES), len(fresh) // max(1, len(starts)))
    dealt = [others[number::count] for number in range(count)]
    each = len(starts)
    for number in range(0, len(fresh), each or 1):
        dealt[(number // each) % count][:0] = fresh[number : number + each]
    return deque(one for one in dealt if one)


class Campaign:
    """Runs histories in lanes; each history is a folder of its own, kept only where it shows a fault."""

    def __init__(
        self, folder: Path, *, seed: int, writers: int = 4, lanes: int = 2, damaged: float = 0.15
    ) -> None:
        """Take the folder of all histories, and how many run at once."""
        self._folder = folder
        self._seed = seed
        self._writers = writers
        self._lanes = lanes
        self._damaged = damaged
        self._numbers = itertools.count(1)
        self.tally = Tally()

    async def run(self, kills: Sequence[Kill], done: Callable[[Tally], None]) -> Tally:
        """Run all kills; `done` is called after each life."""
        left = histories(kills, self._seed)
        self.tally.done = done
        await asyncio.gather(*(self._lane(left) for _ in range(self._lanes)))
        return self.tally

    async def _lane(self, left: deque[list[Kill]]) -> None:
        while left and time.monotonic() < self.tally.until:
            kills = left.popleft()
            number = next(self._numbers)
            history = History(
                self._folder / f"seed-{self._seed}-history-{number}",
                seed=self._seed * 1_000_003 + number,
                tally=self.tally,
                writers=self._writers,
                damaged=self._damaged,
            )
            lived = await history.run(kills)
            if kills[lived:]:  # a violation ended this one; the rest goes to another
                left.append(kills[lived:])
