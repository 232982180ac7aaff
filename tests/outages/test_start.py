"""Starting while something is away: without the ledger not at all, without the index all the same."""

import asyncio
import io
import logging
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from bot.cli import main
from bot.service import serve
from core.embedders.hashing import HashingEmbedder
from core.errors import LedgerError
from core.settings import Settings, load_settings
from tests.servers.milvus import free_port

GONE = "postgresql+asyncpg://tavern:open-sesame@127.0.0.1:{port}/tavern"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Return the settings of a bot on a free port, without plugins."""
    return load_settings(None, data=tmp_path / "data", plugins=(), room={"port": free_port()})


async def is_served(port: int) -> bool:
    """Say whether somebody listens on a port."""
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


async def test_without_its_ledger_the_bot_does_not_start(settings: Settings) -> None:
    """One sentence says where the ledger should be, without the password; nothing stays open."""
    url = GONE.format(port=free_port())
    away = settings.model_copy(update={"ledger": settings.ledger.model_copy(update={"url": url})})
    began = time.monotonic()
    with pytest.raises(LedgerError, match=r"The ledger tavern on 127\.0\.0\.1") as raised:
        await serve(away, Console(quiet=True), asyncio.Event(), embedder=HashingEmbedder())
    assert "open-sesame" not in str(raised.value)
    assert time.monotonic() - began < 60
    assert not await is_served(settings.room.port)


@pytest.fixture
def levels() -> Iterator[None]:
    """Keep the levels of our loggers, which the command sets."""
    held = {name: logging.getLogger(name).level for name in ("bot", "core", "plugins")}
    yield
    for name, level in held.items():
        logging.getLogger(name).setLevel(level)


def test_the_command_says_so_and_its_exit_code_is_1(
    tmp_path: Path,
    levels: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A service manager sees that the start failed; people see one sentence and no traceback."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TAVERNKEEP_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("TAVERNKEEP_LEDGER__URL", GONE.format(port=free_port()))
    monkeypatch.setattr(sys, "argv", ["python -m bot", "rerank"])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr().err
    assert ended.value.code == 1
    assert said.startswith("The ledger tavern on 127.0.0.1")
    assert len(said.splitlines()) == 1


async def test_without_its_index_the_bot_serves(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    """The room opens and is ready; the log says what is away, and that it is sought."""
    index = settings.index.model_copy(update={"uri": f"http://127.0.0.1:{free_port()}"})
    away = settings.model_copy(update={"index": index})
    printed, stopped = io.StringIO(), asyncio.Event()
    task = asyncio.create_task(
        serve(away, Console(file=printed, width=160), stopped, embedder=HashingEmbedder())
    )
    async with asyncio.timeout(120):
        while "Ready." not in printed.getvalue() and not task.done():  # noqa: ASYNC110 - what is printed sets no event
            await asyncio.sleep(0.02)
    assert await is_served(settings.room.port)
    assert "Until it does, questions get a sentence" in caplog.text
    stopped.set()
    async with asyncio.timeout(60):
        await task
