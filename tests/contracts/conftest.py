"""The drivers that each contract suite runs over."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from core.index.memory import MemoryIndex
from core.index.milvus import MilvusIndex
from core.interfaces import Index
from core.settings import IndexSettings

QUICK_INDEX = IndexSettings(flush_rows=100, flush_seconds=0.2)


def memory_index(folder: Path) -> Callable[[], Index]:
    """Return what opens one index in memory, again and again."""
    index = MemoryIndex()
    return lambda: index


def lite_index(folder: Path) -> Callable[[], Index]:
    """Return what opens Milvus Lite over one folder."""
    return lambda: MilvusIndex(str(folder / "index"), "", QUICK_INDEX)


@pytest.fixture(params=[memory_index, lite_index], ids=["memory", "lite"])
def make_index(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Index]:
    """Return what makes an unopened index over the same data each time, as a restart does."""
    made: Callable[[], Index] = request.param(tmp_path)
    return made


@pytest.fixture
async def index(make_index: Callable[[], Index]) -> AsyncIterator[Index]:
    """Return an open index without collections."""
    opened = make_index()
    await opened.open()
    yield opened
    await opened.close()
