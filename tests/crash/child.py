"""The bot that dies: the real one over a real ledger and index, connected to the tests' platform."""

import asyncio
import logging
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# What a bot imports late is imported here, once, in the process that all bots are forked from.
import core.index.session  # noqa: F401
import plugins.folders
import plugins.help  # noqa: F401
from bot.app import App, open_app, utc_now
from core.embedders.hashing import HashingEmbedder
from core.errors import TavernkeepError
from core.scheduler import silent
from core.settings import Settings, load_settings
from tests.crash.adapter import CrashAdapter
from tests.crash.faults import Fault, instrument
from tests.crash.points import Stir
from tests.crash.reports import REPORT, report_of, taken_in
from tests.crash.wire import LONGEST, Line, Wire, unpacked

log = logging.getLogger(__name__)
FLUSH_SECONDS = 0.2  # a flush is to be met within a life of a second
DIMENSION = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """What a bot is started with; a `point` is armed before anything is opened."""

    folder: Path
    port: int
    dimension: int = DIMENSION
    point: str | None = None
    nth: int = 1


def settings_of(folder: Path) -> Settings:
    """Return the settings of a bot whose data and pages lie in a folder."""
    return load_settings(
        env_file=None,
        data=folder / "data",
        plugins=("folders", "help"),
        folders={"paths": (str(folder / "pages"),)},
        index={"flush_seconds": FLUSH_SECONDS},
    )


def live(life: Life) -> None:
    """Be a bot until the platform hangs up or a point kills it; the log goes to the folder."""
    with (life.folder / "bot.log").open("a", encoding="utf-8") as written:
        os.dup2(written.fileno(), sys.stderr.fileno())
        form = "%(asctime)s %(process)d %(levelname)s %(name)s %(message)s"
        logging.basicConfig(level=logging.INFO, format=form, stream=sys.stderr, force=True)
        fault = Fault(life.point, life.nth)
        instrument(fault)
        asyncio.run(_serve(life, fault))


async def _serve(life: Life, fault: Fault) -> None:
    embedder = HashingEmbedder(dimension=life.dimension)
    async with open_app(settings_of(life.folder), embedder=embedder) as app:
        ends = await asyncio.open_connection("127.0.0.1", life.port, limit=LONGEST)
        bot = Bot(app, Wire(*ends), fault)
        await bot.serve()
    log.info("The platform hung up.")


class Bot:
    """Listens to the platform: events, and what the test wants done or told."""

    def __init__(self, app: App, wire: Wire, fault: Fault) -> None:
        """Take the opened bot and the connection."""
        self._app = app
        self._wire = wire
        self._fault = fault
        self._adapter = CrashAdapter(app.assistant, wire)
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self) -> None:
        """Say what was taken in, take up what was left, and listen until the platform hangs up."""
        await self._wire.send({"ready": await taken_in(self._app)})
        self._start(self._adapter.resume())
        while (line := await self._wire.receive()) is not None:
            self._hear(line)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _hear(self, line: Line) -> None:
        if "deliver" in line:
            self._adapter.deliver(unpacked(line["deliver"]))
        elif "returned" in line:
            self._adapter.calls.returned(line)
        elif "arm" in line:
            self._fault.arm(line["arm"], line["nth"])
        elif "run" in line:
            self._start(self._run(Stir(line["run"])))
        elif "report" in line:
            self._start(self._report())

    def _start(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("The bot broke.", exc_info=error)
            os._exit(70)  # the platform sees a death that nobody ordered

    async def _run(self, what: Stir) -> None:
        trouble = None
        try:
            if what is Stir.REBUILD:
                await self._app.reembed.run_afresh(utc_now(), silent)
            else:
                await self._app.assistant.run_job(what.value, silent)
        except TavernkeepError as error:
            trouble = str(error)
        await self._wire.send({"ran": what.value, "trouble": trouble})

    async def _report(self) -> None:
        """Tell how everything stands once all that was begun has ended."""
        others = self._tasks - {asyncio.current_task()}
        while others:
            await asyncio.wait(others)
            others = self._tasks - {asyncio.current_task()}
        await self._adapter.settle()
        told = await report_of(self._app)
        await self._wire.send({"report": REPORT.dump_python(told, mode="json")})
