"""Sessions of the loopback gateway: what a bot was told, numbered, until it has taken it."""

import asyncio
import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import ClientConnectionError, web

from tests.servers.discord_post import JSON

DISPATCH, HEARTBEAT, IDENTIFY, PRESENCE, VOICE, RESUME = 0, 1, 2, 3, 4, 6
RECONNECT, REQUEST_MEMBERS, INVALID, HELLO, ACK = 7, 8, 9, 10, 11
FINAL = frozenset({1000, 1001})
"""Closed with one of these by the bot, a session is over."""


@dataclass(eq=False)
class Line:
    """One connection; what is sent goes out in order."""

    socket: web.WebSocketResponse
    request: web.Request
    compressed: bool
    closed_with: int = 0
    """The code that Discord closed it with, if it was Discord."""
    received: list[float] = field(default_factory=list)
    """When the bot sent something, for its limit."""
    taken: int = 0
    """The number of the last event that the bot said it had."""
    _deflating: Any = None
    _order: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def send(self, op: int, data: Any = None, **more: Any) -> None:
        """Send one payload; a connection that is gone takes none."""
        whole = json.dumps({"op": op, "d": data, "s": None, "t": None, **more})
        async with self._order:
            if self.socket.closed:
                return
            try:
                await self._send(whole)
            except (ConnectionError, ClientConnectionError):
                self.abort()

    async def _send(self, whole: str) -> None:
        if not self.compressed:
            await self.socket.send_str(whole)
            return
        if self._deflating is None:
            self._deflating = zlib.compressobj()
        packed = self._deflating.compress(whole.encode())
        await self.socket.send_bytes(packed + self._deflating.flush(zlib.Z_SYNC_FLUSH))

    async def close(self, code: int) -> None:
        """Close with a code of Discord's."""
        self.closed_with = code
        await self.socket.close(code=code)

    def abort(self) -> None:
        """Cut the connection without a word."""
        if self.request.transport is not None:
            self.request.transport.abort()


@dataclass(eq=False, kw_only=True)
class Session:
    """What one shard of the bot asked to be told, and all that it was told, numbered."""

    id: str
    intents: int
    shard: tuple[int, int]
    line: Line | None = None
    told: list[JSON] = field(default_factory=list)
    over: bool = False
    _sent: int = 0
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def connected(self) -> bool:
        """Whether the bot is there to be told."""
        return self.line is not None and not self.line.socket.closed

    def hears(self, guild: int | None, intent: int) -> bool:
        """Say whether an event of a server, or of none, is for this session."""
        mine = (
            ((guild or 0) >> 22) % self.shard[1] == self.shard[0] if guild else self.shard[0] == 0
        )
        return mine and not self.over and (not intent or bool(self.intents & intent))

    def tell(self, event: str, data: JSON) -> None:
        """Number an event and put it on its way; it waits for a bot that is away."""
        self.told.append({"op": DISPATCH, "t": event, "s": len(self.told) + 1, "d": data})
        self._wake.set()

    def resume(self, line: Line, seq: int) -> None:
        """Go on over another connection, after what the bot has of it."""
        self.line, self._sent = line, seq
        self._wake.set()

    async def run(self, line: Line) -> None:
        """Send what there is over a connection, until another one has taken over or it is closed."""
        while self.line is line and not line.socket.closed:
            while self._sent < len(self.told) and self.line is line:
                payload = self.told[self._sent]
                self._sent += 1
                await line.send(DISPATCH, payload["d"], s=payload["s"], t=payload["t"])
            self._wake.clear()
            if self._sent >= len(self.told):
                await self._wake.wait()

    async def settled(self, patience: Callable[[], bool]) -> None:
        """Wait until the bot has read all that it was told; a heartbeat of its says how far it is."""
        while self.connected and self.line is not None and patience():
            if self.line.taken >= len(self.told):
                return
            await self.line.send(HEARTBEAT)
            await asyncio.sleep(0.01)
