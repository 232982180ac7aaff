"""Whatever happened to the index, afterwards it holds just what the ledger says."""

import numpy as np
import pytest

from core.documents import Document
from core.embedding import Vectors
from core.index.memory import MemoryIndex
from core.indexing import Indexing
from core.items import IndexItem
from core.jobs.reconcile import Reconcile
from core.jobs.refresh import Refresh
from tests.doubles import Clock, ListedSource, silent


@pytest.fixture
async def reconcile(
    indexing: Indexing, refresh: Refresh, source: ListedSource, clock: Clock
) -> Reconcile:
    """Return the job, over three documents that were read."""
    source.held = [
        Document(source="listed", uri=text, title=text, text=text) for text in ("a", "b", "c")
    ]
    await refresh.run(clock(), silent)
    return Reconcile(indexing=indexing)


async def test_what_is_the_same_is_left_alone(reconcile: Reconcile, clock: Clock) -> None:
    """Where nothing is missing nothing is written, however often it runs."""
    for _ in range(2):
        report = await reconcile.run(clock(), silent)
        assert report.summary == "Ledger and index hold the same."
        assert not any(report.figures.values())


async def test_lost_rows_are_written_again(
    reconcile: Reconcile, index: MemoryIndex, clock: Clock
) -> None:
    """Rows that the index lost come back; the next run has nothing to do."""
    ids = await index.ids("passages")
    await index.delete("passages", sorted(ids)[:2])
    report = await reconcile.run(clock(), silent)
    assert report.figures == {"carried": 0, "missing": 2, "strangers": 0, "changed": 0}
    assert await index.ids("passages") == ids
    assert not any((await reconcile.run(clock(), silent)).figures.values())


async def test_strangers_are_removed(
    reconcile: Reconcile, index: MemoryIndex, clock: Clock
) -> None:
    """A row that the ledger does not know leaves the index."""
    ids = await index.ids("passages")
    vector: Vectors = np.zeros(256, dtype=np.float32)
    stranger = IndexItem(id="stranger", owner="x", audience=1, terms="", vector=vector)
    await index.upsert("passages", [stranger])
    assert (await reconcile.run(clock(), silent)).figures["strangers"] == 1
    assert await index.ids("passages") == ids


async def test_a_dropped_collection_heals(
    reconcile: Reconcile, index: MemoryIndex, clock: Clock
) -> None:
    """A collection that somebody removed is made again with the same ids."""
    ids = await index.ids("passages")
    await index.drop(str(await index.pointed("passages")))
    report = await reconcile.run(clock(), silent)
    assert report.figures["missing"] == 3
    assert await index.ids("passages") == ids
