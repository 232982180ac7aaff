"""Reading a source costs what changed in it, and never loses what cannot be read."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from core.documents import Document, Unreadable
from core.embedders.hashing import HashingEmbedder
from core.errors import SourceError
from core.index.memory import MemoryIndex
from core.indexing import Indexing
from core.ingestion import PASSAGES_AT_ONCE, Ingestion, Summary
from core.ledger.documents import load_document, load_passages, passage_ids
from core.ledger.ledger import Ledger
from tests.doubles import Clock, CountingEmbedder, ListedSource, Shown, silent


def page(uri: str, text: str = "Press it.") -> Document:
    """Return a document of the listed source."""
    return Document(source="listed", uri=uri, title=uri, text=text)


@pytest.fixture
def embedder() -> CountingEmbedder:
    """Return an embedder that remembers what it embedded, in place of the plain one."""
    return CountingEmbedder()


@pytest.fixture
def ingestion(
    ledger: Ledger, embedder: CountingEmbedder, indexing: Indexing, clock: Clock
) -> Ingestion:
    """Return what reads sources into the ledger and the index."""
    return Ingestion(ledger=ledger, embedder=embedder, indexing=indexing, now=clock)


async def loaded(ledger: Ledger, document: Document) -> Document | None:
    """Return what the ledger holds of a document."""
    async with ledger.reading() as connection:
        return await load_document(connection, document.id)


async def test_new_changed_unchanged_removed_failed(
    ingestion: Ingestion, index: MemoryIndex, ledger: Ledger
) -> None:
    """Each document is counted by what became of it."""
    source = ListedSource([page("a"), page("b"), page("c"), page("d")])
    first = await ingestion.ingest(source, silent)
    assert (first.new, first.passages, first.embedded) == (4, 4, 4)
    broken = Unreadable(uri="d", why="It is locked.")
    source.held = [page("a"), page("b", "Pull it."), page("e"), broken]
    second = await ingestion.ingest(source, silent)
    assert second == Summary(
        source="listed",
        new=1,
        changed=1,
        unchanged=1,
        removed=1,
        passages=2,
        embedded=2,
        failed=(broken,),
    )
    assert "1 new, 1 changed, 1 unchanged, 1 removed, 1 failed" in second.sentence
    assert await loaded(ledger, page("c")) is None
    assert len(await index.ids("passages")) == 4


async def test_a_document_that_fails_keeps_its_former_version(
    ingestion: Ingestion, ledger: Ledger, index: MemoryIndex
) -> None:
    """What cannot be read now can still be found as it was."""
    source = ListedSource([page("a")])
    await ingestion.ingest(source, silent)
    held = await index.ids("passages")
    source.held = [Unreadable(uri="a", why="It is locked.")]
    await ingestion.ingest(source, silent)
    assert await loaded(ledger, page("a")) == page("a")
    assert await index.ids("passages") == held


async def test_what_is_unchanged_costs_no_embedding(
    ingestion: Ingestion, embedder: CountingEmbedder
) -> None:
    """Reading the same source again embeds nothing; nor does a document that moved back."""
    source = ListedSource([page("a"), page("b")])
    await ingestion.ingest(source, silent)
    embedder.embedded.clear()
    again = await ingestion.ingest(source, silent)
    assert (again.unchanged, again.embedded, embedder.embedded) == (2, 0, [])


async def test_equal_passages_are_embedded_once(
    ingestion: Ingestion, embedder: CountingEmbedder, index: MemoryIndex
) -> None:
    """Two documents that say the same in the same place have two rows and one embedding."""
    same = [replace(page(uri), title="Same") for uri in ("a", "b")]
    summary = await ingestion.ingest(ListedSource([*same]), silent)
    assert (summary.passages, summary.embedded, len(embedder.embedded)) == (2, 1, 1)
    assert len(await index.ids("passages")) == 2


async def test_only_changed_passages_are_embedded(
    ingestion: Ingestion, embedder: CountingEmbedder
) -> None:
    """An edit of one section leaves the embeddings of the others as they are."""
    text = "\n\n".join(f"## Part {n}\n\nIt is {n}. " + "word " * 150 for n in range(5))
    source = ListedSource([page("a", text)])
    first = await ingestion.ingest(source, silent)
    assert first.embedded >= 5
    source.held = [page("a", text.replace("It is 3.", "It is not 3."))]
    second = await ingestion.ingest(source, silent)
    assert (second.changed, second.passages, second.embedded) == (1, first.passages, 1)


async def test_a_long_source_is_written_in_parts(ingestion: Ingestion, index: MemoryIndex) -> None:
    """Every document is shown as it is read, and nothing is lost between the parts."""
    count = PASSAGES_AT_ONCE + 5
    pages: list[Document | Unreadable] = [page(str(n), f"It is {n}.") for n in range(count)]
    shown = Shown()
    await ingestion.ingest(ListedSource(pages), shown)
    assert shown.steps == [*((n, None) for n in range(1, count + 1)), (count, count)]
    assert len(await index.ids("passages")) == count


async def test_a_document_that_comes_twice_is_read_once(
    ingestion: Ingestion, ledger: Ledger
) -> None:
    """Of two documents with one identity the first counts."""
    source = ListedSource([page("a"), page("a", "Other.")])
    assert (await ingestion.ingest(source, silent)).new == 1
    assert await loaded(ledger, page("a")) == page("a")


async def test_an_empty_document_is_kept_without_passages(ingestion: Ingestion) -> None:
    """A document without text has nothing to embed, and is not new each time."""
    source = ListedSource([page("a", "")])
    assert (await ingestion.ingest(source, silent)).new == 1
    assert (await ingestion.ingest(source, silent)).unchanged == 1


async def test_a_source_that_breaks_removes_nothing(ingestion: Ingestion, ledger: Ledger) -> None:
    """What a source yielded before it broke may be kept; what it did not yield stays."""
    source = ListedSource([page("a"), page("b")])
    await ingestion.ingest(source, silent)
    source.held, source.broken = [], "The folder is not mounted."
    with pytest.raises(SourceError, match="not mounted"):
        await ingestion.ingest(source, silent)
    assert await loaded(ledger, page("a")) == page("a")


async def test_one_broken_source_does_not_stop_the_others(
    ingestion: Ingestion, ledger: Ledger
) -> None:
    """Reading several sources lists the broken one as failed and goes on with the next."""
    other = replace(page("x"), source="other")
    broken = ListedSource([], broken="The folder is not mounted.")
    summaries = await ingestion.ingest_all([broken, ListedSource([other], name="other")], silent)
    failed = Unreadable(uri="listed", why="The folder is not mounted.")
    assert [one.failed for one in summaries] == [(failed,), ()]
    assert await loaded(ledger, other) == other


async def test_another_window_splits_anew(ledger: Ledger, indexing: Indexing, clock: Clock) -> None:
    """After a change to an embedder with a shorter window no stored passage is longer than that."""
    document = page("long", " ".join(f"The harbour has {n} ships." for n in range(80)))
    for window in (256, 48, 48):
        shorter = HashingEmbedder(window=window)
        reader = Ingestion(ledger=ledger, embedder=shorter, indexing=indexing, now=clock)
        summary = await reader.ingest(ListedSource([document]), silent)
    assert summary.unchanged == 1
    async with ledger.reading() as connection:
        ids = await passage_ids(connection, document.id)
        stored = await load_passages(connection, ids)
    longest = max(shorter.count_tokens(f"{one.breadcrumb} {one.text}") for one in stored.values())
    assert longest <= 48


async def test_a_source_that_fails_is_named_and_the_others_are_read(
    ingestion: Ingestion, ledger: Ledger, caplog: pytest.LogCaptureFixture
) -> None:
    """A stranger's source may raise anything: it is listed and logged by its name."""

    class Broken(ListedSource):
        async def documents(self) -> AsyncIterator[Document | Unreadable]:
            raise ValueError("no such page")
            yield page("never")

    summaries = await ingestion.ingest_all([Broken(name="wiki"), ListedSource([page("a")])], silent)
    assert "wiki" in caplog.text
    assert [len(one.failed) for one in summaries] == [1, 0]
    assert await loaded(ledger, page("a")) is not None
