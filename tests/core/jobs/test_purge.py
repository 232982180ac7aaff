"""What was deleted is wiped once, and a run with nothing to wipe writes nothing."""

import sqlite3
from pathlib import Path

import pytest

from core.documents import Document
from core.embedders.hashing import HashingEmbedder
from core.errors import LedgerError
from core.index.memory import MemoryIndex
from core.indexing import Indexing
from core.jobs.purge import Purge
from core.jobs.reembed import Reembed
from core.jobs.refresh import Refresh
from core.ledger.collections import collections_of
from core.ledger.documents import load_embeddings, save_embeddings
from core.ledger.ledger import Ledger
from tests.doubles import Clock, ListedSource, silent

CANARY = "quetzalcoatlus"
NOTHING = "Nothing was erased since the last purge."


def files(folder: Path) -> dict[str, bytes]:
    """Return the ledger and its log, as they are on the disk."""
    return {
        path.name: path.read_bytes()
        for path in folder.glob("ledger.sqlite*")
        if "shm" not in path.name
    }


@pytest.fixture
async def purge(
    ledger: Ledger,
    indexing: Indexing,
    reembed: Reembed,
    refresh: Refresh,
    source: ListedSource,
    clock: Clock,
) -> Purge:
    """Return the job, over two documents of which one has been removed."""
    texts = ("The kitchen closes at ten.", f"The {CANARY} sleeps in the attic.")
    source.held = [Document(source="listed", uri=text, title="A", text=text) for text in texts]
    await refresh.run(clock.advance(seconds=1), silent)
    source.held.pop()
    await refresh.run(clock.advance(seconds=1), silent)
    clock.advance(seconds=1)
    return Purge(ledger=ledger, indexing=indexing, reembed=reembed, now=clock)


async def test_a_purge_rewrites_what_lost_rows(
    purge: Purge, ledger: Ledger, index: MemoryIndex, clock: Clock
) -> None:
    """The passages get a new collection, the old one goes at once, the answers keep theirs."""
    before = await index.collections()
    rows = await index.ids("passages")
    report = await purge.run(clock(), silent)
    after = await index.collections()
    assert report.figures == {"answers": 0, "collections": 1, "embeddings": 1}
    assert len(after) == len(before)
    assert len({*after} & {*before}) == 1
    assert await index.ids("passages") == rows
    async with ledger.reading() as connection:
        assert [one.state for one in await collections_of(connection)] == ["live", "live"]


async def test_the_files_hold_nothing_of_it(purge: Purge, tmp_path: Path, clock: Clock) -> None:
    """Before, SQLite's files have the text; after, none of them has it."""
    assert any(CANARY.encode() in held for held in files(tmp_path).values())
    await purge.run(clock(), silent)
    assert not any(CANARY.encode() in held for held in files(tmp_path).values())


async def test_a_second_purge_writes_nothing(
    purge: Purge, ledger: Ledger, index: MemoryIndex, tmp_path: Path, clock: Clock
) -> None:
    """Run again, it finds nothing, leaves the collections alone and the files to the byte."""
    await purge.run(clock(), silent)
    before = files(tmp_path)
    names = await index.collections()
    report = await purge.run(clock.advance(days=1), silent)
    assert report.summary == NOTHING
    assert not any(report.figures.values())
    assert await index.collections() == names
    assert files(tmp_path) == before


async def test_embeddings_of_a_former_model_go_without_an_erasure(
    purge: Purge, ledger: Ledger, index: MemoryIndex, embedder: HashingEmbedder, clock: Clock
) -> None:
    """Vectors that no collection was made with are removed; nothing is rebuilt for them."""
    await purge.run(clock(), silent)
    names = await index.collections()
    vectors = {"some hash": (await embedder.embed_passages(["x"]))[0]}
    async with ledger.writing() as connection:
        await save_embeddings(connection, vectors, "former")
    report = await purge.run(clock.advance(days=1), silent)
    assert report.figures == {"answers": 0, "collections": 0, "embeddings": 1}
    assert await index.collections() == names
    async with ledger.reading() as connection:
        assert not await load_embeddings(connection, ["some hash"], "former")


async def test_a_purge_that_could_not_wipe_is_made_up(
    purge: Purge, ledger: Ledger, tmp_path: Path, clock: Clock
) -> None:
    """While another process holds the file the run fails, and the next one does it all."""
    other = sqlite3.connect(tmp_path / "ledger.sqlite", isolation_level=None)
    other.execute("BEGIN")
    other.execute("SELECT count(*) FROM people").fetchone()
    with pytest.raises(LedgerError, match="wiped"):
        await purge.run(clock(), silent)
    other.close()
    assert (await purge.run(clock.advance(days=1), silent)).summary != NOTHING
    assert (await purge.run(clock.advance(days=1), silent)).summary == NOTHING
