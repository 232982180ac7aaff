"""Deliveries: events on their way into the ledger, in order, each tried until it is stored.

Discord sends an event once and hears no acknowledgement. So one that cannot be stored, as the
ledger is away for instance, waits here; what is still waiting when the bot ends is left to the sweep.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from core.errors import LedgerError, PlatformAwayError

log = logging.getLogger(__name__)
PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 30.0, 30.0, 60.0)  # seconds between two tries
MOST = 5_000  # events that wait
CLOSING = 2.0  # seconds that storing what came may take at the end


class Deliveries:
    """Sees to it that what happened in one channel is stored in the order in which it happened."""

    def __init__(self, speed: float = 1.0) -> None:
        """Take how many times quicker than usual it is tried again."""
        self._speed = speed
        self._last: dict[int, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    def take(
        self,
        channel: int,
        store: Callable[[], Awaitable[None]],
        lost: Callable[[], None] = lambda: None,
    ) -> None:
        """Begin to store an event of a channel, once those before it are stored.

        `lost` is called where it could not be.
        """
        if self._closed:
            return
        if len(self._tasks) >= MOST:
            log.error("An event is lost until the next sweep: %d others wait to be stored", MOST)
            lost()
            return
        task = asyncio.create_task(self._stored(self._last.get(channel), store, lost))
        self._last[channel] = task
        self._tasks.add(task)
        task.add_done_callback(lambda ended: self._ended(channel, ended))

    async def drain(self) -> None:
        """Wait until all that came is stored."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def close(self) -> None:
        """Take nothing more, and give up what is not stored within a moment."""
        self._closed = True
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=CLOSING / self._speed)
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _stored(
        self,
        before: asyncio.Task[None] | None,
        store: Callable[[], Awaitable[None]],
        lost: Callable[[], None],
    ) -> None:
        if before is not None and not before.done():
            await asyncio.wait([before])
        for pause in (*PAUSES, None):
            try:
                await store()
            except (LedgerError, PlatformAwayError) as error:
                final = pause is None or (isinstance(error, PlatformAwayError) and error.refuses)
                if final or pause is None:
                    log.warning("An event is left to the next sweep: %s", error)
                    lost()
                    return
                log.warning("An event is not stored yet, and is kept: %s", error)
                await asyncio.sleep(pause / self._speed)
            else:
                return

    def _ended(self, channel: int, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if self._last.get(channel) is task:
            del self._last[channel]
        error = None if task.cancelled() else task.exception()
        if error is not None:
            log.error("An event was not understood", exc_info=error)
