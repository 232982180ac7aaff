"""`doctor` looks at every part, and says what to do where something is not well."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from rich.console import Console

from bot.app import open_store
from bot.data_folder import held
from bot.doctor import examine, space, sqlite
from core.documents import Document
from core.embedders.hashing import HashingEmbedder
from core.settings import Settings, load_settings
from tests.doubles import ListedSource, silent
from tests.servers.claude import LoopbackClaude

Look: TypeAlias = Callable[[], Awaitable[tuple[bool, dict[str, Any]]]]


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
        "index",
        "embedder",
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


async def test_a_running_bot_is_no_problem(look: Look, outside: Path) -> None:
    """While a bot runs the rest cannot be looked at, which is said with its process."""
    with held(outside):
        healthy, found = await look()
    assert healthy
    assert list(found) == ["settings", "disk", "SQLite", "data folder"]
    assert "process" in found["data folder"]["said"]
    assert "stop it" in found["data folder"]["advice"]


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
    full = space(tmp_path / "new" / "data", lowest=1 << 62)
    assert not full.well
    assert "Make room" in full.advice


def test_sqlite_is_not_looked_at_where_it_is_not_used(settings: Settings) -> None:
    """With PostgreSQL its release does not matter; on SQLite it is told."""
    elsewhere = settings.ledger.model_copy(update={"url": "postgresql+asyncpg://db/tavern"})
    assert sqlite(settings.model_copy(update={"ledger": elsewhere})).said == "Not used."
    assert sqlite(settings).said.startswith("3.")
