"""The running bot: opens everything, serves the platforms, and stops in order."""

import asyncio
import logging
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from rich.console import Console

from bot.app import App, open_app, utc_now
from bot.progress import bars
from bot.room.adapter import RoomAdapter
from bot.terminal.adapter import TerminalAdapter
from core.errors import ModelError, TavernkeepError
from core.scheduler import silent
from core.settings import Settings

log = logging.getLogger(__name__)
LONGEST_FIRST_READING = 60.0  # seconds; a big first folder goes on being read behind the open room


async def serve(settings: Settings, console: Console, *, window: bool = False) -> None:
    """Serve the room until the process is asked to stop, or its window is closed.

    The page answers before the models are loaded; questions that come meanwhile wait.
    """
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(signum, stopped.set)
    room = RoomAdapter(settings.room)
    await room.start()
    console.print(f"The room is open: [bold]{room.url}[/bold]")
    room.opening("loading the embedding model and the index")
    try:
        async with open_app(settings) as app, scheduled(app) as first:
            await first_reading(app, room, first)
            await room.attach(app.assistant)
            console.print("Ready. Ctrl+C stops it.")
            if window:
                await show_window(room.url)
            else:
                await stopped.wait()
            console.print("Closing the room…")
            await room.stop()
    finally:
        await room.stop()


async def first_reading(app: App, room: RoomAdapter, first: asyncio.Task[None]) -> None:
    """Wait, not for ever, until a bot that knows nothing yet has read its documents."""
    if not (await app.assistant.counts())["documents"]:
        room.opening("reading the documents for the first time")
        await asyncio.wait([first], timeout=LONGEST_FIRST_READING)


async def show_window(url: str) -> None:
    """Show the room as a desktop window of its own process, until it is closed."""
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot.room.window", url, stderr=asyncio.subprocess.PIPE
        )
    except OSError as error:
        raise TavernkeepError(f"The window cannot be opened: {error}") from error
    _, said = await process.communicate()
    if process.returncode:
        log.error("%s", said.decode(errors="replace"))
        raise TavernkeepError(
            "The window cannot be opened: install the extra with `.venv/bin/pip install -e '.[window]'`."
        )


async def talk(settings: Settings, console: Console) -> None:
    """Talk in the terminal until the input ends."""
    async with open_app(settings) as app:
        if not (await app.assistant.counts())["documents"]:
            with bars(console) as progress:
                await app.assistant.run_job("refresh", progress)
        async with scheduled(app):
            terminal = TerminalAdapter(app.assistant, console, utc_now)
            await terminal.start()
            await terminal.talk()
            await terminal.stop()


@asynccontextmanager
async def scheduled(app: App) -> AsyncIterator[asyncio.Task[None]]:
    """Run the jobs on their periods; first, as the yielded task, do what the time away left to do."""
    await app.scheduler.start()
    first = asyncio.create_task(catch_up(app))
    try:
        yield first
    finally:
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        await app.scheduler.stop()


async def catch_up(app: App) -> None:
    """Do what the time away left to do, each part on its own."""
    try:
        log.info("%s", await app.model.check())
    except ModelError as error:
        log.warning("%s Until then answers are quotations.", error)
    for name in ("reconcile", "refresh", "reembed", "rerank"):
        try:
            report = await app.scheduler.run(name, silent)
        except TavernkeepError as error:
            log.warning("%s failed and will be tried again: %s", name, error)
        else:
            log.info("%s: %s", name, report.summary)
