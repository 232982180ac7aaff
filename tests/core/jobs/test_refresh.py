"""Documents follow their sources, and answers do not outlive what they rest on."""

from dataclasses import replace
from pathlib import Path

import pytest

from core.answers import Standing
from core.documents import Document
from core.embedders.hashing import HashingEmbedder
from core.index.memory import MemoryIndex
from core.indexing import Indexing
from core.ingestion import Ingestion
from core.jobs.refresh import Refresh
from core.ledger.answers import load_answer, save_answer
from core.ledger.documents import count_documents, load_passages, passage_ids
from core.ledger.ledger import Ledger
from core.ledger.operations import queue
from plugins.folders import source_of
from tests.doubles import NOON, Clock, ListedSource, answer, cited, silent

PAGE = Document(source="listed", uri="a", title="A", text="Press it.")


async def learn(ledger: Ledger, indexing: Indexing) -> None:
    """Verify an answer that cites the page's passage."""
    async with ledger.writing() as connection:
        (id_,) = await passage_ids(connection, PAGE.id)
        held = (await load_passages(connection, [id_]))[id_]
        citations = (cited(PAGE, held.hash),)
        learned = answer(standing=Standing.VERIFIED, citations=citations)
        await save_answer(connection, learned, None)
        await queue(connection, "answers", ["q-a1"], NOON)
    await indexing.catch_up()


async def test_reading_twice_changes_nothing(
    refresh: Refresh, source: ListedSource, clock: Clock
) -> None:
    """The second run finds nothing new, changed, removed or to withdraw."""
    source.held = [PAGE]
    assert (await refresh.run(clock(), silent)).figures["new"] == 1
    report = await refresh.run(clock(), silent)
    assert not any(report.figures.values())
    assert report.summary.startswith("1 sources read: 0 new")


@pytest.mark.parametrize("held", [[replace(PAGE, text="Pull it.")], []], ids=["edited", "gone"])
async def test_a_changed_source_withdraws_its_answers(
    refresh: Refresh,
    source: ListedSource,
    ledger: Ledger,
    index: MemoryIndex,
    indexing: Indexing,
    clock: Clock,
    held: list[Document],
) -> None:
    """An answer whose passage was edited or removed is stale at once, and found no more."""
    source.held = [PAGE]
    await refresh.run(clock(), silent)
    await learn(ledger, indexing)
    assert (await refresh.run(clock(), silent)).figures["withdrawn"] == 0
    assert await index.ids("answers") == {"q-a1"}
    source.held = [*held]
    assert (await refresh.run(clock(), silent)).figures["withdrawn"] == 1
    async with ledger.reading() as connection:
        stale = await load_answer(connection, "a1")
    assert stale is not None
    assert stale.standing is Standing.STALE
    assert await index.ids("answers") == set()
    assert (await refresh.run(clock(), silent)).figures["withdrawn"] == 0


async def test_a_folder_that_is_gone_keeps_its_documents(
    ledger: Ledger, embedder: HashingEmbedder, indexing: Indexing, clock: Clock, tmp_path: Path
) -> None:
    """An unmounted folder counts as failed, the others are read, and nothing of it is removed."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.md").write_text(f"# {name}\n\nIt is {name}.")
    refresh = Refresh(
        ledger=ledger,
        ingestion=Ingestion(ledger=ledger, embedder=embedder, indexing=indexing, now=clock),
        indexing=indexing,
        sources=[source_of(str(tmp_path / name)) for name in ("one", "two")],
        now=clock,
    )
    await refresh.run(clock(), silent)
    (tmp_path / "one").rename(tmp_path / "away")
    (tmp_path / "two" / "b.md").write_text("# New\n\nIt is new.")
    report = await refresh.run(clock(), silent)
    assert {what: n for what, n in report.figures.items() if n} == {"new": 1, "failed": 1}
    async with ledger.reading() as connection:
        assert (await count_documents(connection))[0] == 3
