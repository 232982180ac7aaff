"""`doctor` looks at every part, and says what to do where something is not well."""

import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from rich.console import Console

from bot.app import App, open_app, open_store
from bot.data_folder import DataFolder, held
from bot.doctor import examine, size, space, sqlite
from bot.room.adapter import RoomAdapter
from core.documents import Document
from core.embedders.hashing import HashingEmbedder
from core.ledger.ledger import Ledger
from core.ledger.operations import queue
from core.ledger.runs import finish_run, hold_lease, start_run
from core.models.claude import Claude
from core.scheduler import STOPPED
from core.settings import Settings, load_settings
from tests.doubles import ListedSource, silent
from tests.servers.claude import LoopbackClaude

Look: TypeAlias = Callable[[], Awaitable[tuple[bool, dict[str, Any]]]]


def free_port() -> int:
    """Return a port of loopback where nothing listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@pytest.fixture
def look(
    outside: Path, console: Console, printed: Callable[[], str], embedder: HashingEmbedder
) -> Look:
    """Return what looks, and returns whether all is well and the findings by their part."""

    async def looked() -> tuple[bool, dict[str, Any]]:
        before = len(printed())
        healthy = await examine(console, as_json=True, embedder=embedder)
        findings = json.loads(printed()[before:])
        return healthy, {one["part"]: one for one in findings}

    return looked


async def fill(settings: Settings, embedder: HashingEmbedder) -> None:
    """Read two pages, and lose the row of one in the index."""
    pages = [
        Document(source="listed", uri=text, title=text, text=f"It is {text}.")
        for text in ("a", "b")
    ]
    async with open_store(settings, embedder=embedder) as store:
        await store.ingestion.ingest(ListedSource([*pages]), silent)
        lost = sorted(await store.index.ids("passages"))[:1]
        await store.index.delete("passages", lost)


async def test_a_new_bot_is_healthy(look: Look) -> None:
    """Every part is told; an empty ledger gets a hint and is no problem."""
    healthy, found = await look()
    assert healthy
    assert list(found) == [
        "settings",
        "disk",
        "SQLite",
        "ledger",
        "documents",
        "inbox",
        "index queue",
        "jobs",
        "index",
        "embedder",
        "learning",
        "floor",
        "language model",
        "plugins",
    ]
    assert "ingest FOLDER" in found["documents"]["advice"]
    assert "ANTHROPIC_API_KEY" in found["language model"]["said"]
    assert "folders" in found["plugins"]["said"]


async def test_people_get_a_table(
    outside: Path, console: Console, printed: Callable[[], str], embedder: HashingEmbedder
) -> None:
    """Each part has a mark, and an arrow leads to the advice."""
    assert await examine(console, as_json=False, embedder=embedder)
    assert "✓" in printed()
    assert "✗" not in printed()
    assert "→ Start the bot" in printed()


async def test_a_wrong_setting_is_named(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing else can be looked at without settings."""
    monkeypatch.setenv("TAVERNKEEP_ROOM__PORT", "many")
    healthy, found = await look()
    assert not healthy
    assert list(found) == ["settings"]
    assert "room.port" in found["settings"]["said"]
    assert found["settings"]["advice"]


async def test_an_index_that_differs_is_told(look: Look, outside: Path) -> None:
    """The number of rows is told, with the command that heals it."""
    await fill(load_settings(), HashingEmbedder())
    healthy, found = await look()
    assert not healthy
    assert "differs from the ledger in 1 rows" in found["index"]["said"]
    assert "python -m bot reindex" in found["index"]["advice"]
    assert "documents" not in found


