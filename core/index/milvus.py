"""The index in Milvus: Lite in a folder, a server, a cluster or a cloud, by its address.

Milvus Lite loses acknowledged writes when two threads write, slows down by what is unflushed, and
writes after a failed write can be lost. Hence one thread for everything that changes the index,
a flush after so many rows or seconds, and a new connection after a failed write.

A server can be away or slow. From the first call that it does not answer in time on, all others
are refused at once, and the connection is made anew in the background.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from operator import methodcaller
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from core.breaker import Breaker
from core.embedding import Vectors
from core.errors import IndexUnavailableError
from core.index.flushing import Flushing
from core.index.gate import Gate
from core.index.joining import Joining
from core.index.presence import Presence
from core.items import Capabilities, Hit, IndexItem
from core.settings import IndexSettings

if TYPE_CHECKING:
    from core.index.session import Session

log = logging.getLogger(__name__)
T = TypeVar("T")
R = TypeVar("R")
Place: TypeAlias = tuple[str, tuple[int, ...], int]  # collection, audiences, limit
Change: TypeAlias = Callable[["Session", Sequence[R]], None]
BATCH = 256
BULK = 8  # so many times the rows before a flush: each flush has Lite index many rows once more
SEARCHERS = 4
PATIENCE_SECONDS = 3.5  # how long a call waits for its turn; a server that is slow makes them queue


class MilvusIndex:
    """An `Index` in Milvus. `uri` is an address such as "https://host:19530", or Lite's folder."""

    def __init__(self, uri: str, token: str, settings: IndexSettings) -> None:
        self._place = (uri, token, settings)
        self._settings = settings
        self._remote = "://" in uri or uri.startswith("unix:")
        self._session: Session | None = None
        self._lost = self._closed = False
        self._gate = Gate()
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="index-writer")
        self._searchers = ThreadPoolExecutor(SEARCHERS, thread_name_prefix="index-search")
        self._nearest = Joining(self._nearest_to)
        self._flushing = Flushing(self.flush, settings.flush_seconds)
        self._presence = Presence(lambda: self._in(self._writer, self._reconnect))

    @property
    def capabilities(self) -> Capabilities:
        """What the server can do; known after `open`, of one that is away once it is there."""
        if self._session is None and self._remote:
            return Capabilities(server="Milvus, which does not answer", bm25=False)
        return self._opened().capabilities

    @property
    def trouble(self) -> str | None:
        """The sentence on why the index cannot be asked just now, or None."""
        return self.breaker.reason or None

    @property
    def breaker(self) -> Breaker:
        """What keeps calls from an index that does not answer, as `doctor` shows it."""
        return self._presence.breaker

    async def open(self) -> None:
        """Connect, load every collection, and say in the log what the server cannot do.

        A folder that cannot be used raises here. So does a server that does not answer; it goes on
        being sought, and is used once it is found.
        """
        try:
            await self._in(self._writer, self._reconnect)
        except IndexUnavailableError as error:
            if self._remote and not self._closed:
                self._presence.lost(str(error))
            raise
        offered = self.capabilities
        log.info("The index is %s", offered.server)
        for missing in offered.missing:
            log.warning("The index, %s, goes without %s", offered.server, missing)

    async def close(self) -> None:
        """Flush and disconnect; the index cannot be opened again."""
        if self._closed:
            return
        await self._flushing.stop()
        await self._presence.stop()
        await self._in(self._writer, self._disconnect)
        self._closed = True
        self._writer.shutdown()
        self._searchers.shutdown()

    async def set_aside(self, now: datetime) -> Path | None:
        """Rename Lite's folder and open an empty one; return the new name of the old folder.

        A server, or a folder that does not exist, is left alone: then the result is None. A folder
        that another process holds raises `IndexUnavailableError`.
        """
        await self._flushing.stop()
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
        self._flushing.forget(collection)

    async def point(self, alias: str, collection: str) -> None:
        """Let an alias name another collection, atomically for readers."""
        await self._write(lambda session: session.point(alias, collection))

    async def pointed(self, alias: str) -> str | None:
        """Return the collection that an alias names, or None."""
        return await self._read(lambda session: session.pointed(alias))

    async def upsert(self, collection: str, items: Sequence[IndexItem], bulk: bool = False) -> None:
        """Write rows, replacing those of the same id; between batches others have their turn."""
        limit = self._settings.flush_rows * (BULK if bulk else 1)
        await self._in_batches(collection, items, limit, lambda s, rows: s.upsert(collection, rows))

    async def delete(self, collection: str, ids: Sequence[str]) -> None:
        """Remove rows; unknown ids are passed over."""
        limit = self._settings.flush_rows
        await self._in_batches(collection, ids, limit, lambda s, some: s.delete(collection, some))

    async def flush(self, collection: str) -> None:
        """Make what was written durable and quick to search."""
        await self._write(lambda session: self._flush(session, collection))

    async def dimension(self, collection: str) -> int:
        """Return the length of the vectors of a collection."""
        return await self._read(lambda session: session.search.described(collection).dimension)

    async def settle(self, collection: str) -> None:
        """Make a collection that was filled quick to search; meanwhile it cannot be searched."""
        await self.flush(collection)
        await self._write(lambda session: session.settle(collection))

    async def load_state(self, collection: str) -> str:
        """Return whether a collection can be searched, in the server's word."""
        return await self._read(lambda session: session.load_state(collection))

    async def ids(self, collection: str) -> set[str]:
        """Return the ids of all rows."""
        return set(await self.rows(collection))

    async def rows(self, collection: str) -> dict[str, int]:
        """Return the ids of all rows, each with its audience."""
        found, last = dict[str, int](), ""
        while page := await self._read(methodcaller("rows", collection, last)):
            found, last = found | page, max(page)
        return found

    async def count(self, collection: str) -> int:
        """Return how many rows there are."""
        return await self._read(lambda session: session.count(collection))

    async def search_dense(
        self, collection: str, vector: Vectors, *, audiences: Sequence[int], limit: int
    ) -> list[Hit]:
        """Return the rows nearest to a unit vector that one of the audiences may read."""
        return await self._nearest.ask((collection, tuple(audiences), limit), vector)

    async def search_terms(
        self, collection: str, terms: str, *, audiences: Sequence[int], limit: int
    ) -> list[Hit]:
        """Return the rows that share terms."""
        return await self._read(lambda s: s.search.terms(collection, terms, audiences, limit))

    async def _nearest_to(self, place: Place, vectors: Sequence[Vectors]) -> list[list[Hit]]:
        return await self._read(lambda session: session.search.dense(vectors, *place))

    async def _in(self, pool: ThreadPoolExecutor, work: Callable[[], T]) -> T:
        if self._closed:
            raise IndexUnavailableError("The index is closed.")
        return await asyncio.get_running_loop().run_in_executor(pool, work)

    async def _write(self, work: Callable[["Session"], T]) -> T:
        if self._remote:
            self._presence.check()
        try:
            done = await self._in(self._writer, lambda: work(self._sound()))
        except IndexUnavailableError as error:
            if self._lost:
                self._presence.lost(str(error))
            self._judge(error)
            raise
        self._presence.found()
        return done

    async def _read(self, work: Callable[["Session"], T]) -> T:
        self._presence.check()
        try:
            by = time.monotonic() + PATIENCE_SECONDS
            return await self._in(self._searchers, lambda: self._together(work, by))
        except IndexUnavailableError as error:
            self._judge(error)
            raise

    def _judge(self, error: IndexUnavailableError) -> None:
        """Ask nothing more of a server that did not answer, until it is found again."""
        if self._remote and self._session is not None:
            from core.index.translation import is_absence

            if is_absence(error.__cause__):
                self._presence.lost(str(error))

    async def _in_batches(
        self, collection: str, rows: Sequence[R], limit: int, change: Change[R]
    ) -> None:
        for start in range(0, len(rows), BATCH):
            batch = rows[start : start + BATCH]
            await self._write(partial(self._changed, collection, batch, limit, change))
            self._flushing.begin()

    # What follows runs in a thread; what changes the session, only in the writer's.
    def _opened(self) -> "Session":
        if self._session is None:
            raise IndexUnavailableError("The index is not open.")
        return self._session

    def _together(self, work: Callable[["Session"], T], by: float) -> T:
        with self._gate.together():
            self._presence.check()
            if self._remote and time.monotonic() > by:
                raise IndexUnavailableError("The index is too busy to be asked.")
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

        if self._remote:  # nothing has to be let go of before, and it may take long
            made = Session(*self._place)
        with self._gate.alone():
            self._let_go()
            self._session = made if self._remote else Session(*self._place)
        self._lost = False
        return self._session

    def _disconnect(self) -> None:
        with self._gate.alone():
            self._let_go()

    def _let_go(self) -> None:
        session, self._session = self._session, None
        self._flushing.forget()
        if session is not None:
            session.close()

    def _rename(self, now: datetime) -> Path | None:
        from core.index.lite import set_aside

        self._disconnect()
        return set_aside(self._place[0], now)

    def _changed(
        self, collection: str, rows: Sequence[R], limit: int, change: Change[R], session: "Session"
    ) -> None:
        change(session, rows)
        # A server flushes by itself, and refuses being asked often.
        if session.lite and self._flushing.wrote(collection, len(rows)) >= limit:
            self._flush(session, collection)

    def _flush(self, session: "Session", collection: str) -> None:
        with self._gate.alone():
            session.flush(collection)
        self._flushing.forget(collection)
