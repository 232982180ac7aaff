"""The running bot opens the room at once, the bot as soon as it can, and stops in order."""

import asyncio
import io
import json
import os
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path

import aiohttp
import pytest
from rich.console import Console

from bot.app import App, open_app
from bot.room.adapter import RoomAdapter
from bot.room.window import show
from bot.service import first_reading, serve, show_window, talk, unless
from core.embedders.hashing import HashingEmbedder
from core.embedding import Vectors
from core.errors import DataFolderInUseError, PluginError, TavernkeepError
from core.settings import CHECKOUT, RoomSettings, Settings, load_settings

WINDOWS = {
    "closed by the person": "",
    "open": "import time; time.sleep(60)",
    "broken": "raise RuntimeError('no display')",
}


class GatedEmbedder(HashingEmbedder):
    """Embeds passages only while its gate is open."""

    def __init__(self) -> None:
        """Begin closed."""
        super().__init__()
        self.gate = asyncio.Event()

    async def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Wait at the gate."""
        await self.gate.wait()
        return await super().embed_passages(texts)


def free_port() -> int:
    """Return a port of loopback where nothing listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@pytest.fixture
def settings(tmp_path: Path, pages: Path) -> Settings:
    """Return the settings of a bot on a free port that reads two pages."""
    return load_settings(
        env_file=None,
        data=tmp_path / "data",
        plugins=("folders", "help"),
        folders={"paths": (str(pages),)},
        room={"port": free_port()},
    )


async def until(true: Callable[[], bool], seconds: float = 20) -> None:
    """Wait until something is true."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110  # what is printed or lies on the disk sets no event
            await asyncio.sleep(0.02)


async def answers(port: int) -> bool:
    """Say whether the room's page is served."""
    async with aiohttp.ClientSession() as session:
        try:
            async with session.get(f"http://127.0.0.1:{port}/") as page:
                return page.status == 200
        except aiohttp.ClientError:
            return False


@asynccontextmanager
async def serving(
    settings: Settings, console: Console, embedder: HashingEmbedder
) -> AsyncIterator[asyncio.Task[None]]:
    """Serve, and end when asked to; nothing may go on afterwards."""
    before, stopped = asyncio.all_tasks(), asyncio.Event()
    task = asyncio.create_task(serve(settings, console, stopped, embedder=embedder))
    yield task
    stopped.set()
    async with asyncio.timeout(10):
        await task
    assert asyncio.all_tasks() - before <= {task}


async def test_the_room_opens_before_the_bot(
    settings: Settings, console: Console, printed: Callable[[], str]
) -> None:
    """The page is served while the first documents are still read; then the bot is ready."""
    embedder = GatedEmbedder()
    async with serving(settings, console, embedder):
        await until(lambda: "The room is open" in printed())
        assert await answers(settings.room.port)
        assert "Ready." not in printed()
        embedder.gate.set()
        await until(lambda: "Ready." in printed())
        assert await answers(settings.room.port)
    assert not await answers(settings.room.port)
    assert "Closing the room…" in printed()
    async with open_app(settings, embedder=HashingEmbedder()) as app:
        assert (await app.assistant.counts())["documents"] == 2


async def test_a_stop_does_not_wait_for_the_first_reading(
    settings: Settings, console: Console, printed: Callable[[], str]
) -> None:
    """Asked to stop while it reads, the bot stops within seconds, and the folder is free again."""
    async with serving(settings, console, GatedEmbedder()):
        await until(lambda: (settings.data / "index").exists())
        await asyncio.sleep(0.3)
        assert "Ready." not in printed()
    async with open_app(settings, embedder=HashingEmbedder()) as app:
        assert (await app.assistant.counts())["documents"] == 0


@pytest.fixture
async def app(settings: Settings) -> AsyncIterator[App]:
    """Open a bot that has read nothing."""
    async with open_app(settings, embedder=HashingEmbedder()) as opened:
        yield opened


async def test_the_first_reading_is_not_awaited_for_ever(app: App) -> None:
    """A folder that takes long is read on behind the open room."""
    room = RoomAdapter(RoomSettings())
    reading: asyncio.Task[None] = asyncio.create_task(asyncio.sleep(60))
    await first_reading(app, room, reading, asyncio.Event(), longest=0.05)
    assert room.tavern.opening == "reading the documents for the first time"
    assert not reading.done()
    reading.cancel()


