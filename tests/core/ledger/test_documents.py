"""Documents replace each other, and the index is told of every passage that came or went."""

import numpy as np
import pytest

from core.audience import EVERYONE, Audience, holders_of
from core.documents import Document, Passage
from core.embedding import Vectors
from core.ledger.documents import (
    count_documents,
    load_document,
    load_embeddings,
    load_passages,
    passage_ids,
    remove_document,
    save_document,
    save_embeddings,
    stored_hashes,
)
from core.ledger.ledger import Ledger, Transaction
from core.ledger.operations import done, queued, wanted_ids, wanted_items
from tests.doubles import NOON


def page(text: str = "Press it.", audience: Audience = EVERYONE) -> Document:
    """Return a document of one line."""
    return Document(
        source="docs", uri="a.md", title="A", text=text, link="file:a", audience=audience
    )


def parts_of(document: Document) -> list[Passage]:
    """Return one passage for each line."""
    return [
        Passage(document_id=document.id, ordinal=number, breadcrumb="A", text=line)
        for number, line in enumerate(document.text.splitlines())
    ]


async def save(connection: Transaction, document: Document) -> list[str]:
    """Save a document and return the ids of its passages."""
    parts = parts_of(document)
    vectors: dict[str, Vectors] = {part.hash: np.ones(4, dtype=np.float32) for part in parts}
    await save_document(connection, document, parts, vectors, "f" * 16, NOON)
    return [part.id for part in parts]


async def take_queue(connection: Transaction) -> set[str]:
    """Empty the queue and return the ids that were in it."""
    found = await queued(connection, 1000)
    await done(connection, found)
    return {one.item_id for one in found}


async def test_a_document_comes_back_as_it_was(ledger: Ledger) -> None:
    """What was saved is loaded in every detail, and counted."""
    document = page("one\ntwo", holders_of("Head Cook"))
    async with ledger.writing() as connection:
        ids = await save(connection, document)
        assert await load_document(connection, document.id) == document
        assert await load_document(connection, "0" * 32) is None
        assert await stored_hashes(connection, "docs") == {document.id: document.hash}
        assert await stored_hashes(connection, "other") == {}
        assert await passage_ids(connection, document.id) == ids
        assert await count_documents(connection) == (1, 2)
        held = await load_passages(connection, ids)
    assert [held[id_].text for id_ in ids] == ["one", "two"]
    assert (held[ids[0]].title, held[ids[0]].link) == ("A", "file:a")


async def test_saving_queues_what_came(ledger: Ledger) -> None:
    """The passages of a new document are to be written to the index, with its readers' number."""
    async with ledger.writing() as connection:
        ids = await save(connection, page("one\ntwo"))
        assert await take_queue(connection) == {*ids}
        assert await wanted_ids(connection, "passages") == {*ids}
        (wanted,) = await wanted_items(connection, "passages", ids[:1])
    assert wanted.text == parts_of(page("one"))[0].embedded
    assert wanted.owner == page().id


async def test_replacing_queues_what_came_and_what_went(ledger: Ledger) -> None:
    """An edit queues the old passages as well; only the new ones are wanted after it."""
    async with ledger.writing() as connection:
        old = await save(connection, page("one\ntwo"))
        await take_queue(connection)
        new = await save(connection, page("one\nthree"))
        assert await take_queue(connection) == {*old, *new}
        assert await wanted_ids(connection, "passages") == {*new}
        assert await count_documents(connection) == (1, 2)


async def test_other_readers_are_queued_too(ledger: Ledger) -> None:
    """A document whose text stayed and whose audience changed is written to the index again."""
    async with ledger.writing() as connection:
        ids = await save(connection, page())
        (before,) = await wanted_items(connection, "passages", ids)
        await take_queue(connection)
        assert await save(connection, page(audience=holders_of("cook"))) == ids
        assert await take_queue(connection) == {*ids}
        (after,) = await wanted_items(connection, "passages", ids)
    assert before.audience_id != after.audience_id


async def test_removing_queues_what_went(ledger: Ledger) -> None:
    """Nothing of a removed document is left or wanted, and the index is told."""
    async with ledger.writing() as connection:
        ids = await save(connection, page())
        await take_queue(connection)
        await remove_document(connection, page().id, NOON)
        assert await take_queue(connection) == {*ids}
        assert await wanted_ids(connection, "passages") == set()
        assert await count_documents(connection) == (0, 0)


@pytest.mark.parametrize("count", [0, 1, 1201])
async def test_embeddings_are_found_by_hash_and_fingerprint(ledger: Ledger, count: int) -> None:
    """A vector comes back to the bit for its content and embedder, however many are asked for."""
    made: dict[str, Vectors] = {
        str(n): np.array([n, 1 / 3, -0.0], dtype=np.float32) for n in range(count)
    }
    async with ledger.writing() as connection:
        await save_embeddings(connection, made, "one")
        await save_embeddings(connection, made, "one")
        held = await load_embeddings(connection, [*made, "unknown"], "one")
        assert await load_embeddings(connection, [*made], "two") == {}
    assert held.keys() == made.keys()
    assert all(held[key].tobytes() == vector.tobytes() for key, vector in made.items())
