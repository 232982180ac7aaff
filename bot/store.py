"""The store: data folder, ledger, index and embedder, opened together and closed in reverse."""

import asyncio
import logging
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot import data_folder
from core.embedders.choice import load_embedder
from core.errors import IndexUnavailableError, LedgerError
from core.index.lite import is_folder, trim
from core.index.milvus import MilvusIndex
from core.indexing import Indexing
from core.ingestion import Ingestion
from core.interfaces import Embedder
from core.ledger.ledger import Ledger
from core.ledger.runs import release_former
from core.retrieval import Retriever
from core.settings import Settings
from core.space import Space

log = logging.getLogger(__name__)
# Seconds for which one thread may keep the interpreter from another. While documents are split in a
# thread, each statement of a short transaction waits for that twice, which at Python's own 5 ms is
# most of what a reaction takes.
TURN = 0.0002
AGAIN = 2.0  # seconds between two tries to prepare an index that does not answer


def utc_now() -> datetime:
    """Return the time, aware, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """Where everything is kept, and the embedder that it is kept with."""

    settings: Settings
    folder: data_folder.DataFolder
    ledger: Ledger
    index: MilvusIndex
    embedder: Embedder
    indexing: Indexing
    ingestion: Ingestion
    retriever: Retriever


@asynccontextmanager
async def open_store(
    settings: Settings,
    *,
    embedder: Embedder | None = None,
    now: Callable[[], datetime] = utc_now,
) -> AsyncIterator[Store]:
    """Open the data folder, the ledger, the index and the embedder; the last two side by side."""
    sys.setswitchinterval(TURN)
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(data_folder.held(settings.data))
        ledger = Ledger(settings.ledger.url or folder.ledger_url)
        stack.push_async_callback(ledger.close)
        uri = settings.index.uri or str(folder.index)
        index = MilvusIndex(uri, settings.index.token.get_secret_value(), settings.index)
        stack.push_async_callback(index.close)
        opening = _open_index(index, now, remote=not is_folder(uri))
        loaded = await _opened(
            stack, _loaded(embedder, settings), _open_ledger(ledger, now), opening
        )
        space = Space(_folders(folder, uri))
        indexing = Indexing(ledger=ledger, index=index, embedder=loaded, now=now, space=space)
        await stack.enter_async_context(_prepared(indexing))
        yield Store(
            settings=settings,
            folder=folder,
            ledger=ledger,
            index=index,
            embedder=loaded,
            indexing=indexing,
            ingestion=Ingestion(ledger=ledger, embedder=loaded, indexing=indexing, now=now),
            retriever=Retriever(
                ledger=ledger,
                index=index,
                embedder=loaded,
                indexing=indexing,
                settings=settings.retrieval,
                kernel_width=settings.learning.kernel_width,
            ),
        )


def _folders(folder: data_folder.DataFolder, uri: str) -> list[Path]:
    """Return the folders of this machine that are written to."""
    return [folder.path, Path(uri).resolve()] if is_folder(uri) else [folder.path]


async def _opened(
    stack: AsyncExitStack, loading: Awaitable[Embedder], *opening: Awaitable[None]
) -> Embedder:
    """Open all side by side. Each is awaited even if another fails, so that it can be closed."""

    async def load() -> Embedder:
        loaded = await loading
        stack.push_async_callback(loaded.close)
        return loaded

    tasks = [asyncio.ensure_future(one) for one in opening]
    loaded = asyncio.create_task(load())
    ended = await asyncio.gather(loaded, *tasks, return_exceptions=True)
    for one in ended:
        if isinstance(one, BaseException):
            raise one
    return loaded.result()


async def _loaded(embedder: Embedder | None, settings: Settings) -> Embedder:
    return embedder or await load_embedder(settings.embedder)


async def _open_ledger(ledger: Ledger, now: Callable[[], datetime]) -> None:
    """Open the ledger; the leases of a process that was killed must not keep the jobs waiting."""
    await ledger.open()
    async with ledger.writing() as connection:
        await release_former(connection, now())


async def _open_index(index: MilvusIndex, now: Callable[[], datetime], *, remote: bool) -> None:
    """Open the index; a folder that cannot be read is set aside, for the ledger can rebuild it.

    A server that does not answer is sought in the background, and the bot starts without it.
    """
    try:
        await index.open()
    except IndexUnavailableError as error:
        if remote:
            log.warning("%s Until it does, questions get a sentence and are kept.", error)
            return
        aside = await index.set_aside(now())
        if aside is None:
            raise
        log.warning("%s It was set aside as %s and is rebuilt from the ledger.", error, aside)


@asynccontextmanager
async def _prepared(indexing: Indexing) -> AsyncIterator[None]:
    """Make the collections and aliases; on a server that is away, as soon as it is back."""
    tasks = []
    try:
        await indexing.prepare()
    except IndexUnavailableError as error:
        log.info("The index is prepared later: %s", error)
        tasks = [asyncio.create_task(_prepare_later(indexing))]
    trim()
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _prepare_later(indexing: Indexing) -> None:
    prepared = False
    while not prepared:
        await asyncio.sleep(AGAIN)
        try:
            await indexing.prepare()
        except (IndexUnavailableError, LedgerError) as error:
            log.debug("The index cannot be prepared yet: %s", error)
        else:
            prepared = True
