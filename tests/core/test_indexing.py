"""The index is brought to what the ledger says, from any state, and never the other way round."""

import pytest

from core.answers import Standing
from core.documents import Document
from core.embedders.hashing import HashingEmbedder
from core.errors import IndexUnavailableError
from core.index.memory import MemoryIndex
from core.indexing import BATCH, Difference, Indexing
from core.ledger.answers import save_answer
from core.ledger.collections import BUILDING, LIVE, add_collection, collections_of
from core.ledger.documents import save_document
from core.ledger.ledger import Ledger
from core.ledger.operations import queue, queued
from core.splitting import passages_of
from tests.doubles import NOON, Clock, CountingEmbedder, Shown, answer, silent


async def save(ledger: Ledger, *texts: str) -> set[str]:
    """Save a document for each text, without its embeddings, and return the passages' ids."""
    ids: set[str] = set()
    async with ledger.writing() as connection:
        for text in texts:
            page = Document(source="docs", uri=text, title="A", text=text)
            parts = passages_of(page, len, 500)
            await save_document(connection, page, parts, {}, "f", NOON)
            ids |= {part.id for part in parts}
    return ids


async def left(ledger: Ledger) -> int:
    """Return how many operations are queued."""
    async with ledger.reading() as connection:
        return len(await queued(connection, 10_000))


def another(ledger: Ledger, index: MemoryIndex, clock: Clock, dimension: int) -> Indexing:
    """Return a road with an embedder of another dimension, as after a change of the model."""
    embedder = HashingEmbedder(dimension)
    return Indexing(ledger=ledger, index=index, embedder=embedder, now=clock)


async def test_preparing_twice_makes_nothing_new(indexing: Indexing, index: MemoryIndex) -> None:
    """Every alias names one collection, and does so still after the next start."""
    made = await index.collections()
    await indexing.prepare()
    assert await index.collections() == made
    assert [name.partition("_")[0] for name in made] == ["answers", "passages"]
    assert [await index.pointed(alias) for alias in ("answers", "passages")] == made
    assert await indexing.speaks("passages")


async def test_queued_items_are_written_and_taken_off(
    indexing: Indexing, index: MemoryIndex, ledger: Ledger
) -> None:
    """The queue is empty once the index has everything; items come in batches."""
    ids = await save(ledger, *map(str, range(BATCH + 3)))
    shown = Shown()
    assert await indexing.catch_up(shown) == BATCH + 3
    assert shown.steps == [(BATCH, None), (BATCH + 3, None)]
    assert await index.ids("passages") == ids
    assert (await left(ledger), await indexing.catch_up()) == (0, 0)


async def test_an_operation_stays_until_the_index_has_it(
    indexing: Indexing, index: MemoryIndex, ledger: Ledger
) -> None:
    """When the index does not answer, nothing is taken off the queue; the next pass does it all."""
    ids = await save(ledger, "one", "two")
    lost = str(await index.pointed("passages"))
    await index.drop(lost)
    with pytest.raises(IndexUnavailableError):
        await indexing.catch_up()
    assert await left(ledger) == 2
    await indexing.prepare()
    await indexing.catch_up()
    assert await index.ids("passages") == ids


async def test_what_is_not_wanted_is_removed(
    indexing: Indexing, index: MemoryIndex, ledger: Ledger
) -> None:
    """A learned answer that may no longer be given leaves the index with its questions."""
    async with ledger.writing() as connection:
        await save_answer(connection, answer(standing=Standing.TRIAL), None)
        await queue(connection, "answers", ["q-a1"], NOON)
    await indexing.catch_up()
    assert await index.ids("answers") == {"q-a1"}
    async with ledger.writing() as connection:
        await connection.exec_driver_sql("UPDATE answers SET standing = 'retired'")
        await queue(connection, "answers", ["q-a1"], NOON)
    await indexing.catch_up()
    assert await index.ids("answers") == set()


async def test_what_was_embedded_is_not_embedded_again(ledger: Ledger, clock: Clock) -> None:
    """An index that was deleted is rebuilt from the vectors that the ledger keeps."""
    embedder, index = CountingEmbedder(), MemoryIndex()
    for _ in range(2):
        indexing = Indexing(ledger=ledger, index=index, embedder=embedder, now=clock)
        await indexing.prepare()
        ids = await save(ledger, "one", "two")
        await indexing.catch_up()
        assert await index.ids("passages") == ids
        index = MemoryIndex()
    assert len(embedder.embedded) == 2