@pytest.mark.parametrize(
    ("key", "sentence", "well"),
    [
        ("sk-right", "Claude answers with Claude Sonnet", True),
        ("wrong-key", "ANTHROPIC_API_KEY: the API does not accept this key", False),
    ],
)
async def test_the_key_is_tried(
    look: Look, monkeypatch: pytest.MonkeyPatch, key: str, sentence: str, well: bool
) -> None:
    """A key that Claude's API does not take is a problem, and is not printed."""
    async with LoopbackClaude() as server:
        monkeypatch.setenv("ANTHROPIC_API_KEY", key)
        monkeypatch.setenv("TAVERNKEEP_ANTHROPIC__BASE_URL", server.url)
        healthy, found = await look()
    assert healthy is well
    assert sentence in found["language model"]["said"]
    assert key not in str(found)
    assert bool(found["language model"]["advice"]) is not well


async def test_a_service_that_does_not_answer_is_told(
    look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nothing listens the setting of the address is named, and what happens meanwhile."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-right")
    monkeypatch.setenv("TAVERNKEEP_ANTHROPIC__BASE_URL", "http://127.0.0.1:9")
    healthy, found = await look()
    assert not healthy
    assert "anthropic.base_url" in found["language model"]["said"]
    assert "quotations" in found["language model"]["advice"]


async def test_a_bot_that_serves_no_room_is_no_problem(look: Look, outside: Path) -> None:
    """What its ledger holds is told all the same, and how to have the rest examined."""
    await fill(load_settings(), HashingEmbedder())
    with held(outside):
        healthy, found = await look()
    assert healthy
    told = ["settings", "disk", "SQLite", "data folder", "room", "inbox", "index queue", "jobs"]
    assert list(found) == told
    assert "process" in found["data folder"]["said"]
    assert "stop it" in found["room"]["advice"]
    assert found["inbox"]["said"] == "No events wait."
    assert found["jobs"]["said"] == "No process is running a job."


async def test_a_bot_that_is_just_starting_is_told(look: Look, outside: Path) -> None:
    """A ledger that has no tables yet is a problem of this minute."""
    with held(outside):
        healthy, found = await look()
    assert not healthy
    assert "again in a minute" in found["ledger"]["advice"]


@pytest.fixture
async def served(
    outside: Path, monkeypatch: pytest.MonkeyPatch, embedder: HashingEmbedder
) -> AsyncIterator[App]:
    """Run a bot with a key whose room is open; its circuit breaker can be told of failures."""
    monkeypatch.setenv("TAVERNKEEP_ROOM__PORT", str(free_port()))
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-right")
    async with LoopbackClaude() as server:
        monkeypatch.setenv("TAVERNKEEP_ANTHROPIC__BASE_URL", server.url)
        settings = load_settings()
        async with open_app(settings, embedder=embedder) as app:
            room = RoomAdapter(settings.room)
            await room.start()
            await room.attach(app.assistant, app.status.findings)
            yield app
            await room.stop()


async def test_a_running_bot_tells_how_it_is(look: Look, served: App) -> None:
    """Its model, embedder, index and job are asked over the room's port; its queues are read."""
    healthy, found = await look()
    assert healthy
    assert "Claude answers with" in found["model"]["said"]
    assert found["index"]["said"].startswith("Milvus Lite")
    assert {"embedder", "job", "inbox", "index queue", "jobs"} <= found.keys()


async def test_an_open_breaker_of_the_running_bot_is_told(look: Look, served: App) -> None:
    """State, reason, when it is tried again, and what happens meanwhile."""
    assert isinstance(served.model, Claude)
    served.model.breaker.failed("Claude is overloaded at the moment.", pause=3600)
    healthy, found = await look()
    assert not healthy
    assert "breaker open): Claude is overloaded at the moment." in found["model"]["said"]
    assert "tried again at" in found["model"]["said"]
    assert "quotations" in found["model"]["advice"]


