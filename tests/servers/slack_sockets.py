"""Socket Mode: hello, envelopes and their acknowledgements, disconnects, ten connections at most."""

import asyncio
import itertools
import json
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass, field

from aiohttp import WSMsgType, web

from tests.servers.slack_deliveries import EVENTS, Ack, Delivery, Handed
from tests.servers.slack_post import APP, JSON

MOST = 10
TICKET_SECONDS = 30.0


@dataclass(eq=False)
class Connection:
    """One socket of the app."""

    number: int
    socket: web.WebSocketResponse
    leaving: bool = False
    """It was told to go, and is handed nothing any more."""
    request: web.Request | None = None

    def abort(self) -> None:
        """Cut the line without a word."""
        if self.request is not None and self.request.transport is not None:
            self.request.transport.abort()


@dataclass
class _Sent:
    delivery: Delivery
    attempt: int
    at: float
    acknowledged: asyncio.Future[JSON] = field(default_factory=asyncio.Future)
    connection: Connection | None = None


class Sockets:
    """All connections of the app; an envelope goes to any one of them, and again to another."""

    def __init__(self, acks: list[Ack]) -> None:
        """Take where acknowledgements are noted."""
        self.connections: list[Connection] = []
        self.opened = 0
        self.stray: list[JSON] = []
        """What the app sent that acknowledges nothing."""
        self.ignore = 0
        """How many of the next acknowledgements get lost on their way."""
        self.base = ""
        self.enabled = True
        self._acks = acks
        self._tickets: dict[str, float] = {}
        self._sent: dict[str, _Sent] = {}
        self._turn = itertools.count()
        self._leaving: set[asyncio.Task[None]] = set()

    # -- connecting ------------------------------------------------------------------------------

    def open_url(self) -> str:
        """Return where to connect, once, within half a minute."""
        ticket = str(uuid.uuid4())
        self._tickets[ticket] = time.monotonic() + TICKET_SECONDS
        return f"{self.base.replace('http', 'ws', 1)}/link/?ticket={ticket}&app_id={APP}"

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """Serve one connection until it is closed."""
        if self._tickets.pop(request.query.get("ticket", ""), 0.0) < time.monotonic():
            return web.Response(status=404, text="invalid ticket")
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.opened += 1
        if len(self.connections) >= MOST:
            await socket.send_json({"type": "disconnect", "reason": "too_many_websockets"})
            await socket.close()
            return socket
        connection = Connection(number=self.opened, socket=socket, request=request)
        self.connections.append(connection)
        try:
            await socket.send_json(self._hello())
            await self._read(connection)
        finally:
            self.connections.remove(connection)
            self._lose(connection)
        return socket

    def _hello(self) -> JSON:
        return {
            "type": "hello",
            "num_connections": len(self.connections),
            "connection_info": {"app_id": APP},
            "debug_info": {"host": "applink-1", "approximate_connection_time": 18060},
        }

    async def _read(self, connection: Connection) -> None:
        async for message in connection.socket:
            if message.type is WSMsgType.TEXT:
                self._acknowledge(json.loads(message.data))

    def _acknowledge(self, said: JSON) -> None:
        sent = self._sent.get(said.get("envelope_id", ""))
        if sent is None:
            self.stray.append(said)
            return
        if self.ignore:
            self.ignore -= 1
            return
        del self._sent[said["envelope_id"]]
        self._acks.append(noted(sent.delivery, sent.attempt, time.monotonic() - sent.at))
        if not sent.acknowledged.done():
            sent.acknowledged.set_result(said.get("payload") or {})

    def _lose(self, connection: Connection) -> None:
        for sent in self._sent.values():
            if sent.connection is connection and not sent.acknowledged.done():
                sent.acknowledged.cancel()

    # -- handing over ----------------------------------------------------------------------------

    async def hand_over(self, delivery: Delivery, patience: float) -> Handed:
        """Send an envelope on one of the connections and wait for its acknowledgement."""
        live = [one for one in self.connections if not one.leaving and not one.socket.closed]
        if not live:
            return Handed(reason="no_connection")
        connection = live[next(self._turn) % len(live)]
        envelope = self._envelope(delivery)
        sent = _Sent(delivery, delivery.attempts, time.monotonic(), connection=connection)
        self._sent[envelope["envelope_id"]] = sent
        try:
            await connection.socket.send_json(envelope)
            answer = await asyncio.wait_for(asyncio.shield(sent.acknowledged), patience)
        except (ConnectionError, TimeoutError):
            return Handed(reason="timeout")
        except asyncio.CancelledError:
            if sent.acknowledged.cancelled():  # the connection was lost
                return Handed(reason="timeout")
            raise
        return Handed(answer=answer)

    def _envelope(self, delivery: Delivery) -> JSON:
        envelope: JSON = {
            "envelope_id": str(uuid.uuid4()),
            "type": delivery.kind,
            "payload": delivery.payload,
            "accepts_response_payload": delivery.kind != EVENTS,
        }
        if delivery.kind == EVENTS:
            envelope["retry_attempt"] = delivery.attempts
            envelope["retry_reason"] = delivery.reasons[-1] if delivery.reasons else ""
        return envelope

    # -- what goes wrong -------------------------------------------------------------------------

    async def disconnect(self, reason: str = "refresh_requested", *, grace: float = 0.5) -> None:
        """Tell every connection to go, by a reason of Slack's, and close it a moment later.

        With "warning" nothing is closed: Slack says so ten seconds ahead.
        """
        for one in list(self.connections):
            one.leaving = reason != "warning"
            with suppress(ConnectionError):
                await one.socket.send_json(
                    {"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-1"}}
                )
            if one.leaving:
                task = asyncio.create_task(self._close(one, grace))
                self._leaving.add(task)
                task.add_done_callback(self._leaving.discard)

    async def _close(self, connection: Connection, grace: float) -> None:
        await asyncio.sleep(grace)
        await connection.socket.close()

    def drop(self) -> None:
        """Cut every connection without a word, as when the network goes."""
        for one in list(self.connections):
            one.abort()

    async def stop(self) -> None:
        """Close what is open."""
        for task in set(self._leaving):
            task.cancel()
        for one in list(self.connections):
            await one.socket.close()


def noted(delivery: Delivery, attempt: int, delay: float) -> Ack:
    """Return the note of an acknowledgement."""
    return Ack(
        name=delivery.name,
        kind=delivery.kind,
        event_id=str(delivery.payload.get("event_id", "")),
        attempt=attempt,
        delay=delay,
    )
