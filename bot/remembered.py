"""What was asked of a platform and is remembered for a while."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

log = logging.getLogger(__name__)
Value = TypeVar("Value")
FRESH = timedelta(hours=1)
MOST = 5000  # that are remembered of each kind
PATIENCE = 0.7  # seconds that an event waits for a name; Slack wants it acknowledged within three


class Remembered(Generic[Value]):
    """What was asked of a platform: each key asked once at a time, the longest unused forgotten first."""

    def __init__(
        self,
        ask: Callable[[str], Awaitable[Value | None]],
        now: Callable[[], datetime],
        foreseen: tuple[type[Exception], ...] = (),
        most: int = MOST,
    ) -> None:
        """Take how a key is asked for; what is empty, and None, no answer, is not remembered.

        `foreseen` is what asking raises where the platform refuses or is away: no answer, either.
        """
        self._ask = ask
        self._now = now
        self._foreseen = foreseen
        self._most = most
        self._held: OrderedDict[str, tuple[datetime, Value]] = OrderedDict()
        self._asking: dict[str, asyncio.Task[Value | None]] = {}

    def known(self, key: str) -> Value | None:
        """Return what is remembered, however old."""
        held = self._held.get(key)
        return held[1] if held else None

    async def get(self, key: str, patience: float = PATIENCE, anew: bool = False) -> Value | None:
        """Return what is known of a key; asked for no longer than so many seconds, which goes on.

        Asked `anew`, what was remembered is no answer.
        """
        held = self._held.get(key)
        if held and not anew and self._now() - held[0] < FRESH:
            self._held.move_to_end(key)
            return held[1]
        task = self._asking.get(key)
        if task is None:
            task = self._asking[key] = asyncio.create_task(self._look_up(key))
            task.add_done_callback(lambda _: self._asking.pop(key, None))
        await asyncio.wait([task], timeout=patience)
        found = task.result() if task.done() and not task.cancelled() else None
        return self.known(key) if found is None and not anew else found

    def put(self, key: str, value: Value) -> None:
        """Remember what was learned just now."""
        self._held[key] = (self._now(), value)
        self._held.move_to_end(key)
        while len(self._held) > self._most:
            self._held.popitem(last=False)

    def forget(self, key: str) -> None:
        """Ask the next time, whatever was remembered."""
        self._held.pop(key, None)

    async def close(self) -> None:
        """Ask no more."""
        asking = list(self._asking.values())
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)

    async def _look_up(self, key: str) -> Value | None:
        try:
            found = await self._ask(key)
        except self._foreseen as error:
            log.info("Nobody tells of %s: %s", key, error)
            return None
        if found:
            self.put(key, found)
        return found
