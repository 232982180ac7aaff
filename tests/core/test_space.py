"""Space: the bot stops filling a disk before it is full, and goes on when there is room again."""

from pathlib import Path

import pytest

from core.documents import Document
from core.embedders.hashing import HashingEmbedder
from core.errors import NoSpaceError
from core.index.memory import MemoryIndex
from core.indexing import Indexing
from core.ingestion import Ingestion
from core.ledger.ledger import Ledger
from core.ledger.operations import queue
from core.space import Space
from tests.doubles import NOON, Clock, ListedSource, silent

GIB = 1 << 30


class Disk:
    """A disk that has as much room as the test says."""

    def __init__(self, total: int, free: int) -> None:
        """Take the sizes in bytes."""
        self.total = total
        self.free = free

    def usage(self, place: Path) -> tuple[int, int, int]:
        """Return total, used and free bytes."""
        return self.total, self.total - self.free, self.free


@pytest.mark.parametrize(
    ("total", "free", "enough"),
    [
        (10 * GIB, GIB, True),
        (10 * GIB, GIB - 1, False),
        (100 * GIB, 5 * GIB, True),
        (100 * GIB, 5 * GIB - 1, False),
        (4000 * GIB, 11 * GIB, True),
        (4000 * GIB, 9 * GIB, False),
    ],
)
def test_how_much_is_enough(tmp_path: Path, total: int, free: int, enough: bool) -> None:
    """A gibibyte and a twentieth of the disk are left free, ten gibibytes of a large one."""
    space = Space([tmp_path / "not there yet"], Disk(total, free).usage)
    assert (space.trouble is None) is enough
    if not enough:
        with pytest.raises(NoSpaceError, match="until there is room"):
            space.check()


def test_without_folders_there_is_space() -> None:
    """An index and a ledger on servers need nothing here."""
    assert Space().trouble is None


async def test_reading_and_indexing_stop_and_go_on(
    ledger: Ledger, index: MemoryIndex, embedder: HashingEmbedder, clock: Clock, tmp_path: Path
) -> None:
    """On a full disk nothing is read or indexed, nothing is lost, and then everything is made up."""
    disk = Disk(100 * GIB, GIB)
    space = Space([tmp_path], disk.usage)
    road = Indexing(ledger=ledger, index=index, embedder=embedder, now=clock, space=space)
    await road.prepare()
    source = ListedSource(held=[Document(source="listed", uri="a", title="a", text="tea")])
    ingestion = Ingestion(ledger=ledger, embedder=embedder, indexing=road, now=clock)
    async with ledger.writing() as connection:
        await queue(connection, "passages", ["gone"], NOON)
    for work in (ingestion.ingest(source, silent), road.catch_up()):
        with pytest.raises(NoSpaceError):
            await work
    disk.free = 6 * GIB
    assert (await ingestion.ingest(source, silent)).new == 1
    assert len(await index.ids("passages")) == 1


async def test_a_full_disk_stops_the_filling(
    ledger: Ledger, index: MemoryIndex, embedder: HashingEmbedder, clock: Clock, tmp_path: Path
) -> None:
    """A collection that is being rebuilt waits for room too."""
    disk = Disk(100 * GIB, 50 * GIB)
    space = Space([tmp_path], disk.usage)
    road = Indexing(ledger=ledger, index=index, embedder=embedder, now=clock, space=space)
    await road.prepare()
    source = ListedSource(held=[Document(source="listed", uri="a", title="a", text="tea")])
    await Ingestion(ledger=ledger, embedder=embedder, indexing=road, now=clock).ingest(
        source, silent
    )
    await index.delete("passages", sorted(await index.ids("passages")))
    disk.free = GIB
    with pytest.raises(NoSpaceError):
        await road.heal(silent)
    disk.free = 50 * GIB
    assert (await road.heal(silent))[0].missing == 1
