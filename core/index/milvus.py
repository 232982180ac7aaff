"""The index in Milvus: Lite in a folder, a server, a cluster or a cloud, by its address.

Milvus Lite loses acknowledged writes when two threads write, slows down by what is unflushed, and
writes after a failed write can be lost. Hence one thread for everything that changes the index,
a flush after so many rows or seconds, and a new connection after a failed write.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from core.embedding import Vectors
from core.errors import IndexUnavailableError
from core.index.gate import Gate
from core.items import Capabilities, Hit, IndexItem
from core.settings import IndexSettings

if TYPE_CHECKING:
    from core.index.session import Session

log = logging.getLogger(__name__)

T = TypeVar("T")
R = TypeVar("R")
BATCH = 256
SEARCHERS = 4


class MilvusIndex:
    """An `Index` in Milvus. `uri` is an address such as "https://host:19530", or Lite's folder."""

    def __init__(self, uri: str, token: str, settings: IndexSettings) -> None:
        self._uri = uri
        self._token = token
        self._settings = settings
        self._session: Session | None = None
        self._lost = False
        self._closed = False
        self._gate = Gate()
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="index-writer")
        self._searchers = ThreadPoolExecutor(SEARCHERS, thread_name_prefix="index-search")
        self._unflushed: Counter[str] = Counter()
        self._flusher: asyncio.Task[None] | None = None

    @property
    def capabilities(self) -> Capabilities:
        """What the server can do; known after `open`."""
        return self._opened().capabilities

    async def open(self) -> None:
        """Connect, load every collection, and say in the log what the server cannot do.

        A folder that cannot be read, or that another process holds, raises here.
        """
        await self._in(self._writer, self._reconnect)
        offered = self.capabilities
        log.info("The index is %s", offered.server)
        for missing in offered.missing:
            log.warning("The index, %s, goes without %s", offered.server, missing)

    async def close(self) -> None:
        """Flush and disconnect; the index cannot be opened again."""
        if self._closed:
            return
        await self._stop_flusher()
        await self._in(self._writer, self._disconnect)
        self._closed = True
        self._writer.shutdown()
        self._searchers.shutdown()

    async def set_aside(self, now: datetime) -> Path | None:
        """Rename Lite's folder and open an empty one; return the new name of the old folder.

        Nothing is lost, because the ledger holds the truth. A server's collections, or a folder
        that does not exist, are left alone: then the result is None. A folder that another process
        holds is not touched but raises `IndexUnavailableError`.
        """
        await self._stop_flusher()
        aside = await self._in(self._writer, lambda: self._rename(now))
        await self.open()
        return aside

    async def collections(self) -> list[str]:
        """Return the names of all collections, not of aliases, sorted."""
        return await self._read(lambda session: session.collections())

    async def create(self, collection: str, dimension: int) -> None:
        """Make and load an empty collection; nothing happens where it exists."""
        await self._write(lambda session: session.create(collection, dimension))

    async def drop(self, collection: str) -> None:
        """Remove a collection, its data and the aliases that name it."""
        await self._write(lambda session: session.drop(collection))
        self._unflushed.pop(collection, None)

    async def point(self, alias: str, collection: str) -> None:
        """Let an alias name another collection, atomically for readers."""
        await self._write(lambda session: session.point(alias, collection))

    async def pointed(self, alias: str) -> str | None:
        """Return the collection that an alias names, or None."""
        return await self._read(lambda session: session.pointed(alias))

    async def upsert(self, collection: str, items: Sequence[IndexItem]) -> None:
        """Write rows, replacing those of the same id; between batches others have their turn."""
        await self._in_batches(collection, items, lambda s, batch: s.upsert(collection, batch))

    async def delete(self, collection: str, ids: Sequence[str]) -> None:
        """Remove rows; unknown ids are passed over."""
        await self._in_batches(collection, ids, lambda s, batch: s.delete(collection, batch))

    async def flush(self, collection: str) -> None:
        """Make what was written durable and quick to search."""
        await self._write(lambda session: self._flush(session, collection))

    async def load_state(self, collection: str) -> str:
        """Return whether a collection can be searched, in the server's word."""
        return await self._read(lambda session: session.load_state(collection))

    async def ids(self, collection: str) -> set[str]:
        """Return the ids of all rows."""
        return await self._read(lambda session: session.ids(collection))

    async def search_dense(
        self, collection: str, vector: Vectors, *, audiences: Sequence[int], limit: int
    ) -> list[Hit]:
        """Return the rows nearest to a unit vector that one of the audiences may read."""
        return await self._read(lambda s: s.search_dense(collection, vector, audiences, limit))

    async def search_terms(
        self, collection: str, terms: str, *, audiences: Sequence[int], limit: int
    ) -> list[Hit]:
        """Return the rows that share terms; nothing where the server has no word search."""
        return await self._read(lambda s: s.search_terms(collection, terms, audiences, limit))

    # What follows runs on the event loop.

    async def _in(self, pool: ThreadPoolExecutor, work: Callable[[], T]) -> T:
        if self._closed:
            raise IndexUnavailableError("The index is closed.")
        return await asyncio.get_running_loop().run_in_executor(pool, work)

    async def _write(self, work: Callable[["Session"], T]) -> T:
        return await self._in(self._writer, lambda: work(self._sound()))

    async def _read(self, work: Callable[["Session"], T]) -> T:
        return await self._in(self._searchers, lambda: self._together(work))

    async def _in_batches(
        self, collection: str, rows: Sequence[R], change: Callable[["Session", Sequence[R]], None]
    ) -> None:
        for start in range(0, len(rows), BATCH):
            batch = rows[start : start + BATCH]
            await self._write(partial(self._changed, collection, batch, change))
            if self._unflushed and (self._flusher is None or self._flusher.done()):
                self._flusher = asyncio.create_task(self._flush_later())

    async def _flush_later(self) -> None:
        while self._unflushed:
            await asyncio.sleep(self._settings.flush_seconds)
            for collection in list(self._unflushed):
                try:
                    await self.flush(collection)
                except IndexUnavailableError as error:
                    log.warning("The flush of %s failed and is tried again: %s", collection, error)

    async def _stop_flusher(self) -> None:
        if self._flusher is not None:
            self._flusher.cancel()
            await asyncio.wait([self._flusher])

    # What follows runs in a thread; what changes the session, only in the writer's.

    def _opened(self) -> "Session":
        if self._session is None:
            raise IndexUnavailableError("The index is not open.")
        return self._session

    def _together(self, work: Callable[["Session"], T]) -> T:
        with self._gate.together():
            return work(self._opened())

    def _sound(self) -> "Session":
        """Return a session whose writes can be relied upon, a new one after a failed write."""
        if self._session is not None and self._session.suspect:
            log.warning("The index is opened anew, because a write failed")
            self._lost = True
        return self._reconnect() if self._lost else self._opened()

    def _reconnect(self) -> "Session":
        # Importing the client takes half a second, which the event loop has not got.
        from core.index.session import Session

        with self._gate.alone():
            self._let_go()
            self._session = Session(self._uri, self._token, self._settings)
        self._lost = False
        return self._session

    def _disconnect(self) -> None:
        with self._gate.alone():
            self._let_go()

    def _let_go(self) -> None:
        session, self._session = self._session, None
        self._unflushed.clear()
        if session is not None:
            session.close()

    def _rename(self, now: datetime) -> Path | None:
        from core.index.lite import set_aside

        self._disconnect()
        return set_aside(self._uri, now)

    def _changed(
        self,
        collection: str,
        rows: Sequence[R],
        change: Callable[["Session", Sequence[R]], None],
        session: "Session",
    ) -> None:
        change(session, rows)
        if session.lite:  # a server flushes by itself, and refuses being asked often
            self._unflushed[collection] += len(rows)
            if self._unflushed[collection] >= self._settings.flush_rows:
                self._flush(session, collection)

    def _flush(self, session: "Session", collection: str) -> None:
        with self._gate.alone():
            session.flush(collection)
        self._unflushed.pop(collection, None)
