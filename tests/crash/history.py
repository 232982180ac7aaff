"""One history: a data folder, and the many lives of the bot that uses it, each ended by SIGKILL.

A restart after a kill is at once the check of what the kill left behind and the start of the next
life. A history ends where its kills end, or at its first violation.
"""

import asyncio
import contextlib
import json
import multiprocessing
import shutil
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from random import Random
from typing import Any, TextIO

from tests.crash.checks import lost_before_restart, violations
from tests.crash.child import Life, live
from tests.crash.damage import Damage, damage, keep_copy
from tests.crash.kills import LEAVING, STARTING, Kill, Tally
from tests.crash.people import EDITING, NAMES, WEIGHTS, Pages, Writer
from tests.crash.platform import Platform
from tests.crash.points import Stir
from tests.crash.reports import REPORT, Report

START_SECONDS = 40.0  # a bot that is not there by then does not start
REPORT_SECONDS = 180.0
POINT_SECONDS = 120.0  # a point that is not passed by then is not passed at all
DAMAGED = 0.15  # share of restarts that find a damaged index


def nursery() -> ForkServerContext:
    """Return what bots are forked from: a process that has imported all of the bot, and no more."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["__main__", "tests.crash.child"])
    return context


class GoneError(Exception):
    """The bot is gone, though nobody killed it, or does not say what it must."""


class History:
    """Use as `await History(…).run(kills)`; the folder is removed where nothing was violated."""

    def __init__(
        self, folder: Path, *, seed: int, tally: Tally, writers: int = 4, damaged: float = DAMAGED
    ) -> None:
        """Take a folder that does not exist, and where to count."""
        self._folder = folder
        self._random = Random(seed)
        self._tally = tally
        self._damaged = damaged
        self._context = nursery()
        folder.mkdir(parents=True)
        self._written: TextIO = (folder / "history.jsonl").open("a", encoding="utf-8")
        self._began = time.monotonic()
        self._platform = Platform(self._random, self._note)
        self._pages = Pages(folder / "pages", self._random)
        self._writers = [
            Writer(NAMES[number % len(NAMES)], self._platform, Random(f"{seed} {number}"))
            for number in range(writers)
        ]
        self._lost: list[str] = []  # before a start that did not live to be checked
        self._tried = False  # whether this life's kill was tried
        self._died_at = 0.0

    async def run(self, kills: Sequence[Kill]) -> int:
        """Live once for every kill and once more; return after how many kills it ended.

        The folder is kept where something was violated, or the run was broken off.
        """
        found: list[str] = []
        lived = 0  # kills that were tried
        await self._platform.start()
        try:
            for planned in [*kills, None]:
                kill = planned if time.monotonic() < self._tally.until else None
                if kill is not None and kill.point and kill.point.by is Stir.CRASHED:
                    found = await self._life(LEAVING)
                found = found or await self._life(kill)
                lived += self._tried
                if found or kill is None:
                    break
        finally:
            await self._platform.stop()
            self._written.close()
            self._tally.counts.update(self._platform.counts)
        if found:
            self._tally.violations += found
            self._tally.kept.append(self._folder)
        else:
            shutil.rmtree(self._folder)
        return lived

    async def _life(self, kill: Kill | None) -> list[str]:
        """Start, check what the last kill left, let people talk, kill."""
        self._tried = False
        self._harm()
        self._note("life", kill=kill.name if kill else None, nth=kill.nth if kill else 0)
        async with self._bot(kill) as process:
            try:
                if kill is not None and (kill.while_starting or kill.at_start):
                    found = []
                    await self._starting(process, kill)
                else:
                    found = await self._checked()
                    if not found and kill is not None:
                        await self._talking(process, kill)
            except GoneError as error:
                found = [str(error)]
            for sentence in found:
                self._note("violation", sentence=sentence)
            if found:
                shutil.copytree(self._folder / "data", self._folder / "data-at-violation")
        if kill is not None and not found:
            self._tally.kills[kill.name] += 1
            self._tally.done(self._tally)
        return found

    # -- the phases of a life ------------------------------------------------------------------

    async def _checked(self) -> list[str]:
        """Wait until the bot is there and has seen everything through; return what is wrong."""
        began = time.monotonic()
        ready = await self._heard("ready", START_SECONDS)
        self._tally.starts.append(time.monotonic() - began)
        lost = self._lost + lost_before_restart(self._platform, ready["ready"])
        self._platform.open()
        if not await self._platform.quiet(REPORT_SECONDS):
            return [*lost, f"{self._platform.waiting} events are never acknowledged"]
        report = await self._report()
        if self._died_at:
            self._tally.recoveries.append(time.monotonic() - began)
        return lost + violations(self._platform, report, self._pages.texts())

    async def _report(self) -> Report:
        await self._platform.tell({"report": True})
        line = await self._heard("report", REPORT_SECONDS)
        report = REPORT.validate_python(line["report"])
        self._note("report", healed=report.healed)
        for what in ("missing", "strangers"):
            if report.healed.get(what):
                self._tally.healed[what] += 1
        return report

    async def _starting(self, process: ForkServerProcess, kill: Kill) -> None:
        """Kill a bot that is starting, while events come in as soon as it listens."""
        self._tried = True
        async with self._people(None):
            if kill.point is None:
                opening = asyncio.create_task(self._open_when_ready())
                await self._dead(process, kill.seconds)
                opening.cancel()
                await asyncio.gather(opening, return_exceptions=True)
            elif not await self._dead(process, POINT_SECONDS):
                raise GoneError(f"the point “{kill.name}” was not passed")

    async def _talking(self, process: ForkServerProcess, kill: Kill) -> None:
        """Let people talk and documents change until the bot is dead."""
        self._tried = True
        if kill.point is None:
            async with self._people(self._random.choice([None, *Stir])):
                await self._dead(process, kill.seconds)
            return
        await self._platform.tell({"arm": kill.point.name, "nth": kill.nth})
        async with self._people(kill.point.by):
            if not await self._dead(process, POINT_SECONDS):
                raise GoneError(f"the point “{kill.name}” was not passed {kill.nth} times")

    async def _open_when_ready(self) -> None:
        ready = await self._platform.heard("ready", START_SECONDS)
        if ready is not None:
            self._lost += lost_before_restart(self._platform, ready["ready"])
            self._platform.open()

    async def _heard(self, what: str, seconds: float) -> dict[str, Any]:
        line = await self._platform.heard(what, seconds)
        if line is None:
            raise GoneError(f"the bot died, or gave no {what} in {seconds:.0f} seconds")
        return line

    # -- what goes on meanwhile ----------------------------------------------------------------

    @asynccontextmanager
    async def _people(self, stir: Stir | None) -> AsyncIterator[None]:
        """Let everybody write, and whatever else must go on, until the block ends."""
        weights = EDITING if stir is Stir.EDIT else WEIGHTS
        tasks = [asyncio.create_task(one.write(weights)) for one in self._writers]
        if stir is not None and stir not in STARTING | {Stir.TALK, Stir.EDIT}:
            tasks.append(asyncio.create_task(self._stir(stir)))
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _stir(self, stir: Stir) -> None:
        """Change pages and run jobs, over and over."""
        while True:
            self._pages.change()
            first = [Stir.REFRESH] if stir is not Stir.RERANK else []
            for what in [*first, stir] if stir is not Stir.REFRESH else [stir]:
                await self._platform.tell({"run": what.value})
                ran = await self._platform.heard("ran", POINT_SECONDS)
                if ran is None:
                    return
                self._note("ran", job=ran["ran"], trouble=ran["trouble"])
                self._tally.counts["troubled jobs"] += ran["trouble"] is not None

    def _harm(self) -> None:
        """Between two lives, now and then, damage the index as a power loss can."""
        index, copy = self._folder / "data" / "index", self._folder / "index-earlier"
        if self._random.random() < self._damaged:
            kind = self._random.choice(list(Damage))
            hit = damage(kind, index, copy, self._random)
            if hit is not None:
                self._note("damage", kind=kind.value, hit=hit)
                self._tally.damages[kind.value] += 1
        elif self._random.random() < 0.3:
            keep_copy(index, copy)

    # -- the process ---------------------------------------------------------------------------

    @asynccontextmanager
    async def _bot(self, kill: Kill | None) -> AsyncIterator[ForkServerProcess]:
        """Yield a bot that was started, and see to it that it is gone afterwards."""
        armed = kill.point.name if kill and kill.point and kill.at_start else None
        life = Life(
            folder=self._folder,
            port=self._platform.port,
            point=armed,
            nth=kill.nth if kill and armed else 1,
        )
        self._platform.forget_lines()
        process = self._context.Process(target=live, args=(life,), daemon=True)
        process.start()
        try:
            yield process
            if kill is None and process.is_alive():
                await self._platform.hang_up()
                await self._over(process, START_SECONDS)
        finally:
            process.kill()
            await self._over(process, START_SECONDS)
            await self._platform.left()
            self._died_at = time.monotonic()
            self._note("dead", code=process.exitcode)
            process.close()

    async def _dead(self, process: ForkServerProcess, seconds: float) -> bool:
        """Wait for the bot's own death, or kill it; raise where it broke; say whether it was its own."""
        if await self._over(process, seconds):
            if process.exitcode != -9:
                raise GoneError(f"the bot ended by itself, with {process.exitcode}: see bot.log")
            return True
        process.kill()
        await self._over(process, START_SECONDS)
        return False

    async def _over(self, process: ForkServerProcess, seconds: float) -> bool:
        over = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_reader(process.sentinel, over.set)
        try:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), seconds)
        finally:
            loop.remove_reader(process.sentinel)
        if over.is_set():
            process.join()
        return over.is_set()

    def _note(self, what: str, **told: Any) -> None:
        line = {"at": round(time.monotonic() - self._began, 4), "what": what, **told}
        self._written.write(json.dumps(line, ensure_ascii=False, default=str) + "\n")
