"""An index on a server that is away, slow or hangs: nobody waits for it, and it is found again."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import numpy as np
import pytest

from core.breaker import State
from core.errors import IndexUnavailableError
from core.index.milvus import MilvusIndex
from core.items import IndexItem
from core.settings import IndexSettings
from tests.servers.milvus import free_port, lite_server
from tests.servers.proxy import Proxy

EAST = np.array([1, 0], dtype=np.float32)


@pytest.fixture
async def index(proxy: Proxy) -> AsyncIterator[MilvusIndex]:
    """Return an index that goes that way, with one row."""
    opened = MilvusIndex(proxy.address, "", IndexSettings())
    await opened.open()
    await opened.create("c", 2)
    await opened.upsert("c", [row("a")])
    yield opened
    await opened.close()


def row(name: str) -> IndexItem:
    """Return a row that looks east."""
    return IndexItem(id=name, owner="o", audience=1, terms="tea", vector=EAST)


async def search(index: MilvusIndex) -> list[str]:
    """Return the ids of what is found in the east."""
    return [hit.id for hit in await index.search_dense("c", EAST, audiences=[1], limit=9)]


async def until(true: Callable[[], bool], seconds: float = 20) -> None:
    """Wait until something is true."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 - what is waited for sets no event
            await asyncio.sleep(0.02)


async def refused(index: MilvusIndex) -> float:
    """Return the seconds that it took to be refused."""
    began = time.monotonic()
    with pytest.raises(IndexUnavailableError):
        await search(index)
    return time.monotonic() - began


@pytest.mark.parametrize("trouble", ["cut", "hang", "slow"])
async def test_only_the_first_question_waits(
    index: MilvusIndex, proxy: Proxy, trouble: str
) -> None:
    """One search waits for its deadline; those after it are refused at once, until it is back."""
    if trouble == "cut":
        await proxy.cut()
    else:
        proxy.hang() if trouble == "hang" else proxy.slow(30)
    assert await refused(index) < 6
    assert index.trouble
    assert index.breaker.state is not State.CLOSED
    assert await refused(index) < 0.1
    proxy.mend()
    if trouble == "cut":
        await proxy.start()
    await until(lambda: index.trouble is None)
    assert "a" in await search(index)
    await index.upsert("c", [row("b")])
    assert {"a", "b"} <= set(await search(index))
    await index.delete("c", ["b"])


async def test_ten_questions_at_once_wait_together(index: MilvusIndex, proxy: Proxy) -> None:
    """However many ask while the server hangs, none of them waits for the others' deadlines."""
    proxy.hang()
    took = await asyncio.gather(*(refused(index) for _ in range(10)))
    assert max(took) < 6
    proxy.mend()
    await until(lambda: index.trouble is None)


async def test_a_refusal_is_no_absence(index: MilvusIndex) -> None:
    """What is asked wrongly is refused, and the server goes on being asked."""
    wide = np.ones(3, dtype=np.float32)
    with pytest.raises(IndexUnavailableError):
        await index.upsert("c", [IndexItem(id="x", owner="o", audience=1, terms="", vector=wide)])
    with pytest.raises(IndexUnavailableError):
        await index.ids("nowhere")
    assert index.trouble is None
    assert "a" in await search(index)


async def test_a_server_that_comes_later_is_used(tmp_path: Path) -> None:
    """Opened before its server, the index says so, refuses at once, and finds the server."""
    port = free_port()
    index = MilvusIndex(f"http://127.0.0.1:{port}", "", IndexSettings())
    with pytest.raises(IndexUnavailableError, match="does not answer"):
        await index.open()
    assert "does not answer" in index.capabilities.server
    assert await refused(index) < 0.1
    with lite_server(tmp_path / "index", port):
        await until(lambda: index.trouble is None)
        assert await index.collections() == []
        await index.close()
