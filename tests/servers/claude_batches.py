"""The loopback Claude's batches: slow, in no order, and with entries that come to nothing."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

from aiohttp import web

from tests.servers import claude_wire as wire
from tests.servers.claude_wire import JSON

Received = Callable[[web.Request], Awaitable[tuple[str, web.Response | None]]]


class Server(Protocol):
    """What the batches need of the server that they belong to."""

    @property
    def url(self) -> str:
        """Where it listens."""
        ...

    @property
    def received(self) -> Received:
        """Keep a request; return how it is to be answered, and the error where it is one."""
        ...


@dataclass
class Batches:
    """All batches that were made. `polls` is how often one is still in progress when it is asked for.

    `outcomes` are those of the entries whose number they are given by, such as "errored" or "expired";
    the others are answered. `lost` has every batch forgotten.
    """

    polls: int = 1
    outcomes: dict[int, str] = field(default_factory=dict)
    lost: bool = False
    made: dict[str, list[JSON]] = field(default_factory=dict)
    _asked: dict[str, int] = field(default_factory=dict)
    _server: Server | None = None

    def serve(self, app: web.Application, server: Server) -> None:
        """Add the routes."""
        self._server = server
        app.router.add_post("/v1/messages/batches", self._create)
        app.router.add_get("/v1/messages/batches/{id}", self._retrieve)
        app.router.add_get("/v1/messages/batches/{id}/results", self._results)

    async def _create(self, request: web.Request) -> web.Response:
        assert self._server
        _, error = await self._server.received(request)
        if error is not None:
            return error
        id_ = f"msgbatch_{len(self.made) + 1}"
        self.made[id_] = (await request.json())["requests"]
        return web.json_response(self._described(id_, ended=False))

    async def _retrieve(self, request: web.Request) -> web.Response:
        assert self._server
        _, error = await self._server.received(request)
        id_ = request.match_info["id"]
        if error is not None:
            return error
        if self.lost or id_ not in self.made:
            return web.json_response(wire.error("not_found_error", "no such batch"), status=404)
        self._asked[id_] = self._asked.get(id_, 0) + 1
        return web.json_response(self._described(id_, ended=self._asked[id_] > self.polls))

    async def _results(self, request: web.Request) -> web.Response:
        entries = self.made[request.match_info["id"]]
        lines = [
            {"custom_id": one["custom_id"], "result": self._result(number, one["params"])}
            for number, one in enumerate(entries)
        ]
        told = "".join(json.dumps(line) + "\n" for line in reversed(lines))
        return web.Response(text=told, content_type="application/x-jsonl")

    def _result(self, number: int, body: JSON) -> JSON:
        outcome = self.outcomes.get(number, "succeeded")
        if outcome == "errored":
            return {"type": outcome, "error": wire.error("invalid_request_error", "no")}
        if outcome == "succeeded":
            return {"type": outcome, "message": wire.answered(body)}
        return {"type": outcome}

    def _described(self, id_: str, *, ended: bool) -> JSON:
        assert self._server
        times = {"created_at": "2026-01-01T00:00:00Z", "expires_at": "2026-01-02T00:00:00Z"}
        counts = dict.fromkeys(("canceled", "errored", "expired", "processing", "succeeded"), 0)
        return {
            "id": id_,
            "type": "message_batch",
            "processing_status": "ended" if ended else "in_progress",
            "request_counts": counts | {"processing": len(self.made[id_])},
            "results_url": f"{self._server.url}/v1/messages/batches/{id_}/results"
            if ended
            else None,
            "ended_at": None,
            "archived_at": None,
            "cancel_initiated_at": None,
        } | times
