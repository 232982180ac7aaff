"""When Milvus Lite is flushed: after so many rows, or after some seconds, whichever comes first."""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable

from core.errors import IndexUnavailableError

log = logging.getLogger(__name__)


class Flushing:
    """Counts what is not flushed yet, and has it flushed in the background when time is up."""

    def __init__(self, flush: Callable[[str], Awaitable[None]], seconds: float) -> None:
        """Take what flushes a collection, and how long rows may wait for it."""
        self._flush = flush
        self._seconds = seconds
        self._rows: Counter[str] = Counter()
        self._task: asyncio.Task[None] | None = None

    def wrote(self, collection: str, rows: int) -> int:
        """Note rows that were written, and return how many are not flushed."""
        self._rows[collection] += rows
        return self._rows[collection]

    def forget(self, collection: str | None = None) -> None:
        """Note that nothing of a collection, or of all, is left to flush."""
        if collection is None:
            self._rows.clear()
        else:
            self._rows.pop(collection, None)

    def begin(self) -> None:
        """See to it, on the event loop, that what is not flushed will be."""
        if self._rows and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._later())

    async def stop(self) -> None:
        """Flush nothing more in the background."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _later(self) -> None:
        while self._rows:
            await asyncio.sleep(self._seconds)
            for collection in list(self._rows):
                try:
                    await self._flush(collection)
                except IndexUnavailableError as error:
                    log.warning("The flush of %s failed and is tried again: %s", collection, error)
