"""The index heals while the bot serves: after an outage, a lost collection, a full disk."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from core.answering import AWAY
from core.embedders.hashing import HashingEmbedder
from core.errors import IndexUnavailableError
from core.healing import Healing
from core.index.memory import MemoryIndex
from core.index.milvus import MilvusIndex
from core.indexing import Difference
from core.ledger.ledger import Ledger
from core.retrieval import REBUILDING
from core.settings import IndexSettings, Settings
from core.space import Space
from tests.doubles import Clock, silent
from tests.servers.proxy import Proxy
from tests.tavern import KITCHEN, KeptReply, Tavern, page

QUESTION = "When does the kitchen close?"
MUSIC = page("Music", "A band plays music on Fridays.")


@pytest.fixture
async def remote(
    proxy: Proxy, settings: Settings, ledger: Ledger, embedder: HashingEmbedder, clock: Clock
) -> AsyncIterator[Tavern]:
    """Return a tavern that has read its pages, with its index behind the proxy."""
    index = MilvusIndex(proxy.address, "", IndexSettings())
    await index.open()
    tavern = Tavern(settings, ledger, index, embedder, clock)
    await tavern.open()
    yield tavern
    proxy.mend()
    if index.trouble is None:
        for name in await index.collections():
            await index.drop(name)
    await index.close()


@asynccontextmanager
async def tended(tavern: Tavern) -> AsyncIterator[None]:
    """Look after a tavern's index in the background."""
    healing = Healing(indexing=tavern.indexing, index=tavern.index, pause=0.05)
    task = asyncio.create_task(healing.tend())
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def until(true: Callable[[], bool]) -> None:
    """Wait until something is true."""
    async with asyncio.timeout(20):
        while not true():  # noqa: ASYNC110 - what is waited for sets no event
            await asyncio.sleep(0.02)


async def until_held(tavern: Tavern, count: int) -> None:
    """Wait until the index holds so many passages."""
    async with asyncio.timeout(20):
        while await tavern.index.count("passages") < count:  # noqa: ASYNC110 - nothing sets an event
            await asyncio.sleep(0.02)


async def asked(tavern: Tavern) -> KeptReply:
    """Ask when the kitchen closes, and return the reply."""
    reply = KeptReply("reply")
    await tavern.assistant.on_message(tavern.message(QUESTION), reply)
    return reply


async def test_after_an_outage_the_queue_is_caught_up(remote: Tavern, proxy: Proxy) -> None:
    """Read while the index was away, a page is found soon after it is back, without anybody's doing."""
    async with tended(remote):
        await proxy.cut()
        remote.source.held.append(MUSIC)
        with pytest.raises(IndexUnavailableError):
            await remote.read()
        assert (await asked(remote)).failures == [AWAY]
        await proxy.start()
        await until(lambda: remote.index.trouble is None)
        await until_held(remote, 3)
        assert (await asked(remote)).answer.citations


async def test_a_collection_that_is_lost_while_serving_is_made_anew(remote: Tavern) -> None:
    """Somebody drops the collection: the next question gets a sentence, the one after an answer."""
    await remote.index.drop(str(await remote.index.pointed("passages")))
    assert (await asked(remote)).failures == [AWAY]
    assert remote.indexing.behind
    async with tended(remote):
        await until(lambda: not remote.indexing.behind)
    answer = (await asked(remote)).answer
    assert answer.citations
    assert answer.notice is None


async def test_what_is_there_is_answered_with_a_notice(
    settings: Settings, ledger: Ledger, embedder: HashingEmbedder, clock: Clock
) -> None:
    """While the memory is being rebuilt an answer says that it may lack something."""
    tavern = Tavern(settings, ledger, MemoryIndex(), embedder, clock)
    await tavern.open()
    async with ledger.reading() as connection:
        found = await connection.exec_driver_sql(
            "SELECT id FROM passages WHERE text NOT LIKE '%kitchen%'"
        )
        lost = [row.id for row in found]
    await tavern.index.delete("passages", lost)
    await tavern.indexing.prepare()
    assert "rebuilt" in str(tavern.indexing.hindrance())
    answer = (await asked(tavern)).answer
    assert answer.citations
    assert answer.notice == REBUILDING
    await tavern.indexing.heal(silent)
    assert (await asked(tavern)).answer.notice is None
    assert tavern.indexing.hindrance() is None


async def test_when_there_is_room_again_it_goes_on(
    settings: Settings, ledger: Ledger, embedder: HashingEmbedder, clock: Clock, tmp_path: Path
) -> None:
    """On a full disk questions are answered; what waited is indexed once there is room."""
    free = [1 << 40]
    tavern = Tavern(settings, ledger, MemoryIndex(), embedder, clock)
    tavern.indexing.space = Space([tmp_path], lambda _: (1 << 40, 0, free[0]))
    await tavern.open()
    await tavern.index.delete("passages", sorted(await tavern.index.ids("passages"))[:1])
    free[0] = 0
    async with tended(tavern):
        await asyncio.sleep(0.2)
        assert "until there is room" in str(tavern.indexing.hindrance())
        assert len(await tavern.index.ids("passages")) == 1
        await asked(tavern)
        free[0] = 1 << 40
        await until_held(tavern, 2)


async def test_two_roads_on_one_ledger(
    settings: Settings, ledger: Ledger, embedder: HashingEmbedder, clock: Clock
) -> None:
    """Two that carry at once write nothing twice over, and what was changed last stands."""
    index = MemoryIndex()
    one, two = (Tavern(settings, ledger, index, embedder, clock) for _ in range(2))
    await one.open()
    for text in ("closes at nine", "closes at eight", "is closed for good"):
        one.source.held[0] = page(KITCHEN.uri, f"The kitchen {text}.")
        await asyncio.gather(one.read(), two.indexing.catch_up(), two.indexing.heal(silent))
        same = [Difference(alias=alias) for alias in ("passages", "answers")]
        assert await two.indexing.compare() == same
    answer = (await asked(two)).answer
    assert "closed for good" in answer.text
