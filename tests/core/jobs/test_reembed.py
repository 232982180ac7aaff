"""A change of the model builds new collections beside the live ones, and swaps them when they are right."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Literal

import numpy as np
import pytest

from core.documents import Document, Passage
from core.embedders.hashing import HashingEmbedder
from core.errors import IndexUnavailableError
from core.index.memory import MemoryIndex
from core.indexing import BATCH, Indexing
from core.items import IndexItem
from core.jobs.reembed import KEPT_FOR, SAMPLE, Reembed
from core.jobs.refresh import Refresh
from core.ledger.documents import save_document
from core.ledger.ledger import Ledger
from tests.doubles import NOON, Clock, ListedSource, silent

MANY = 2 * BATCH + 10


class FaultyIndex(MemoryIndex):
    """Acknowledges every write; while `fault` says so, rows are lost or get another vector."""

    fault: Literal["lost", "confused", None] = None

    async def upsert(self, collection: str, items: Sequence[IndexItem], bulk: bool = False) -> None:
        """Write rows, or do the wrong thing."""
        if self.fault == "confused":
            items = [replace(one, vector=np.roll(one.vector, 1)) for one in items]
        await super().upsert(collection, [] if self.fault == "lost" else items, bulk)


@pytest.fixture
def index() -> FaultyIndex:
    """Return an index in memory that can be made to do the wrong thing."""
    return FaultyIndex()


@pytest.fixture
async def filled(ledger: Ledger, indexing: Indexing) -> int:
    """Return how many passages one long document has, which ledger and index hold."""
    page = Document(source="listed", uri="a", title="A", text="It has many parts.")
    parts = [
        Passage(document_id=page.id, ordinal=n, breadcrumb="A", text=f"The number {n}.")
        for n in range(MANY)
    ]
    async with ledger.writing() as connection:
        await save_document(connection, page, parts, {}, "", NOON)
    await indexing.catch_up()
    return MANY


def changed(ledger: Ledger, index: MemoryIndex, clock: Clock) -> Reembed:
    """Return the job as after a restart with another model."""
    indexing = Indexing(ledger=ledger, index=index, embedder=HashingEmbedder(64), now=clock)
    return Reembed(ledger=ledger, index=index, indexing=indexing, now=clock)


async def test_an_unchanged_model_is_nothing_to_do(
    reembed: Reembed, filled: int, index: MemoryIndex, clock: Clock
) -> None:
    """With the model that everything was embedded with, no collection is made."""
    before = await index.collections()
    for _ in range(2):
        report = await reembed.run(clock(), silent)
        assert not any(report.figures.values())
    assert await index.collections() == before


async def test_another_model_builds_and_swaps(
    ledger: Ledger, filled: int, index: MemoryIndex, clock: Clock
) -> None:
    """The same ids are found by vectors of the new size; the second run writes nothing."""
    ids = await index.ids("passages")
    old = await index.pointed("passages")
    job = changed(ledger, index, clock)
    report = await job.run(clock.advance(hours=1), silent)
    assert report.figures == {"written": 0, "swapped": 2, "dropped": 0}
    assert await index.pointed("passages") != old
    assert await index.ids("passages") == ids
    vector = await HashingEmbedder(64).embed_question("A\n\nThe number 7.")
    (hit,) = await index.search_dense("passages", vector, audiences=[1], limit=1)
    assert hit.score == pytest.approx(1.0)
    assert not any((await job.run(clock(), silent)).figures.values())


async def test_a_cancelled_rebuild_is_taken_up_again(
    ledger: Ledger, filled: int, index: MemoryIndex, clock: Clock
) -> None:
    """Stopped in the middle, the old collection still answers; what was written stays written."""
    old = await index.pointed("passages")
    job = changed(ledger, index, clock)
    half = asyncio.Event()
    task = asyncio.create_task(job.run(clock(), lambda *_: half.set()))
    await half.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await index.pointed("passages") == old
    made = {name for name in await index.collections() if name.startswith("passages")}
    (building,) = made - {old}
    written = len(await index.ids(building))
    assert 0 < written < filled
    report = await changed(ledger, index, clock).run(clock.advance(hours=1), silent)
    assert report.figures["swapped"] == 2
    assert await index.pointed("passages") == building
    assert len(await index.ids("passages")) == filled


async def test_questions_are_answered_meanwhile(
    ledger: Ledger, filled: int, index: MemoryIndex, clock: Clock
) -> None:
    """At every step of a rebuild the alias names a collection with every row in it."""
    seen: list[int] = []

    def look(what: str, done: int, total: int | None) -> None:
        rows = asyncio.ensure_future(index.ids("passages"))
        rows.add_done_callback(lambda task: seen.append(len(task.result())))

    await changed(ledger, index, clock).run(clock(), look)
    await asyncio.sleep(0)
    assert len(seen) >= 3
    assert {*seen} == {filled}


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [("lost", f"lacks {MANY} of {MANY} rows"), ("confused", "does not find its own row")],
)
async def test_a_wrong_collection_is_not_swapped_in(
    ledger: Ledger,
    filled: int,
    index: FaultyIndex,
    clock: Clock,
    fault: Literal["lost", "confused"],
    sentence: str,
) -> None:
    """When the index lost or confused what it acknowledged, the live collection stays."""
    old = await index.pointed("passages")
    index.fault = fault
    with pytest.raises(IndexUnavailableError, match=sentence):
        await changed(ledger, index, clock).run(clock(), silent)
    assert await index.pointed("passages") == old
    assert len(await index.ids("passages")) == filled


async def test_what_was_lost_is_written_at_the_next_attempt(
    ledger: Ledger, filled: int, index: FaultyIndex, clock: Clock
) -> None:
    """A rebuild that failed is taken up again and swapped in once it has every row."""
    index.fault = "lost"
    with pytest.raises(IndexUnavailableError):
        await changed(ledger, index, clock).run(clock(), silent)
    index.fault = None
    report = await changed(ledger, index, clock).run(clock(), silent)
    assert report.figures["swapped"] == 2
    assert len(await index.ids("passages")) == filled


async def test_many_equal_rows_pass_the_check(
    ledger: Ledger,
    refresh: Refresh,
    source: ListedSource,
    index: MemoryIndex,
    clock: Clock,
) -> None:
    """Where more rows say the same than a search returns, any of them shows that it works."""
    source.held = [
        Document(source="listed", uri=str(n), title="Licence", text="Do what you like.")
        for n in range(3 * SAMPLE)
    ]
    await refresh.run(clock(), silent)
    report = await changed(ledger, index, clock).run(clock.advance(hours=1), silent)
    assert report.figures["swapped"] == 2


async def test_old_collections_go_after_a_week(
    ledger: Ledger, filled: int, index: MemoryIndex, clock: Clock
) -> None:
    """A retired collection is kept to be swapped back, and dropped when a week has passed."""
    job = changed(ledger, index, clock)
    await job.run(clock.advance(hours=1), silent)
    assert len(await index.collections()) == 4
    await job.run(clock() + KEPT_FOR, silent)
    assert len(await index.collections()) == 4
    report = await job.run(clock() + KEPT_FOR + timedelta(seconds=1), silent)
    assert report.figures["dropped"] == 2
    assert len(await index.collections()) == 2


async def test_afresh_rebuilds_whatever_the_model(
    reembed: Reembed, filled: int, index: MemoryIndex, clock: Clock
) -> None:
    """Asked for, new collections are built with the same model, and what was begun is finished."""
    old = await index.pointed("passages")
    report = await reembed.run_afresh(clock.advance(hours=1), silent)
    assert report.figures["swapped"] == 2
    assert await index.pointed("passages") != old
    assert len(await index.ids("passages")) == filled


async def test_what_another_model_began_is_dropped(
    ledger: Ledger, filled: int, index: MemoryIndex, indexing: Indexing, clock: Clock
) -> None:
    """A rebuild that a third model left unfinished does not stay behind."""
    clock.advance(minutes=1)
    begun = await indexing.begin("passages")
    job = changed(ledger, index, clock)
    report = await job.run(clock.advance(hours=1), silent)
    assert report.figures["swapped"] == 2
    assert begun.name not in await index.collections()


async def test_a_begun_collection_that_vanished_is_begun_again(
    ledger: Ledger, filled: int, index: MemoryIndex, clock: Clock
) -> None:
    """When somebody removes a collection in the making, the rebuild starts over by itself."""
    other = Indexing(ledger=ledger, index=index, embedder=HashingEmbedder(64), now=clock)
    begun = await other.begin("passages")
    await index.drop(begun.name)
    report = await changed(ledger, index, clock).run(clock.advance(hours=1), silent)
    assert report.figures["swapped"] == 2
