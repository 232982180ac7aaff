"""The running bot: opens everything, serves the platforms, and stops in order."""

import asyncio
import gc
import importlib.util
import logging
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from rich.console import Console
from rich.text import Text

from bot import data_folder
from bot.app import App, open_app, utc_now
from bot.platforms import platforms
from bot.progress import bars
from bot.room.adapter import RoomAdapter
from bot.terminal.adapter import TerminalAdapter
from core.errors import ModelError, TavernkeepError
from core.healing import Healing
from core.interfaces import Embedder
from core.job import Progress
from core.plugins import load_plugins
from core.settings import CHECKOUT, Settings

log = logging.getLogger(__name__)
LONGEST_FIRST_READING = 60.0  # seconds; a big first folder goes on being read behind the open room
NO_WINDOW = (
    "The window cannot be opened: install what it needs with `.venv/bin/pip install -e '.[window]'`, "
    "or leave out --window."
)


async def serve(
    settings: Settings,
    console: Console,
    stopped: asyncio.Event,
    *,
    window: bool = False,
    embedder: Embedder | None = None,
    loaded: Callable[[], None] = lambda: None,
) -> None:
    """Serve the room until `stopped` is set, or its window is closed.

    The page answers before the models are loaded; questions that come meanwhile wait. `loaded` is
    called once all is in memory that stays until the end.
    """
    refuse_early(settings, window=window)
    room = RoomAdapter(settings.room)
    await room.start()
    console.print(f"The room is open: [bold]{room.url}[/bold]")
    room.opening("loading the embedding model and the index")
    try:
        async with open_app(settings, embedder=embedder) as app, scheduled(app) as first:
            await first_reading(app, room, first, stopped)
            loaded()
            await room.attach(app.assistant, app.status.findings)
            console.print("Ready. Ctrl+C stops it.")
            async with platforms(app, lambda said: console.print(Text(said))):
                await (unless(stopped, show_window(room.url)) if window else stopped.wait())
                console.print("Closing the room…")
            await room.stop()
    finally:
        await room.stop()


async def until_asked(work: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    """Do work that ends when its event is set: once the process gets Ctrl+C or SIGTERM."""
    with stop_asked() as stopped:
        await work(stopped)


def settle_memory() -> None:
    """Keep the garbage collector from walking, for ever again, what stays until the end.

    That is some hundred thousand objects of libraries, which take a fifth of a second each time.
    """
    gc.collect()
    gc.freeze()


def refuse_early(settings: Settings, *, window: bool) -> None:
    """Raise `TavernkeepError` for what can be seen to stop the start, before anybody sees a room."""
    if window and importlib.util.find_spec("webview") is None:
        raise TavernkeepError(NO_WINDOW)
    load_plugins(settings.plugins)
    with data_folder.held(settings.data):
        log.info("The data folder is free.")


@contextmanager
def stop_asked() -> Iterator[asyncio.Event]:
    """Yield an event that is set when the process is asked to stop: by Ctrl+C or SIGTERM."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(signum, stopped.set)
    try:
        yield stopped
    finally:
        for signum in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(signum)


async def either(
    stopped: asyncio.Event, work: list[asyncio.Task[Any]], seconds: float | None = None
) -> None:
    """Wait until a stop is asked for, a task has ended, or so many seconds have passed."""
    asked = asyncio.create_task(stopped.wait())
    try:
        await asyncio.wait([asked, *work], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        asked.cancel()


async def first_reading(
    app: App,
    room: RoomAdapter,
    first: asyncio.Task[None],
    stopped: asyncio.Event,
    longest: float = LONGEST_FIRST_READING,
) -> None:
    """Wait, `longest` seconds at most, until a bot that knows nothing has read its documents."""
    if not (await app.assistant.counts())["documents"]:
        room.opening("reading the documents for the first time")
        await either(stopped, [first], longest)


async def unless(stopped: asyncio.Event, work: Coroutine[Any, Any, None]) -> None:
    """Do the work; when a stop is asked for meanwhile, cancel it and wait until it has ended."""
    doing = asyncio.create_task(work)
    try:
        await either(stopped, [doing])
    finally:
        doing.cancel()  # which means nothing to work that is done
    await asyncio.gather(doing, return_exceptions=stopped.is_set())


async def show_window(url: str) -> None:
    """Show a desktop window, a process of its own, until it is closed; cancelled, close it."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot.room.window", url),
        cwd=CHECKOUT,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,  # Ctrl+C is for the bot, which then closes the window
    )
    try:
        _, said = await process.communicate()
    except asyncio.CancelledError:
        process.terminate()
        await process.wait()
        raise
    if process.returncode:
        log.error("%s", said.decode(errors="replace"))
        raise TavernkeepError(
            f"The window broke off, and the log says why: open {url} in a browser, without --window."
        )


async def talk(
    settings: Settings,
    console: Console,
    stopped: asyncio.Event,
    *,
    embedder: Embedder | None = None,
) -> None:
    """Talk in the terminal until the input ends, or `stopped` is set."""
    async with open_app(settings, embedder=embedder) as app:
        if not (await app.assistant.counts())["documents"]:
            with bars(console) as progress:
                await unless(stopped, read_first(app, progress))
        async with scheduled(app):
            terminal = TerminalAdapter(app.assistant, console, utc_now)
            await terminal.start()
            await unless(stopped, terminal.talk())
            await terminal.stop()


async def read_first(app: App, progress: Progress) -> None:
    """Read the documents of a bot that knows nothing yet."""
    await app.assistant.run_job("refresh", progress)


@asynccontextmanager
async def scheduled(app: App) -> AsyncIterator[asyncio.Task[None]]:
    """Run the jobs on their periods; first, as the yielded task, do what the time away left to do."""
    await app.scheduler.start()
    app.assistant.start()
    first = asyncio.create_task(catch_up(app))
    healing = Healing(indexing=app.store.indexing, index=app.store.index)
    tending = asyncio.create_task(healing.tend())
    try:
        yield first
    finally:
        first.cancel()
        tending.cancel()
        await asyncio.gather(first, tending, return_exceptions=True)
        await app.scheduler.stop()


async def catch_up(app: App) -> None:
    """Do what the time away left to do, each part on its own."""
    try:
        log.info("%s", await app.model.check())
    except ModelError as error:
        log.warning("%s Until then answers are quotations.", error)
    await app.scheduler.make_up(("reconcile", "refresh", "reembed", "rerank"))
