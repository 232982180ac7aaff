"""A Claude API on loopback that the real SDK talks to, with every failure that we know of.

    async with LoopbackClaude() as server:
        settings = AnthropicSettings(api_key=..., base_url=server.url)
        server.next("cut stream")

Without a choice it answers from the search results of the request, with native citations, or
writes NO_ANSWER when none shares a word with the question. A key that begins with "wrong" is refused.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from aiohttp import web

from tests.servers import claude_wire as wire
from tests.servers.claude_batches import Batches
from tests.servers.claude_wire import JSON, Sentence

Events = AsyncIterator[bytes]

ERRORS: dict[str, tuple[int, JSON, dict[str, str]]] = {
    "429": (429, wire.error("rate_limit_error", "slow down"), {}),
    "429 for an hour": (429, wire.error("rate_limit_error", "slow down"), {"retry-after": "3600"}),
    "429 for a moment": (429, wire.error("rate_limit_error", "slow down"), {"retry-after": "0.05"}),
    "529": (529, wire.error("overloaded_error", "overloaded"), {}),
    "500": (500, wire.error("api_error", "internal"), {}),
    "spend limit": (
        429,
        wire.error("rate_limit_error", "limit", "enforced_spend_limit_reached"),
        {},
    ),
    "401": (401, wire.error("authentication_error", "invalid key"), {}),
    "402": (402, wire.error("billing_error", "unpaid"), {}),
    "404 model": (404, wire.error("not_found_error", "model: unknown"), {}),
    "400 prompt too long": (400, wire.error("invalid_request_error", "prompt is too long"), {}),
}
STREAMS = frozenset(
    {
        "answer",
        "no answer",
        "no answer, and why",
        "just NO",
        "thinking first",
        "cut stream",
        "early end",
        "stall",
        "error event",
        "garbage",
        "odd order",
        "refusal",
        "empty",
        "max_tokens",
        "max_tokens while thinking",
        "slow",
    }
)


@dataclass(frozen=True)
class Asked:
    """One request that the server received."""

    path: str
    headers: dict[str, str]
    body: JSON


class LoopbackClaude:
    """The server. `requests` are the calls to /v1/messages, `lookups` the models asked for."""

    def __init__(self) -> None:
        """Prepare; nothing listens before `async with`."""
        self.url = ""
        self.requests: list[Asked] = []
        self.lookups: list[str] = []
        self.models = {
            "claude-sonnet-5-5": wire.model("claude-sonnet-5-5", "Claude Sonnet 5.5"),
            "claude-haiku-5-5": wire.model("claude-haiku-5-5", "Claude Haiku 5.5"),
        }
        self.reply: str | None = None
        """What requests that do not stream are answered with, instead of something made up."""
        self.always = "answer"
        """The behaviour of every request that `next` chose none for."""
        self.models_behaviour = ""
        """How the models endpoint fails: one of `ERRORS`, or "no JSON"."""
        self.batches = Batches()
        self._next: deque[str] = deque()
        self._runner: web.AppRunner | None = None

    def next(self, behaviour: str, times: int = 1) -> None:
        """Choose how the next requests to /v1/messages that have no choice yet are answered."""
        assert behaviour in STREAMS or behaviour in ERRORS or behaviour == "no JSON", behaviour
        self._next.extend([behaviour] * times)

    async def __aenter__(self) -> Self:
        """Listen on a free port of loopback."""
        app = web.Application()
        app.router.add_post("/v1/messages", self._messages)
        app.router.add_get("/v1/models/{model}", self._model)
        self.batches.serve(app, self)
        self._runner = web.AppRunner(
            app, access_log=None, shutdown_timeout=0.2, handler_cancellation=True
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop listening and drop every connection."""
        if self._runner:
            await self._runner.cleanup()

    async def _model(self, request: web.Request) -> web.Response:
        name = request.match_info["model"]
        self.lookups.append(name)
        if refused(request):
            return failed("401")
        if self.models_behaviour in ERRORS:
            return failed(self.models_behaviour)
        if self.models_behaviour == "no JSON":
            return web.Response(text="<html>a proxy</html>", content_type="text/html")
        if name not in self.models:
            return failed("404 model")
        return web.json_response(self.models[name])

    async def received(self, request: web.Request) -> tuple[str, web.Response | None]:
        """Keep a request; return how it is to be answered, and the error where it is one."""
        body = await request.json() if request.can_read_body else {}
        self.requests.append(Asked(request.path, dict(request.headers), body))
        behaviour = self._next.popleft() if self._next else self.always
        if refused(request):
            return behaviour, failed("401")
        return behaviour, failed(behaviour) if behaviour in ERRORS else None

    async def _messages(self, request: web.Request) -> web.StreamResponse:
        behaviour, error = await self.received(request)
        body = self.requests[-1].body
        if error is not None:
            return error
        if behaviour == "no JSON":
            return web.Response(text="<html>a proxy</html>", content_type="text/html")
        if not body.get("stream"):
            return await self._whole(body, behaviour)
        return await self._stream(request, body, behaviour)

    async def _whole(self, body: JSON, behaviour: str) -> web.Response:
        if behaviour == "stall":
            await asyncio.sleep(60)
        text = wire.reply_to(body) if self.reply is None else self.reply
        reasons = {"refusal": "refusal", "max_tokens": "max_tokens"}
        return web.json_response(
            wire.message(body, text, stop_reason=reasons.get(behaviour, "end_turn"))
        )

    async def _stream(self, request: web.Request, body: JSON, behaviour: str) -> web.StreamResponse:
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        async for event in streamed(body, behaviour):
            await response.write(event)
        if behaviour == "cut stream":
            assert request.transport is not None
            request.transport.abort()
        else:
            await response.write_eof()
        return response


