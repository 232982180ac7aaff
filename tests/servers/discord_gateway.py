"""The gateway of the loopback Discord: connections, identifying, resuming, and how they end.

discord.gateway.drop()              cut every connection without a word; they can be resumed
discord.gateway.forget()            no session can be resumed any more (Invalid Session, d=false)
await discord.gateway.reconnect()   ask the bot to connect anew (op 7)
await discord.gateway.invalidate(resumable=False)
await discord.gateway.close(4014)   with a close code
discord.gateway.deaf = True         heartbeats are not acknowledged any more
discord.gateway.refuses = 2         the next two connections are answered with a 503
discord.gateway.remaining = 0       of the day's introductions: the next one resets the token
"""

import asyncio
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from aiohttp import WSMsgType, web

from tests.servers.discord_post import JSON
from tests.servers.discord_sessions import (
    ACK,
    FINAL,
    HEARTBEAT,
    HELLO,
    IDENTIFY,
    INVALID,
    RECONNECT,
    RESUME,
    Line,
    Session,
)

GUILDS, MEMBERS, PRESENCES = 1 << 0, 1 << 1, 1 << 8
MESSAGES, REACTIONS = 1 << 9, 1 << 10
DM_MESSAGES, DM_REACTIONS, CONTENT = 1 << 12, 1 << 13, 1 << 15
KNOWN_INTENTS = (1 << 26) - 1


