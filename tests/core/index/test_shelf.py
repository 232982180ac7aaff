"""Milvus Lite and the words beside it, which have to stay the same."""

# ruff: noqa: ASYNC240 - these tests look into folders; nothing else waits for their loop

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from core.errors import IndexUnavailableError
from core.index.lite import Lite
from core.index.milvus import MilvusIndex
from core.index.shelf import HALF
from core.items import IndexItem
from core.settings import IndexSettings

VECTOR = np.array([1, 0], dtype=np.float32)


def items(ids: Sequence[str]) -> list[IndexItem]:
    """Return rows that all say the same."""
    return [IndexItem(id=id_, owner="o", audience=1, terms="tea", vector=VECTOR) for id_ in ids]


async def found(index: MilvusIndex) -> set[str]:
    """Return the ids that a word finds."""
    return {hit.id for hit in await index.search_terms("c", "tea", audiences=[1], limit=9)}


async def opened(folder: Path) -> MilvusIndex:
    """Return an open index."""
    index = MilvusIndex(str(folder), "", IndexSettings())
    await index.open()
    return index


@pytest.fixture
async def index(tmp_path: Path) -> AsyncIterator[MilvusIndex]:
    """Return an open index whose collection `c` has three rows."""
    made = await opened(tmp_path / "index")
    await made.create("c", 2)
    await made.upsert("c", items("abc"))
    yield made
    await made.close()


async def test_milvus_lite_holds_no_words(index: MilvusIndex, tmp_path: Path) -> None:
    """What is flushed of a collection made here has no terms in it; the words have one file."""
    await index.flush("c")
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.name for path in files if b"tea" in path.read_bytes()} <= {
        "c.sqlite",
        "c.sqlite-wal",
    }
    assert not [path for path in files if "sparse" in path.name]


async def test_a_dropped_collection_leaves_no_words(index: MilvusIndex, tmp_path: Path) -> None:
    """With the collection its words go from the disk, and one of that name starts empty."""
    await index.drop("c")
    assert not [path for path in tmp_path.rglob("*.sqlite*") if path.is_file()]
    await index.create("c", 2)
    assert await found(index) == set()


async def test_lost_words_are_told_and_come_back(index: MilvusIndex, tmp_path: Path) -> None:
    """Rows without their words count as lacking, differ for whoever compares, and are written anew."""
    await index.close()
    (tmp_path / "index" / "words" / "c.sqlite").unlink()
    again = await opened(tmp_path / "index")
    assert await again.count("c") == 0
    assert await again.rows("c") == dict.fromkeys("abc", HALF)
    await again.upsert("c", items("ab"))
    await again.delete("c", ["c"])
    assert await again.rows("c") == {"a": 1, "b": 1}
    assert (await again.count("c"), await found(again)) == (2, {"a", "b"})
    await again.close()


async def test_words_without_their_vectors_differ(index: MilvusIndex, tmp_path: Path) -> None:
    """What only the words have is told as well, on every page, and can be removed."""
    await index.close()
    kept = (tmp_path / "index" / "words" / "c.sqlite").read_bytes()
    sum_ = (tmp_path / "index" / "words" / "c.sqlite.sum").read_bytes()
    again = await opened(tmp_path / "index")
    await again.delete("c", ["a", "c"])
    await again.close()
    (tmp_path / "index" / "words" / "c.sqlite").write_bytes(kept)
    (tmp_path / "index" / "words" / "c.sqlite.sum").write_bytes(sum_)
    again = await opened(tmp_path / "index")
    assert await again.rows("c") == {"a": HALF, "b": 1, "c": HALF}
    await again.delete("c", ["a", "c"])
    assert await again.rows("c") == {"b": 1}
    await again.close()


async def test_damage_in_a_running_index(index: MilvusIndex, tmp_path: Path) -> None:
    """A search that meets damage raises, so that the index is compared; then it works again."""
    file = tmp_path / "index" / "words" / "c.sqlite"
    await index.close()
    again = await opened(tmp_path / "index")
    content = file.read_bytes()
    file.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))
    with pytest.raises(IndexUnavailableError, match="words"):
        await found(again)
    assert again.trouble is None
    assert set((await again.rows("c")).values()) == {HALF}
    await again.upsert("c", items("abc"))
    assert await found(again) == {"a", "b", "c"}
    await again.close()


async def test_a_collection_that_has_its_words_in_milvus_keeps_them(tmp_path: Path) -> None:
    """What an earlier version made, or Milvus Lite as a server, is searched there as before."""
    lite = Lite(tmp_path / "index")
    remote = MilvusIndex(lite.address, "", IndexSettings())
    await remote.open()
    await remote.create("c", 2)
    await remote.upsert("c", items("ab"))
    assert await found(remote) == {"a", "b"}
    await remote.close()
    lite.stop()
    index = await opened(tmp_path / "index")
    await index.upsert("c", items("c"))
    assert await found(index) == {"a", "b", "c"}
    assert await index.rows("c") == dict.fromkeys("abc", 1)
    assert await index.count("c") == 3
    assert not list((tmp_path / "index" / "words").iterdir())
    await index.close()


async def test_words_that_cannot_be_opened_leave_the_vectors(
    index: MilvusIndex, tmp_path: Path
) -> None:
    """With its words out of reach the index opens, counts no whole row and finds by vectors."""
    await index.close()
    file = tmp_path / "index" / "words" / "c.sqlite"
    kept = file.rename(tmp_path / "kept")
    file.mkdir()
    again = await opened(tmp_path / "index")
    assert (await again.count("c"), await found(again)) == (0, set())
    assert len(await again.search_dense("c", VECTOR, audiences=[1], limit=9)) == 3
    with pytest.raises(IndexUnavailableError, match="words"):
        await again.upsert("c", items("d"))
    file.rmdir()
    kept.rename(file)
    await again.upsert("c", items("d"))
    assert await found(again) == {"a", "b", "c", "d"}
    await again.close()