async def test_a_deleted_index_heals(
    indexing: Indexing, index: MemoryIndex, ledger: Ledger
) -> None:
    """What the index lacks, and what is a stranger in it, is found, queued and put right."""
    ids = await save(ledger, "one", "two")
    await indexing.catch_up()
    same = [Difference(alias=alias) for alias in ("passages", "answers")]
    assert await indexing.compare() == same
    await index.drop(str(await index.pointed("passages")))
    await indexing.prepare()
    assert indexing.behind
    lacking = [Difference(alias="passages", missing=2), same[1]]
    assert await indexing.compare() == await indexing.heal(silent) == lacking
    assert await index.ids("passages") == ids
    assert not indexing.behind


async def test_a_deleted_index_heals_under_another_embedder(
    indexing: Indexing, index: MemoryIndex, ledger: Ledger, clock: Clock
) -> None:
    """Where the folder went and the model changed at once, collections of the new size are made."""
    ids = await save(ledger, "one")
    await indexing.catch_up()
    empty = MemoryIndex()
    road = another(ledger, empty, clock, 64)
    await road.prepare()
    await road.heal(silent)
    assert await empty.ids("passages") == ids
    await road.prepare()
    async with ledger.reading() as connection:
        assert {one.state for one in await collections_of(connection)} == {LIVE}


async def test_a_collection_that_was_never_made_is_forgotten(
    indexing: Indexing, index: MemoryIndex, ledger: Ledger
) -> None:
    """Killed between noting a collection and making it, the bot does not try to write to it."""
    async with ledger.writing() as connection:
        await add_collection(
            connection,
            name="passages_never",
            alias="passages",
            fingerprint=indexing.fingerprint,
            state=BUILDING,
            now=NOON,
        )
    await indexing.prepare()
    ids = await save(ledger, "one")
    await indexing.catch_up()
    assert await index.ids("passages") == ids


async def test_a_collection_that_came_back_is_dropped_again(
    indexing: Indexing, index: MemoryIndex
) -> None:
    """An older copy of the index brings no purged text back; others' collections are left alone."""
    ours = f"answers_{'0' * 16}_{'1' * 20}"
    for name in (ours, "answers_of_somebody_else"):
        await index.create(name, 256)
    await indexing.prepare()
    assert not {ours} & set(await index.collections())
    assert "answers_of_somebody_else" in await index.collections()


async def test_an_alias_that_points_elsewhere_is_put_right(
    indexing: Indexing, index: MemoryIndex
) -> None:
    """Killed between swapping in the index and noting it, the ledger's word counts."""
    live = await index.pointed("passages")
    begun = await indexing.begin("passages")
    await index.point("passages", begun.name)
    await indexing.prepare()
    assert await index.pointed("passages") == live


async def test_another_embedder_does_not_speak_for_old_collections(
    indexing: Indexing, index: MemoryIndex, ledger: Ledger, clock: Clock
) -> None:
    """After a change of the model old rows stay as they were, and new ones wait for the rebuild."""
    ids = await save(ledger, "one")
    await indexing.catch_up()
    road = another(ledger, index, clock, 64)
    await road.prepare()
    assert not await road.speaks("passages")
    await save(ledger, "two")
    await road.catch_up()
    assert await index.ids("passages") == ids


async def test_filling_writes_only_what_is_missing(
    indexing: Indexing, index: MemoryIndex, ledger: Ledger, clock: Clock
) -> None:
    """A collection that is filled again gets no row twice, and loses what is not wanted."""
    ids = await save(ledger, "one", "two")
    begun = await indexing.begin("passages")
    assert (await indexing.fill(begun, silent)).missing == 2
    assert (await indexing.fill(begun, silent)).total == 0
    async with ledger.writing() as connection:
        await connection.exec_driver_sql("DELETE FROM passages WHERE text = 'two'")
    await indexing.fill(begun, silent)
    assert len(await index.ids(begun.name)) == 1
    assert await index.ids(begun.name) < ids


async def test_a_collection_in_the_making_is_written_to(
    indexing: Indexing, index: MemoryIndex, ledger: Ledger
) -> None:
    """What changes while a new collection is built reaches the live one and the new one."""
    begun = await indexing.begin("passages")
    ids = await save(ledger, "one")
    await indexing.catch_up()
    assert await index.ids(begun.name) == await index.ids("passages") == ids
    await indexing.swap(begun)
    assert await index.pointed("passages") == begun.name
    await indexing.drop(begun)
    assert begun.name not in await index.collections()