@dataclass(eq=False)
class Gateway:
    """Takes connections, and keeps what their sessions were told."""

    ready: Callable[[Session], None]
    """Tells a new session what it begins with."""
    token: Callable[[], str]
    reset_token: Callable[[], None]
    granted: Callable[[], int]
    """The privileged intents that are switched on."""
    interval: float = 41.25
    """Seconds between heartbeats."""
    total: int = 1000
    remaining: int = 1000
    reset_after: float = 86400.0
    shards: int = 1
    wants_shards: int = 1
    """Fewer shards than these are refused."""
    most: int = 120
    """Payloads that a connection may send within a minute."""
    every: float = 0.0
    """Seconds between two introductions of the same kind of shard."""
    base: str = ""
    deaf: bool = False
    refuses: int = 0
    identified: list[float] = field(default_factory=list)
    resumed: list[str] = field(default_factory=list)
    closed: list[tuple[str, int]] = field(default_factory=list)
    """Who closed a connection ("bot" or "discord") and with which code, in order."""
    sessions: dict[str, Session] = field(default_factory=dict)
    _lines: set[Line] = field(default_factory=set)

    async def bot(self) -> JSON:
        """Answer GET /gateway/bot."""
        limit = {"total": self.total, "remaining": self.remaining, "max_concurrency": 1}
        limit["reset_after"] = int(self.reset_after * 1000)
        return {"url": f"{self.base}/gateway/", "shards": self.shards, "session_start_limit": limit}

    def tell(
        self, event: str, told: Callable[[bool], JSON], guild: int | None, intent: int = 0
    ) -> None:
        """Tell every session that asked for it; `told` is given whether it reads all content."""
        for session in list(self.sessions.values()):
            if session.hears(guild, intent):
                session.tell(event, told(bool(session.intents & CONTENT)))

    @property
    def connected(self) -> bool:
        """Whether any session has its connection."""
        return any(session.connected for session in self.sessions.values())

    async def settled(self, seconds: float = 10.0) -> None:
        """Wait until the bot has read all that it was told."""
        end = time.monotonic() + seconds
        for session in list(self.sessions.values()):
            await session.settled(lambda: time.monotonic() < end)

    # -- what goes wrong -------------------------------------------------------------------------

    def drop(self) -> None:
        """Cut every connection without a word."""
        for line in list(self._lines):
            line.abort()

    def forget(self) -> None:
        """Let no session be resumed any more."""
        self.sessions.clear()

    async def reconnect(self) -> None:
        """Ask the bot to connect anew."""
        for line in list(self._lines):
            await line.send(RECONNECT)

    async def invalidate(self, *, resumable: bool) -> None:
        """Tell the bot that its session is invalid."""
        if not resumable:
            self.forget()
        for line in list(self._lines):
            await line.send(INVALID, resumable)

    async def close(self, code: int) -> None:
        """Close every connection with a code."""
        for line in list(self._lines):
            await self._close(line, code)

    async def _close(self, line: Line, code: int) -> None:
        self.closed.append(("discord", code))
        await line.close(code)

    async def stop(self) -> None:
        """Cut what stands."""
        self.drop()

    # -- a connection ----------------------------------------------------------------------------

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """Serve one connection until it ends."""
        if self.refuses > 0:
            self.refuses -= 1
            return web.Response(status=503)
        socket = web.WebSocketResponse(max_msg_size=0, compress=False)
        await socket.prepare(request)
        line = Line(socket, request, request.query.get("compress") == "zlib-stream")
        self._lines.add(line)
        sending: asyncio.Task[None] | None = None
        session: Session | None = None
        try:
            await line.send(HELLO, {"heartbeat_interval": int(self.interval * 1000), "_trace": []})
            async for message in socket:
                if message.type is not WSMsgType.TEXT:
                    continue
                begun = await self._take(line, message.data, session)
                if begun is not None and session is None:
                    session = begun
                    sending = asyncio.create_task(session.run(line))
        finally:
            self._lines.discard(line)
            if sending is not None:
                sending.cancel()
            self._left(line, session)
        return socket

    def _left(self, line: Line, session: Session | None) -> None:
        code = 0 if line.closed_with else line.socket.close_code or 1006
        if code:
            self.closed.append(("bot", code))
        if session is not None and session.line is line:
            session.line = None
            if code in FINAL:
                session.over = True
                self.sessions.pop(session.id, None)

    async def _take(self, line: Line, text: str, session: Session | None) -> Session | None:
        """Take one payload; return the session that it begins or goes on with."""
        now = time.monotonic()
        line.received = [one for one in line.received if one > now - 60] + [now]
        payload = json.loads(text) if len(text) <= 4096 else None
        if len(line.received) > self.most:
            await self._close(line, 4008)
        elif payload is None:
            await self._close(line, 4002)
        elif payload["op"] == HEARTBEAT:
            line.taken = payload["d"] or 0
            if not self.deaf:
                await line.send(ACK)
        elif payload["op"] in {IDENTIFY, RESUME}:
            return await self._begin(line, payload, session)
        elif session is None:
            await self._close(line, 4003)
        return None

    async def _begin(self, line: Line, payload: JSON, session: Session | None) -> Session | None:
        if session is not None:
            await self._close(line, 4005)
        elif payload["d"].get("token") != self.token():
            await self._close(line, 4004)
        elif payload["op"] == RESUME:
            return await self._resume(line, payload["d"])
        else:
            return await self._identify(line, payload["d"])
        return None

    async def _resume(self, line: Line, given: JSON) -> Session | None:
        session = self.sessions.get(given["session_id"])
        if session is None:
            await line.send(INVALID, False)
            return None
        if not 0 <= given["seq"] <= len(session.told):
            self.sessions.pop(session.id)
            await self._close(line, 4007)
            return None
        self.resumed.append(session.id)
        session.tell("RESUMED", {"_trace": []})
        session.resume(line, given["seq"])
        return session

    async def _identify(self, line: Line, given: JSON) -> Session | None:
        wrong = self._refusal(given)
        if wrong:
            await self._close(line, wrong)
            return None
        now = time.monotonic()
        if self.identified and now - self.identified[-1] < self.every:
            await line.send(INVALID, False)
            return None
        self.identified.append(now)
        self.remaining -= 1
        shard = tuple(given.get("shard") or (0, 1))
        made = Session(id=secrets.token_hex(16), intents=given["intents"], shard=shard, line=line)
        self.sessions[made.id] = made
        self.ready(made)
        return made

    def _refusal(self, given: JSON) -> int:
        """Return the code that an introduction is refused with, or 0."""
        wrong = self._wrong_intents(given.get("intents"))
        if wrong:
            return wrong
        shard, count = given.get("shard") or (0, 1)
        if not 0 <= shard < count:
            return 4010
        if count < self.wants_shards:
            return 4011
        if self.remaining <= 0:
            self.reset_token()
            return 4004
        return 0

    def _wrong_intents(self, intents: object) -> int:
        if not isinstance(intents, int) or intents & ~KNOWN_INTENTS:
            return 4013
        return 4014 if intents & (MEMBERS | PRESENCES | CONTENT) & ~self.granted() else 0
