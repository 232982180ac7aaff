"""The composition root builds everything once, heals what it can, and closes in reverse."""

import asyncio
import itertools
from datetime import timedelta
from pathlib import Path

import pytest

from bot.app import App, Store, open_app, open_store
from core.documents import Document
from core.embedders.hashing import HashingEmbedder
from core.errors import (
    DataFolderInUseError,
    EmbedderError,
    LedgerError,
    PluginError,
)
from core.models.claude import Claude
from core.models.quoting import QuotingModel
from core.settings import Settings, load_settings
from tests.doubles import Clock, ListedSource, silent

PAGES = [
    Document(source="listed", uri=text, title=text, text=f"It is {text}.") for text in ("a", "b")
]


class ClosedEmbedder(HashingEmbedder):
    """Remembers that it was closed."""

    closed = False

    async def close(self) -> None:
        """Remember it."""
        self.closed = True


async def read(store: Store) -> set[str]:
    """Read two pages and return the ids in the index."""
    await store.ingestion.ingest(ListedSource([*PAGES]), silent)
    return await store.index.ids("passages")


def test_plugins_and_keys_are_settings(settings: Settings) -> None:
    """The tests below run without a key and with the bundled plugins."""
    assert settings.anthropic.api_key.get_secret_value() == ""
    assert "folders" in settings.plugins


async def test_what_was_read_is_there_after_a_restart(settings: Settings, clock: Clock) -> None:
    """Closing and opening again finds the same rows and reads nothing twice."""
    async with open_store(settings, embedder=HashingEmbedder(), now=clock) as store:
        ids = await read(store)
        assert len(ids) == 2
    async with open_store(settings, embedder=HashingEmbedder(), now=clock) as store:
        assert await store.index.ids("passages") == ids
        summary = await store.ingestion.ingest(ListedSource([*PAGES]), silent)
        assert summary.unchanged == 2


@pytest.mark.parametrize("harm", ["removed", "broken"])
async def test_a_lost_index_is_rebuilt(
    settings: Settings, clock: Clock, caplog: pytest.LogCaptureFixture, harm: str
) -> None:
    """A folder that is gone or cannot be read costs nothing: the ledger holds everything."""
    async with open_app(settings, embedder=HashingEmbedder(), now=clock) as app:
        ids = await read(app.store)
        folder = app.store.folder.index
    folder.rename(folder.with_name("away"))
    if harm == "broken":
        folder.write_text("This is no folder.")
    async with open_app(settings, embedder=HashingEmbedder(), now=clock) as app:
        await app.scheduler.run("reconcile", silent)
        assert await app.store.index.ids("passages") == ids
    aside = list(folder.parent.glob("index.unreadable-*"))
    assert len(aside) == (harm == "broken")
    assert ("It was set aside as" in caplog.text) == (harm == "broken")


async def test_another_process_is_kept_out(settings: Settings, clock: Clock) -> None:
    """While the folder is held a second opening is refused; afterwards it is free."""
    async with open_store(settings, embedder=HashingEmbedder(), now=clock):
        with pytest.raises(DataFolderInUseError):
            async with open_store(settings, embedder=HashingEmbedder(), now=clock):
                pytest.fail("the folder was held twice")
    async with open_store(settings, embedder=HashingEmbedder(), now=clock):
        pass


async def test_a_failed_start_leaves_nothing_open(
    settings: Settings, clock: Clock, tmp_path: Path
) -> None:
    """When the ledger cannot be opened, what was opened beside it is closed and the lock is free."""
    (tmp_path / "data").mkdir()
    ledger = tmp_path / "data" / "ledger.sqlite"
    ledger.write_bytes(b"This is a letter to my grandmother. " * 40)
    embedder = ClosedEmbedder()
    with pytest.raises(LedgerError):
        async with open_store(settings, embedder=embedder, now=clock):
            pytest.fail("the ledger is no database")
    assert embedder.closed
    ledger.unlink()
    async with open_store(settings, embedder=HashingEmbedder(), now=clock) as store:
        assert len(await read(store)) == 2


async def test_a_model_that_is_not_there_stops_the_start(tmp_path: Path, clock: Clock) -> None:
    """An embedding model that cannot be loaded is said in a sentence, and the lock is let go."""
    missing = {"model": str(tmp_path / "no-model")}
    settings = load_settings(None, data=tmp_path / "data", embedder=missing)
    for _ in range(2):
        with pytest.raises(EmbedderError):
            async with open_store(settings, now=clock):
                pytest.fail("there is no model")


async def test_a_plugin_that_is_not_there_stops_the_start(settings: Settings) -> None:
    """An unknown plugin is named before anything is opened."""
    wrong = settings.model_copy(update={"plugins": ("nonsense",)})
    with pytest.raises(PluginError, match="nonsense"):
        async with open_app(wrong, embedder=HashingEmbedder()):
            pytest.fail("there is no such plugin")
    assert not wrong.data.exists()


async def test_the_jobs_are_there(settings: Settings, clock: Clock) -> None:
    """The five jobs have their periods from the settings; each runs, and the second run is idle."""
    async with open_app(settings, embedder=HashingEmbedder(), now=clock) as app:
        jobs = {job.name: job.every for job in app.scheduler.jobs}
        assert {"rerank", "reembed", "refresh", "reconcile", "purge"} <= jobs.keys()
        assert jobs["rerank"] == timedelta(minutes=settings.jobs.rerank)
        for name, _ in itertools.product(("reconcile", "reembed", "rerank", "purge"), range(2)):
            report = await app.scheduler.run(name, silent)
            assert not any(report.figures.values())
        assert (await app.assistant.status())["job"]


@pytest.mark.parametrize(("key", "kind"), [("", QuotingModel), ("sk-none", Claude)])
async def test_the_model_follows_the_key(
    tmp_path: Path, key: str, kind: type[object], clock: Clock
) -> None:
    """With a key Claude answers, without one passages are quoted."""
    settings = load_settings(None, data=tmp_path / "data", anthropic={"api_key": key})
    async with open_app(settings, embedder=HashingEmbedder(), now=clock) as app:
        assert isinstance(app.model, kind)


async def test_a_cancelled_opening_lets_go(settings: Settings, clock: Clock) -> None:
    """Stopped in the middle of the start, the folder is free for the next one."""

    async def start() -> App:
        async with open_app(settings, embedder=HashingEmbedder(), now=clock) as app:
            await asyncio.sleep(60)
            return app

    task = asyncio.create_task(start())
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with open_store(settings, embedder=HashingEmbedder(), now=clock) as store:
        assert len(await read(store)) == 2
