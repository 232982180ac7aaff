"""The drivers that each contract suite runs over."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from core.index.memory import MemoryIndex
from core.index.milvus import MilvusIndex
from core.interfaces import Index
from core.settings import IndexSettings
from tests.servers.milvus import lite_server, real_server

QUICK_INDEX = IndexSettings(flush_rows=100, flush_seconds=0.2)
DRIVERS = ("memory", "lite", "lite server", "server")


@pytest.fixture(scope="session")
def lite_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of a `milvus-lite server`, one for the whole run."""
    with lite_server(tmp_path_factory.mktemp("milvus-lite") / "index") as address:
        yield address


@pytest.fixture(scope="session")
def real_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of a real Milvus server, one for the whole run."""
    with real_server(tmp_path_factory.mktemp("milvus")) as address:
        yield address


@pytest.fixture(params=DRIVERS)
def make_index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Index]]:
    """Return what makes an unopened index over the same data each time, as a restart does."""
    if request.param == "memory":
        held = MemoryIndex()
        yield lambda: held
    elif request.param == "lite":
        yield lambda: MilvusIndex(str(tmp_path / "index"), "", QUICK_INDEX)
    else:
        named = "lite_address" if request.param == "lite server" else "real_address"
        address: str = request.getfixturevalue(named)
        yield lambda: MilvusIndex(address, "", QUICK_INDEX)
        asyncio.run(emptied(MilvusIndex(address, "", QUICK_INDEX)))


@pytest.fixture
async def index(make_index: Callable[[], Index]) -> AsyncIterator[Index]:
    """Return an open index without rows, in which no alias and no collection but `c` exists."""
    opened = make_index()
    await opened.open()
    yield opened
    await opened.close()


async def emptied(index: Index) -> None:
    """Leave nothing of a test on a server that others share, but `c`, empty.

    A server takes two seconds to make a collection, most of what a test of it takes.
    """
    await index.open()
    try:
        for name in await index.collections():
            if name == "c":
                await index.delete("c", sorted(await index.ids("c")))
            else:
                await index.drop(name)
    finally:
        await index.close()
