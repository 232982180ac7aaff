"""Whether the index answers. While it does not, nobody who asks a question waits to find that out."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from core.breaker import Breaker
from core.errors import IndexUnavailableError

log = logging.getLogger(__name__)
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 15.0
STEADY_SECONDS = 60.0  # what goes away again sooner is tried at longer and longer intervals


class Presence:
    """Refuses calls from the moment that the index is lost until it was found in the background."""

    def __init__(self, reconnect: Callable[[], Awaitable[object]]) -> None:
        """Take what connects anew; it raises `IndexUnavailableError` where that fails."""
        self.breaker = Breaker("The index", limit=1, pause=FIRST_PAUSE)
        self._reconnect = reconnect
        self._pause = FIRST_PAUSE
        self._found_at = 0.0
        self._seeking: asyncio.Task[None] | None = None

    @property
    def trouble(self) -> str | None:
        """The sentence on why the index cannot be asked just now, or None."""
        return self.breaker.reason or None

    def check(self) -> None:
        """Raise `IndexUnavailableError` while the index is lost; may be called in any thread."""
        trouble = self.trouble
        if trouble is not None:
            raise IndexUnavailableError(trouble)

    def lost(self, reason: str) -> None:
        """Refuse calls, for this reason, and start to seek."""
        if self.trouble is None:
            log.warning("%s It is asked again by itself.", reason)
            if time.monotonic() - self._found_at > STEADY_SECONDS:
                self._pause = FIRST_PAUSE
        self.breaker.failed(reason, pause=self._pause)
        if self._seeking is None or self._seeking.done():
            self._seeking = asyncio.create_task(self._seek())

    def found(self) -> None:
        """Let calls through again."""
        if self.trouble is not None:
            self.breaker.succeeded()
            self._found_at = time.monotonic()
            log.info("The index answers again.")

    async def stop(self) -> None:
        """Seek no longer."""
        if self._seeking is not None:
            self._seeking.cancel()
            await asyncio.wait([self._seeking])

    async def _seek(self) -> None:
        while self.trouble is not None:
            await asyncio.sleep(self._pause)
            self._pause = min(2 * self._pause, LONGEST_PAUSE)
            try:
                await self._reconnect()
            except IndexUnavailableError as error:
                self.breaker.failed(str(error), pause=self._pause)
            else:
                self.found()
