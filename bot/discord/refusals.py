"""Refusals: requests that Discord refused, counted, so that they stay far below what it bans for."""

from collections import deque
from collections.abc import Callable
from types import SimpleNamespace

import aiohttp

WITHIN = 600.0  # seconds in which Discord counts them
MOST = 5_000  # in that time, after which nothing is asked any more; Discord bans at 10,000
REFUSED = frozenset({401, 403, 429})


class TooManyRefusalsError(aiohttp.ClientError):
    """So much was refused lately that nothing is asked any more; it is over after some minutes."""


class Refusals:
    """Counts what Discord refuses, and holds requests back before there are too many."""

    def __init__(self, clock: Callable[[], float], most: int = MOST) -> None:
        """Take what tells seconds."""
        self._clock = clock
        self._most = most
        self._at: deque[float] = deque()

    @property
    def count(self) -> int:
        """How many requests were refused lately."""
        while self._at and self._at[0] <= self._clock() - WITHIN:
            self._at.popleft()
        return len(self._at)

    def trace(self) -> aiohttp.TraceConfig:
        """Return what lets every request of discord.py's session be counted."""
        trace = aiohttp.TraceConfig()
        trace.on_request_start.append(self._asked)
        trace.on_request_end.append(self._answered)
        return trace

    async def _asked(
        self,
        session: aiohttp.ClientSession,  # noqa: ARG002  # as aiohttp calls it
        context: SimpleNamespace,  # noqa: ARG002  # as aiohttp calls it
        asked: aiohttp.TraceRequestStartParams,  # noqa: ARG002  # as aiohttp calls it
    ) -> None:
        if self.count >= self._most:
            raise TooManyRefusalsError("too much was refused in the last minutes")

    async def _answered(
        self,
        session: aiohttp.ClientSession,  # noqa: ARG002  # as aiohttp calls it
        context: SimpleNamespace,  # noqa: ARG002  # as aiohttp calls it
        answered: aiohttp.TraceRequestEndParams,
    ) -> None:
        shared = answered.response.headers.get("X-RateLimit-Scope") == "shared"
        if answered.response.status in REFUSED and not shared:
            self._at.append(self._clock())
