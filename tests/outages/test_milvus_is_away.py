"""A Milvus server goes away and comes back, also before the start: the whole bot goes on."""

import asyncio
from pathlib import Path

import pytest

from bot.app import App, open_app
from bot.doctor import index as examined
from core.answering import AWAY
from core.documents import Document
from core.embedders.hashing import HashingEmbedder
from core.errors import IndexUnavailableError
from core.ledger.inbox import pending
from core.messages import Message, MessageRef
from core.scheduler import silent
from core.settings import Settings, load_settings
from tests.doubles import NOON, ListedSource
from tests.servers.proxy import Proxy
from tests.tavern import ANA, HALL, KeptReply

KITCHEN = Document(
    source="listed", uri="k", title="Kitchen", text="The kitchen closes at ten in the evening."
)
MUSIC = Document(source="listed", uri="m", title="Music", text="A band plays music on Fridays.")
QUESTION = "When does the kitchen close?"


@pytest.fixture
def settings(tmp_path: Path, proxy: Proxy) -> Settings:
    """Return the settings of a bot whose index is on the server."""
    return load_settings(None, data=tmp_path / "data", plugins=(), index={"uri": proxy.address})


async def read(app: App, *pages: Document) -> None:
    """Read pages, as far as the index lets them be found."""
    await app.store.ingestion.ingest(ListedSource([*pages]), silent)


async def ask(app: App, message: Message) -> KeptReply:
    """Ask, and return what was said."""
    reply = KeptReply(f"{message.ref.key}-answer")
    await app.assistant.on_message(message, reply)
    return reply


async def until_back(app: App) -> None:
    """Wait until the index answers and is prepared."""
    async with asyncio.timeout(60):
        while app.store.index.trouble or not await app.store.index.pointed("passages"):  # noqa: ASYNC110 - nobody sets an event
            await asyncio.sleep(0.05)


def question(key: str) -> Message:
    """Return a question in the hall."""
    return Message(
        event_id=key,
        ref=MessageRef(platform="test", conversation=HALL.key, key=key),
        conversation=HALL,
        person=ANA,
        text=QUESTION,
        sent_at=NOON,
        addressed=True,
    )


async def test_away_and_back(settings: Settings, proxy: Proxy) -> None:
    """People read a sentence, the status says why; once it is back all is found again."""
    async with open_app(settings, embedder=HashingEmbedder()) as app:
        await read(app, KITCHEN)
        assert "closes at ten" in (await ask(app, question("before"))).answer.text
        await proxy.cut()
        assert (await ask(app, question("away"))).failures == [AWAY]
        told = {one.part: one for one in await app.status.findings()}
        assert not told["index"].well
        assert "is left alone (breaker open)" in told["index"].said
        with pytest.raises(IndexUnavailableError):
            await read(app, KITCHEN, MUSIC)
        async with app.store.ledger.reading() as connection:
            assert await pending(connection, "test") == []
        await proxy.start()
        await until_back(app)
        await app.scheduler.run("reconcile", silent)
        await read(app, KITCHEN, MUSIC)
        assert len(await app.store.index.ids("passages")) == 2
        assert "closes at ten" in (await ask(app, question("after"))).answer.text


async def test_away_at_the_start(settings: Settings, proxy: Proxy) -> None:
    """The bot starts without its index, says so, and prepares it as soon as it is there."""
    async with open_app(settings, embedder=HashingEmbedder()) as app:
        await read(app, KITCHEN)
    await proxy.cut()
    async with open_app(settings, embedder=HashingEmbedder()) as app:
        assert (await ask(app, question("away"))).failures == [AWAY]
        finding = await examined(app)
        assert not finding.well
        assert "index.uri" in finding.advice
        await proxy.start()
        await until_back(app)
        await app.scheduler.run("reconcile", silent)
        assert "closes at ten" in (await ask(app, question("back"))).answer.text
        assert (await examined(app)).well


async def test_a_server_that_swallows_everything(settings: Settings, proxy: Proxy) -> None:
    """A question waits for some seconds at most, the next one not at all."""
    async with open_app(settings, embedder=HashingEmbedder()) as app:
        await read(app, KITCHEN)
        proxy.hang()
        for key, longest in (("first", 30), ("second", 3)):
            async with asyncio.timeout(longest):
                assert (await ask(app, question(key))).failures == [AWAY]
        proxy.mend()
        await until_back(app)
        assert "closes at ten" in (await ask(app, question("after"))).answer.text


async def test_collections_of_another_dimension(settings: Settings) -> None:
    """After a change of the model people get an answer or a sentence, and the job puts it right."""
    async with open_app(settings, embedder=HashingEmbedder()) as app:
        await read(app, KITCHEN)
    async with open_app(settings, embedder=HashingEmbedder(64)) as app:
        first = await ask(app, question("first"))
        assert first.finished or first.failures
        await app.scheduler.run("reembed", silent)
        assert "closes at ten" in (await ask(app, question("after"))).answer.text