async def test_a_taken_port_is_said(
    settings: Settings, console: Console, printed: Callable[[], str]
) -> None:
    """Where something else listens the setting is named, and nothing is left open."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", settings.room.port))
        other.listen()
        with pytest.raises(TavernkeepError, match=r"set room\.port"):
            await serve(settings, console, asyncio.Event(), embedder=HashingEmbedder())
    assert printed() == ""
    async with open_app(settings, embedder=HashingEmbedder()):
        pass


async def test_what_must_fail_fails_before_the_room_opens(
    settings: Settings, console: Console, printed: Callable[[], str], app: App
) -> None:
    """A second bot, an unknown plugin or a missing window system open no door to close it again."""
    unknown = settings.model_copy(update={"plugins": ("nonsense",)})
    with pytest.raises(DataFolderInUseError):
        await serve(settings, console, asyncio.Event())
    with pytest.raises(PluginError, match="nonsense"):
        await serve(unknown, console, asyncio.Event())
    if find_spec("webview") is None:
        with pytest.raises(TavernkeepError, match=r"pip install -e '\.\[window\]'"):
            await serve(settings, console, asyncio.Event(), window=True)
    assert printed() == ""


@pytest.fixture
def window_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Return what installs a window system whose window behaves in one of the ways."""

    def install(behaviour: str) -> None:
        (tmp_path / "webview.py").write_text(
            "def create_window(title, url, **size): assert url.startswith('http')\n"
            f"def start():\n    {WINDOWS[behaviour] or 'pass'}\n"
        )
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.delitem(sys.modules, "webview", raising=False)

    return install


async def test_closing_the_window_stops_the_bot(window_system: Callable[[str], None]) -> None:
    """The wait ends when the window is closed, or a stop is asked for, which closes it."""
    window_system("closed by the person")
    show("http://127.0.0.1:8484")
    sys.modules.pop("webview")
    await asyncio.wait_for(unless(asyncio.Event(), show_window("http://127.0.0.1:8484")), 20)
    window_system("open")
    stopped = asyncio.Event()
    asyncio.get_running_loop().call_later(0.5, stopped.set)
    await asyncio.wait_for(unless(stopped, show_window("http://127.0.0.1:8484")), 20)


async def test_a_window_that_breaks_is_said(
    window_system: Callable[[str], None], caplog: pytest.LogCaptureFixture
) -> None:
    """The person gets a way on, the operator the reason."""
    window_system("broken")
    with pytest.raises(TavernkeepError, match="in a browser, without --window"):
        await unless(asyncio.Event(), show_window("http://127.0.0.1:8484"))
    assert "no display" in caplog.text


async def test_a_talk_in_the_terminal(
    settings: Settings,
    console: Console,
    printed: Callable[[], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A question, verdicts, a better answer and a command, line by line; all of it is kept."""
    typed = (
        "When does the kitchen close?\n+\n- wrong\n= It closes at eleven.\n/help\n/quit\nnever\n"
    )
    monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
    await talk(settings, console, asyncio.Event(), embedder=HashingEmbedder())
    shown = printed()
    assert "closes at ten" in shown
    assert shown.count("Noted; it counts") == 2
    assert "/help" in shown
    async with open_app(settings, embedder=HashingEmbedder()) as app:
        counts = await app.assistant.counts()
        learned = await app.assistant.learned()
    assert counts["feedback"] >= 3
    assert "It closes at eleven." in [one.answer.text for one in learned]


async def test_a_talk_ends_when_it_is_asked_to(
    settings: Settings,
    console: Console,
    printed: Callable[[], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A stop ends the wait for a line that is never typed, and everything is closed in order."""
    reads, writes = os.pipe()
    with os.fdopen(reads) as typed, os.fdopen(writes, "w"):
        monkeypatch.setattr(sys, "stdin", typed)
        stopped = asyncio.Event()
        talking = asyncio.create_task(talk(settings, console, stopped, embedder=HashingEmbedder()))
        await until(lambda: "you ›" in printed())
        stopped.set()
        async with asyncio.timeout(10):
            await talking
    async with open_app(settings, embedder=HashingEmbedder()):
        pass


@asynccontextmanager
async def started(data: Path, pages: Path, port: int) -> AsyncIterator[Process]:
    """Start the bot as people do, and kill it if the test did not end it."""
    environ = {
        **os.environ,
        "TAVERNKEEP_DATA": str(data),
        "TAVERNKEEP_FOLDERS__PATHS": json.dumps([str(pages)]),
        "TAVERNKEEP_ROOM__PORT": str(port),
        "PYTHONPATH": str(CHECKOUT),
        "COLUMNS": "160",
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "--verbose", "run"),
        cwd=data.parent,
        env=environ,
        stdout=PIPE,
        stderr=PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def test_the_bot_as_people_start_it(tmp_path: Path, pages: Path) -> None:
    """It serves, stops on SIGTERM with exit code 0, and starts again on the same folder."""
    for start in ("first", "second"):
        port = free_port()
        async with asyncio.timeout(120), started(tmp_path / "data", pages, port) as process:
            assert process.stdout is not None
            said = b""
            while b"Ready." not in said and not process.stdout.at_eof():
                said += await process.stdout.readline()
            assert await answers(port), said
            process.terminate()
            out, logged = await process.communicate()
        assert process.returncode == 0, logged.decode()
        assert "Closing the room…" in out.decode()
        assert "Traceback" not in logged.decode()
        assert ("2 new" in logged.decode()) is (start == "first")
        assert "Added job" not in logged.decode()
