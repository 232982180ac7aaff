"""Background: work that follows an acknowledgement; it ends with the adapter."""

import asyncio
import logging
from collections.abc import Awaitable

from core.errors import TavernkeepError

log = logging.getLogger(__name__)


class Background:
    """Runs work beside everything else; what fails is logged and raised nowhere."""

    def __init__(self, platform: str, foreseen: tuple[type[Exception], ...]) -> None:
        """Take the platform's name, and what its library raises where it refuses or is away."""
        self._platform = platform
        self._foreseen = foreseen
        self._tasks: set[asyncio.Future[None]] = set()

    def start(self, work: Awaitable[None]) -> None:
        """Begin work that nobody waits for."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    async def close(self) -> None:
        """End what is under way."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _ended(self, task: asyncio.Future[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, (TavernkeepError, *self._foreseen)):
            log.warning("Something in %s was left undone: %s", self._platform, error)
        elif error is not None:
            log.error("Something in %s was left undone", self._platform, exc_info=error)