def refused(request: web.Request) -> bool:
    """Say whether a request's key is a wrong one."""
    return request.headers.get("authorization", "").startswith("Bearer wrong")


def failed(behaviour: str) -> web.Response:
    """Return one of `ERRORS`."""
    status, body, headers = ERRORS[behaviour]
    return web.json_response(body, status=status, headers=headers)


async def streamed(body: JSON, behaviour: str) -> Events:
    """Yield the events of a stream that behaves as chosen."""
    yield wire.message_start(body)
    yield wire.event("ping")
    index = 0
    if behaviour in {"thinking first", "max_tokens while thinking"}:
        index = 1
        for event in wire.thinking_block(0):
            yield event
    for sentence in sentences(body, behaviour):
        for event in wire.text_block(body, index, sentence):
            yield event
            await asyncio.sleep(0.02 if behaviour == "slow" else 0)
        index += 1
    async for event in ending(behaviour):
        yield event


def sentences(body: JSON, behaviour: str) -> Iterable[Sentence]:
    """Return what an answer says before it ends or breaks."""
    fixed = {
        "no answer": [Sentence("NO_ANSWER")],
        "no answer, and why": [Sentence("NO_ANSWER\n\nThe search results say nothing of it.")],
        "just NO": [Sentence("NO")],
        "max_tokens while thinking": [],
        "empty": [],
    }
    broken = {
        "cut stream",
        "early end",
        "stall",
        "error event",
        "garbage",
        "odd order",
        "refusal",
        "max_tokens",
    }
    said = fixed.get(behaviour) or ([] if behaviour in fixed else wire.answer_to(body))
    return said[:1] if behaviour in broken else said


async def ending(behaviour: str) -> Events:
    """Yield the last events: a proper end, another stop, an error or nothing."""
    stops = {"refusal": "refusal", "max_tokens while thinking": "max_tokens"}
    if behaviour == "stall":
        await asyncio.sleep(60)
    elif behaviour == "error event":
        yield wire.event("error", **wire.error("overloaded_error", "overloaded"))
    elif behaviour == "garbage":
        yield b"event: content_block_delta\ndata: {not json\n\n"
    elif behaviour == "odd order":
        delta = {"type": "text_delta", "text": "lost"}
        yield wire.event("content_block_delta", index=7, delta=delta)
    elif behaviour not in {"cut stream", "early end"}:
        reason = "max_tokens" if behaviour == "max_tokens" else stops.get(behaviour, "end_turn")
        for event in wire.message_end(reason):
            yield event