async def test_what_waits_too_long_is_told(look: Look, outside: Path) -> None:
    """Queued operations, a failed job and the lease's holder; while the bot is away they may wait."""
    settings = load_settings()
    await fill(settings, HashingEmbedder())
    ago = datetime.now(UTC) - timedelta(minutes=10)
    ledger = Ledger(DataFolder(outside).ledger_url)
    async with ledger.writing() as connection:
        await queue(connection, "passages", ["one"], ago)
        run = await start_run(connection, "refresh", ago)
        await finish_run(connection, run, ago, outcome="failed", summary="The folder is gone.")
        run = await start_run(connection, "rerank", ago)
        await finish_run(connection, run, ago, outcome="failed", summary=STOPPED)
        await hold_lease(connection, "scheduler", "host:1:ab", ago, timedelta(hours=1))
    with held(outside):
        healthy, found = await look()
    await ledger.close()
    assert not healthy
    assert (
        "1 operations wait to reach the index, the oldest for 10 minutes"
        in (found["index queue"]["said"])
    )
    assert found["jobs"]["said"].endswith("). refresh failed: The folder is gone.")
    assert "host:1:ab is running a job (lease 1" in found["jobs"]["said"]
    _, alone = await look()
    assert alone["index queue"]["well"]
    assert "as soon as the bot is started" in alone["index queue"]["advice"]


async def test_a_room_that_is_still_opening_says_so(
    look: Look, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the assistant is there, the room tells what is being loaded."""
    monkeypatch.setenv("TAVERNKEEP_ROOM__PORT", str(free_port()))
    room = RoomAdapter(load_settings().room)
    await room.start()
    room.opening("loading the embedding model")
    with held(outside):
        _, found = await look()
    await room.stop()
    assert found["start"]["said"].endswith("still opening: loading the embedding model.")


async def test_another_service_on_the_rooms_port_is_told(
    look: Look, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What listens there and is no room is named, and what it says is not believed."""
    async with LoopbackClaude() as server:
        monkeypatch.setenv("TAVERNKEEP_ROOM__PORT", server.url.rpartition(":")[2])
        with held(outside):
            _, found = await look()
    assert "is no room of Tavernkeep" in found["room"]["said"]


@pytest.mark.parametrize(
    ("name", "value", "part"),
    [
        ("TAVERNKEEP_PLUGINS", '["nonsense"]', "plugins"),
        ("TAVERNKEEP_LEDGER__URL", "nonsense://", "ledger"),
    ],
)
async def test_what_keeps_the_bot_from_starting_is_told(
    look: Look, monkeypatch: pytest.MonkeyPatch, name: str, value: str, part: str
) -> None:
    """A failed start is laid to the part that failed."""
    monkeypatch.setenv(name, value)
    healthy, found = await look()
    assert not healthy
    assert not found[part]["well"]
    assert "cannot start" in found[part]["advice"]


async def test_a_model_that_is_missing_is_told(
    outside: Path, console: Console, printed: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The embedder is loaded as at a start."""
    monkeypatch.setenv("TAVERNKEEP_EMBEDDER__MODEL", "/no/model")
    assert not await examine(console, as_json=False)
    assert "embedder" in printed()
    assert "✗" in printed()


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    """Where too little is free, room must be made; a folder not yet made lies on its parent's disk."""
    assert space(tmp_path / "new" / "data").well
    full = space(tmp_path / "new" / "data", lambda _: (100 << 30, 100 << 30, 5))
    assert not full.well
    assert "Make room" in full.advice


def test_sqlite_is_not_looked_at_where_it_is_not_used(settings: Settings) -> None:
    """With PostgreSQL its release does not matter; on SQLite it is told."""
    elsewhere = settings.ledger.model_copy(update={"url": "postgresql+asyncpg://db/tavern"})
    assert sqlite(settings.model_copy(update={"ledger": elsewhere})).said == "Not used."
    assert sqlite(settings).said.startswith("3.")


def test_an_index_that_outgrew_milvus_lite_is_told(settings: Settings) -> None:
    """From a hundred thousand passages on a Milvus server is the answer; with one all is well."""
    assert size(settings, 100_000) is None
    grown = size(settings, 100_001)
    assert grown is not None
    assert "set index.uri" in grown.advice
    server = settings.index.model_copy(update={"uri": "http://milvus:19530"})
    assert size(settings.model_copy(update={"index": server}), 100_001) is None
