"""What was deleted is wiped once, and a run with nothing to wipe writes nothing."""

import os
import sqlite3
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import timedelta
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
from core.ledger.inbox import handled
from core.ledger.ledger import Ledger, Transaction
from tests.doubles import Clock, ListedSource, message, received, silent

CANARY = "quetzalcoatlus"
KEPT = timedelta(days=8)
NOTHING = "Nothing was erased since the last purge."


def files(folder: Path) -> dict[str, bytes]:
    """Return the ledger and its log, as they are on the disk."""
    return {
        path.name: path.read_bytes()
        for path in folder.glob("ledger.sqlite*")
        if "shm" not in path.name
    }


def named(folder: Path, pattern: str) -> set[str]:
    """Return the names in a folder that look like the pattern."""
    return {path.name for path in folder.glob(pattern)}


@pytest.fixture
async def purge(
    ledger: Ledger,
    indexing: Indexing,
    reembed: Reembed,
    refresh: Refresh,
    source: ListedSource,
    tmp_path: Path,
    clock: Clock,
) -> Purge:
    """Return the job, over two documents of which one has been removed."""
    texts = ("The kitchen closes at ten.", f"The {CANARY} sleeps in the attic.")
    source.held = [Document(source="listed", uri=text, title="A", text=text) for text in texts]
    await refresh.run(clock.advance(seconds=1), silent)
    source.held.pop()
    await refresh.run(clock.advance(seconds=1), silent)
    clock.advance(seconds=1)
    return Purge(
        ledger=ledger,
        indexing=indexing,
        reembed=reembed,
        index_folder=tmp_path / "index",
        keeps=KEPT,
        now=clock,
    )


async def test_a_purge_rewrites_what_lost_rows(
    purge: Purge, ledger: Ledger, index: MemoryIndex, clock: Clock
) -> None:
    """The passages get a new collection, the old one goes at once, the answers keep theirs."""
    before = await index.collections()
    rows = await index.ids("passages")
    report = await purge.run(clock(), silent)
    after = await index.collections()
    assert report.figures == {
        "answers": 0,
        "collections": 1,
        "deliveries": 0,
        "embeddings": 1,
        "folders": 0,
    }
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
    assert report.figures == {
        "answers": 0,
        "collections": 0,
        "deliveries": 0,
        "embeddings": 1,
        "folders": 0,
    }
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


async def test_folders_that_were_set_aside_go_after_a_day(
    purge: Purge, tmp_path: Path, clock: Clock
) -> None:
    """By the time in their names, or else by the file system's; the index's own folder stays."""
    await purge.run(clock(), silent)
    for name, text in (
        ("index.unreadable-20260530T120000.000000Z", CANARY),
        ("index.unreadable-20260601T120000.000000Z", "Young."),
        ("index", "Alive."),
        ("index.unreadable", "Somebody's own."),
    ):
        (tmp_path / name).mkdir(exist_ok=True)
        (tmp_path / name / "segment.parquet").write_text(text)
    odd = tmp_path / "index.unreadable-for-some-reason"  # by the file system it is of today
    odd.write_text(CANARY)
    os.utime(odd, (clock().timestamp(), clock().timestamp()))
    report = await purge.run(clock(), silent)
    assert report.figures["folders"] == 1
    assert "1 unreadable folder" in report.summary
    young = "index.unreadable-20260601T120000.000000Z"
    assert named(tmp_path, "index*") == {"index", "index.unreadable", young, odd.name}
    assert (await purge.run(clock.advance(days=2), silent)).figures["folders"] == 2
    assert named(tmp_path, "index*") == {"index", "index.unreadable"}
    assert (await purge.run(clock(), silent)).summary == NOTHING


class Killed(BaseException):
    """What ends a process anywhere; no handler of ours catches it."""


@dataclass(slots=True)
class Dying:
    """A ledger whose process is killed before the step that is one too many."""

    ledger: Ledger
    steps: int

    def reading(self) -> AbstractAsyncContextManager[Transaction]:
        """Read, unless killed."""
        self._step()
        return self.ledger.reading()

    def writing(self, *, first: bool = False) -> AbstractAsyncContextManager[Transaction]:
        """Write, unless killed."""
        self._step()
        return self.ledger.writing(first=first)

    async def wipe(self) -> None:
        """Wipe, unless killed."""
        self._step()
        await self.ledger.wipe()

    def _step(self) -> None:
        if not self.steps:
            raise Killed
        self.steps -= 1


@pytest.mark.parametrize("steps", range(6))
async def test_a_purge_that_is_killed_anywhere_is_made_up(
    purge: Purge,
    ledger: Ledger,
    indexing: Indexing,
    reembed: Reembed,
    tmp_path: Path,
    clock: Clock,
    steps: int,
) -> None:
    """The ledger remembers what awaits wiping until it is wiped, whatever was done of it before."""
    killed = Purge(
        ledger=Dying(ledger, steps),  # type: ignore[arg-type]  # it has what a purge uses
        indexing=indexing,
        reembed=reembed,
        index_folder=None,
        keeps=KEPT,
        now=clock,
    )
    with pytest.raises(Killed):
        await killed.run(clock(), silent)
    clock.advance(seconds=1)
    assert (await purge.run(clock(), silent)).summary != NOTHING
    assert not any(CANARY.encode() in held for held in files(tmp_path).values())
    assert (await purge.run(clock.advance(seconds=1), silent)).summary == NOTHING


async def test_what_nobody_delivers_again_leaves_the_inbox(
    purge: Purge, ledger: Ledger, clock: Clock
) -> None:
    """Eight days after it was handled, in as many portions as it takes; until then it is known."""
    many = [replace(message(str(number)), event_id=str(number)) for number in range(1_200)]
    async with ledger.writing() as connection:
        for one in many:
            await received(connection, one, clock())
            await handled(connection, one, clock())
    await purge.run(clock.advance(seconds=1), silent)
    report = await purge.run(clock.advance(days=7), silent)
    assert report.figures["deliveries"] == 0
    report = await purge.run(clock.advance(days=2), silent)
    assert (report.figures["deliveries"], report.summary) == (
        1_200,
        "Nothing was erased since the last purge; 1200 old deliveries removed.",
    )
