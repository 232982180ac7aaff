"""Milvus Lite's troubles, and how the driver meets them."""

# ruff: noqa: ASYNC240 - these tests break folders by hand; nothing else waits for their loop

import asyncio
import logging
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from pymilvus import MilvusClient  # type: ignore[import-untyped]  # it ships no types

from core.errors import IndexUnavailableError
from core.index.lite import Lite
from core.index.milvus import MilvusIndex
from core.items import IndexItem
from core.settings import IndexSettings

NOW = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
HOLD = """
import sys
from pathlib import Path
from core.index.lite import Lite
Lite(Path(sys.argv[1]))
sys.stdout.write("held\\n")
sys.stdout.flush()
sys.stdin.read()
"""


def items(count: int) -> list[IndexItem]:
    """Return rows with unit vectors."""
    vector = np.array([1, 0], dtype=np.float32)
    return [
        IndexItem(id=str(n), owner="o", audience=1, terms="tea", vector=vector)
        for n in range(count)
    ]


def parquet_files(folder: Path) -> list[Path]:
    """Return what was flushed."""
    return list(folder.rglob("data_*.parquet"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return where the index lies, in a folder that is not there yet."""
    return tmp_path / "data" / "index"


@pytest.fixture
async def index(folder: Path) -> AsyncIterator[MilvusIndex]:
    """Return an open index with an empty collection `c`."""
    opened = MilvusIndex(str(folder), "", IndexSettings(flush_rows=50, flush_seconds=0.05))
    await opened.open()
    await opened.create("c", 2)
    yield opened
    await opened.close()


async def broken(folder: Path) -> MilvusIndex:
    """Return an unopened index over a folder whose aliases were lost in a power cut."""
    first = MilvusIndex(str(folder), "", IndexSettings())
    await first.open()
    await first.create("c1", 2)
    await first.point("c", "c1")
    await first.close()
    (folder / "aliases.json").write_bytes(b"")
    return MilvusIndex(str(folder), "", IndexSettings())


async def test_capabilities(index: MilvusIndex) -> None:
    """Milvus Lite says its version and misses nothing."""
    assert index.capabilities.server.startswith("Milvus Lite 3.")
    assert index.capabilities.bm25
    assert index.capabilities.missing == ()


async def test_unreadable_folder_is_set_aside(folder: Path) -> None:
    """A folder that cannot be read raises at open; set aside, it is kept and an empty one works."""
    index = await broken(folder)
    with pytest.raises(IndexUnavailableError, match="index"):
        await index.open()
    aside = await index.set_aside(NOW)
    assert aside is not None
    assert aside.name.startswith("index.unreadable-20300102T030405")
    assert (aside / "aliases.json").exists()
    assert await index.collections() == []
    await index.create("c", 2)
    await index.upsert("c", items(1))
    assert await index.ids("c") == {"0"}
    await index.close()


async def test_a_file_in_place_of_the_folder_is_set_aside(folder: Path) -> None:
    """What an older Milvus Lite left, a file, raises at open and can be set aside too."""
    folder.parent.mkdir()
    folder.write_text("SQLite format 3")
    index = MilvusIndex(str(folder), "", IndexSettings())
    with pytest.raises(IndexUnavailableError, match="cannot be opened"):
        await index.open()
    aside = await index.set_aside(NOW)
    assert aside is not None
    assert aside.is_file()
    await index.close()


async def test_a_folder_too_broken_to_open_is_set_aside(folder: Path) -> None:
    """Where not even the folder's frame is as it should be, it can be set aside nevertheless."""
    folder.mkdir(parents=True)
    (folder / "collections").write_text("")
    index = MilvusIndex(str(folder), "", IndexSettings())
    with pytest.raises(IndexUnavailableError, match="cannot be opened"):
        await index.open()
    assert await index.set_aside(NOW) is not None
    await index.close()


async def test_nothing_to_set_aside(folder: Path) -> None:
    """A folder that does not exist needs no renaming; the index opens empty."""
    index = MilvusIndex(str(folder), "", IndexSettings())
    assert await index.set_aside(NOW) is None
    assert await index.collections() == []
    await index.close()


async def test_folder_held_by_another_process(folder: Path) -> None:
    """A folder in use is named in the sentence, and is never renamed under its user."""
    command = [sys.executable, "-c", HOLD, str(folder)]
    holder = subprocess.Popen(  # noqa: ASYNC220 - the fixture process is ours and answers at once
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with holder:
        assert holder.stdout is not None
        assert await asyncio.to_thread(holder.stdout.readline) == "held\n"
        index = MilvusIndex(str(folder), "", IndexSettings())
        with pytest.raises(IndexUnavailableError, match="locked by another process"):
            await index.open()
        with pytest.raises(IndexUnavailableError, match="locked by another process"):
            await index.set_aside(NOW)
        assert folder.exists()
        holder.terminate()
    await index.open()
    await index.close()


async def test_flush_after_rows(index: MilvusIndex, folder: Path) -> None:
    """So many written rows are flushed by the write itself."""
    await index.upsert("c", items(50))
    assert parquet_files(folder)


async def test_flush_after_seconds(index: MilvusIndex, folder: Path) -> None:
    """A single row is flushed after a while."""
    await index.upsert("c", items(1))
    assert not parquet_files(folder)
    for _ in range(100):
        await asyncio.sleep(0.02)
        if parquet_files(folder):
            break
    assert parquet_files(folder)


async def test_late_flush_of_a_dropped_collection(
    index: MilvusIndex, caplog: pytest.LogCaptureFixture
) -> None:
    """A collection dropped before its flush is not missed."""
    await index.upsert("c", items(1))
    await index.drop("c")
    await asyncio.sleep(0.1)
    assert "failed" not in caplog.text


async def test_failed_write_opens_the_index_anew(
    index: MilvusIndex, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """After a write that the disk refused, later writes are kept, restart included."""
    await index.upsert("c", items(10))
    wal = next(folder.rglob("wal"))
    await index.flush("c")
    kept = wal.rename(wal.with_name("away"))
    wal.write_text("in the way")
    with pytest.raises(IndexUnavailableError, match="cannot write to c"):
        await index.upsert("c", items(20))
    wal.unlink()
    kept.rename(wal)
    await index.upsert("c", items(30))
    assert "opened anew" in caplog.text
    await index.close()
    again = MilvusIndex(str(folder), "", IndexSettings())
    await again.open()
    assert await again.ids("c") == {str(n) for n in range(30)}
    await again.close()


async def test_lost_connection_is_tried_again(index: MilvusIndex, folder: Path) -> None:
    """When opening anew fails too, every later write tries again until it works."""
    await index.flush("c")
    moved = folder.rename(folder.with_name("moved"))
    folder.write_text("in the way")
    for _ in range(2):
        with pytest.raises(IndexUnavailableError):
            await index.upsert("c", items(1))
    with pytest.raises(IndexUnavailableError, match="cannot be opened"):
        await index.ids("c")
    assert index.trouble
    folder.unlink()
    moved.rename(folder)
    await index.create("d", 2)
    assert "d" in await index.collections()
    assert index.trouble is None


async def test_refused_rows_do_not_disturb(
    index: MilvusIndex, caplog: pytest.LogCaptureFixture
) -> None:
    """Rows that were refused for what they are leave the connection as it is."""
    vector = np.array([np.nan, 0], dtype=np.float32)
    bad = IndexItem(id="a", owner="o", audience=1, terms="", vector=vector)
    long = IndexItem(id="a" * 600, owner="o", audience=1, terms="", vector=items(1)[0].vector)
    for row in (bad, long):
        with pytest.raises(IndexUnavailableError):
            await index.upsert("c", [row])
    await index.upsert("c", items(1))
    assert "opened anew" not in caplog.text


async def test_searches_go_on_during_a_large_upsert(index: MilvusIndex) -> None:
    """Many thousand rows in one call leave room for searches and for other writers."""
    await index.create("d", 2)
    large = asyncio.create_task(index.upsert("c", items(5_000)))
    finished = 0
    while not large.done():
        await index.upsert("d", items(1))
        await index.search_dense("d", items(1)[0].vector, audiences=[1], limit=3)
        finished += 1
    await large
    assert finished >= 5
    assert len(await index.ids("c")) == 5_000


async def test_narrow_audience_among_many(index: MilvusIndex) -> None:
    """The only readable row is found, however many nearer ones there are that are not."""
    far = np.array([-1, 0], dtype=np.float32)
    await index.upsert("c", items(2_000))
    await index.upsert("c", [IndexItem(id="far", owner="o", audience=7, terms="", vector=far)])
    await index.flush("c")
    hits = await index.search_dense("c", items(1)[0].vector, audiences=[7], limit=3)
    assert [(hit.id, hit.score) for hit in hits] == [("far", -1.0)]


async def test_lite_behind_an_address(folder: Path) -> None:
    """A Milvus Lite that runs elsewhere is used by its address; its folder is not ours to move."""
    lite = await asyncio.to_thread(Lite, folder)
    for _ in range(2):
        index = MilvusIndex(lite.address, "", IndexSettings())
        await index.open()
        await index.create("c", 2)
        await index.upsert("c", items(3))
        assert len(await index.search_terms("c", "tea", audiences=[1], limit=9)) == 3
        assert await index.set_aside(NOW) is None
        assert await index.load_state("c") == "Loaded"
        await index.close()
    await asyncio.to_thread(lite.stop)


async def test_strangers_collections_are_left_alone(index: MilvusIndex, folder: Path) -> None:
    """A collection that has other fields than ours is neither listed nor loaded."""
    await index.close()
    lite = await asyncio.to_thread(Lite, folder)
    client = MilvusClient(lite.address)
    await asyncio.to_thread(client.create_collection, "theirs", 4)
    client.close()
    again = MilvusIndex(lite.address, "", IndexSettings())
    await again.open()
    assert await again.collections() == ["c"]
    await again.close()
    await asyncio.to_thread(lite.stop)


# Lite leaves the log of a flush that failed open to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_a_failed_flush_is_tried_again(
    index: MilvusIndex, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Rows whose flush the disk refused are flushed once it takes them again."""
    await index.upsert("c", items(1))
    await index.flush("c")
    await index.upsert("c", items(2))
    parts = next(folder.rglob("partitions"))  # without it Lite can neither flush nor open
    kept = parts.rename(parts.with_name("away"))
    parts.write_text("in the way")
    await asyncio.sleep(0.3)
    parts.unlink()
    kept.rename(parts)
    await index.upsert("c", items(3))
    assert await index.ids("c") == {"0", "1", "2"}
    assert "failed" in caplog.text


@pytest.mark.parametrize("limit", [0, -1])
async def test_no_limit_no_hits(index: MilvusIndex, limit: int) -> None:
    """Asking for no rows gets none."""
    await index.upsert("c", items(1))
    vector = items(1)[0].vector
    assert await index.search_dense("c", vector, audiences=[1], limit=limit) == []
    assert await index.search_terms("c", "tea", audiences=[1], limit=limit) == []


async def test_before_open_and_after_close(folder: Path) -> None:
    """An index that is not open, or closed, says so; closing twice is closing once."""
    index = MilvusIndex(str(folder), "", IndexSettings())
    with pytest.raises(IndexUnavailableError, match="not open"):
        await index.ids("c")
    with pytest.raises(IndexUnavailableError, match="not open"):
        await index.create("c", 2)
    await index.close()
    await index.close()
    with pytest.raises(IndexUnavailableError, match="closed"):
        await index.open()


async def test_server_that_is_not_there(caplog: pytest.LogCaptureFixture) -> None:
    """A server that does not answer is one sentence, without a traceback in the log."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
    index = MilvusIndex(f"http://127.0.0.1:{port}", "", IndexSettings())
    with caplog.at_level(logging.ERROR), pytest.raises(IndexUnavailableError, match="not answer"):
        await index.open()
    assert "Traceback" not in caplog.text
    await index.close()


async def test_errors_of_lite_are_not_logged_twice(
    index: MilvusIndex, caplog: pytest.LogCaptureFixture
) -> None:
    """What is raised is not also logged with its traceback."""
    with pytest.raises(IndexUnavailableError):
        await index.ids("never made")
    await index.create("d", 2)
    assert "Traceback" not in caplog.text
