"""The front of the Web API: tokens, scopes, arguments, rate limits, faults; then the method itself."""

import asyncio
import json
import math
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.servers.slack_faults import Fault, WebFaults
from tests.servers.slack_post import JSON, SlackError, wrong

SCOPES = frozenset(
    {
        "app_mentions:read",
        "assistant:write",
        "channels:history",
        "channels:read",
        "chat:write",
        "commands",
        "files:read",
        "groups:history",
        "groups:read",
        "im:history",
        "im:read",
        "im:write",
        "mpim:history",
        "mpim:read",
        "reactions:read",
        "reactions:write",
        "team:read",
        "users:read",
    }
)
STRUCTURED = frozenset(
    {"attachments", "blocks", "chunks", "loading_messages", "metadata", "prompts", "view"}
)


class Arguments(dict[str, Any]):
    """What a call carries, by form, query or JSON."""

    def text(self, name: str) -> str:
        """Return a text, empty where there is none."""
        return str(self.get(name) or "")

    def number(self, name: str, otherwise: int) -> int:
        """Return a number."""
        return int(self.get(name) or otherwise)

    def flag(self, name: str) -> bool:
        """Return a yes or no."""
        return str(self.get(name)).lower() in {"1", "true"}


@dataclass(frozen=True, kw_only=True)
class Method:
    """One method of the Web API; `scope` may depend on the arguments."""

    run: Callable[[Arguments], Awaitable[JSON]]
    scope: str | Callable[[Arguments], str] = ""
    needs: tuple[str, ...] = ()
    app_token: bool = False


@dataclass(frozen=True, kw_only=True)
class Called:
    """One call that came in, and the error that it was answered with, if any."""

    method: str
    arguments: Arguments
    at: float
    error: str = ""


@dataclass
class WebApi:
    """Answers every call to /api/METHOD."""

    methods: Mapping[str, Method]
    bot_token: str
    app_token: str
    faults: WebFaults = field(default_factory=WebFaults)
    scopes: set[str] = field(default_factory=lambda: set(SCOPES))
    revoked: set[str] = field(default_factory=set)
    calls: list[Called] = field(default_factory=list)
    every: dict[str, float] = field(default_factory=dict)
    """The seconds between two calls of a method in one conversation; more often is a 429."""
    _last: dict[tuple[str, str], float] = field(default_factory=dict)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer one call."""
        name = request.match_info["method"]
        fault = self.faults.take(name)
        spoilt = await before(request, fault) if fault else None
        if spoilt is not None:
            self._note(name, Arguments(), fault.name if fault else "")
            return spoilt
        arguments = Arguments()
        try:
            token = await read(request, arguments)
            self._limited(name, arguments)
            body = await self._run(name, arguments, token, fault)
            self._note(name, arguments)
        except SlackError as refused:
            body = {"ok": False, "error": refused.code, **refused.more}
            self._note(name, arguments, refused.code)
            if refused.code == "ratelimited":
                seconds = str(math.ceil(refused.more["seconds"]))
                return web.json_response(body, status=429, headers={"Retry-After": seconds})
        if fault and fault.name in {"dropped after", "cut"}:
            return await cut(request, body if fault.name == "cut" else None)
        return web.json_response(body, headers={"x-oauth-scopes": ",".join(sorted(self.scopes))})

    def of(self, method: str) -> list[Called]:
        """Return the calls of a method that went well."""
        return [one for one in self.calls if one.method == method and not one.error]

    def _note(self, method: str, arguments: Arguments, error: str = "") -> None:
        self.calls.append(
            Called(method=method, arguments=arguments, at=time.monotonic(), error=error)
        )

    async def _run(self, name: str, arguments: Arguments, token: str, fault: Fault | None) -> JSON:
        if fault and fault.code:
            raise SlackError(fault.code)
        method = self.methods.get(name)
        if method is None:
            raise SlackError("unknown_method", req_method=name)
        self._authorise(method, arguments, token)
        missing = [one for one in method.needs if arguments.get(one) in (None, "")]
        if missing:
            raise wrong(*(f"missing required field: {one}" for one in missing))
        return {"ok": True, **(await method.run(arguments))}

    def _authorise(self, method: Method, arguments: Arguments, token: str) -> None:
        if not token:
            raise SlackError("not_authed")
        if token in self.revoked:
            raise SlackError("token_revoked")
        if token not in {self.bot_token, self.app_token}:
            raise SlackError("invalid_auth")
        if (token == self.app_token) != method.app_token:
            raise SlackError("not_allowed_token_type")
        scope = method.scope if isinstance(method.scope, str) else method.scope(arguments)
        if scope and not method.app_token and scope not in self.scopes:
            raise SlackError("missing_scope", needed=scope, provided=",".join(sorted(self.scopes)))

    def _limited(self, name: str, arguments: Arguments) -> None:
        every = self.every.get(name)
        if not every:
            return
        key = (name, arguments.text("channel"))
        waited = time.monotonic() - self._last.get(key, 0.0)
        if waited < every:
            raise SlackError("ratelimited", seconds=every - waited)
        self._last[key] = time.monotonic()


async def read(request: web.Request, arguments: Arguments) -> str:
    """Fill in the arguments of a call, and return its token."""
    arguments.update(request.query)
    if request.content_type == "application/json":
        try:
            held = await request.json()
        except ValueError as error:
            raise SlackError("invalid_json") from error
        arguments.update(held if isinstance(held, dict) else {})
    else:
        arguments.update(await request.post())
    for name in STRUCTURED & arguments.keys():
        arguments[name] = unpacked(name, arguments[name])
    bearer = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    return str(arguments.pop("token", "")) or bearer


def unpacked(name: str, value: Any) -> Any:
    """Return what stands as JSON in a form's field."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError as error:
        codes = {"metadata": "invalid_metadata_format", "chunks": "invalid_chunks"}
        raise SlackError(codes.get(name, f"invalid_{name}_format")) from error


async def before(request: web.Request, fault: Fault) -> web.StreamResponse | None:
    """Return what is answered instead of doing anything, or None where the call goes on."""
    if fault.name.startswith("429"):
        heads = {} if fault.name != "429" else {"Retry-After": str(math.ceil(fault.seconds))}
        limited = {"ok": False, "error": "ratelimited"}
        return web.json_response(limited, status=429, headers=heads)
    if fault.name in {"500", "503"}:
        return web.Response(status=int(fault.name), text="upstream error")
    if fault.name == "html":
        return web.Response(text="<html>a proxy</html>", content_type="text/html")
    if fault.name in {"slow", "hangs"}:
        await asyncio.sleep(3600 if fault.name == "hangs" else fault.seconds)
    return await cut(request) if fault.name == "dropped before" else None


async def cut(request: web.Request, body: JSON | None = None) -> web.StreamResponse:
    """Break the connection off: at once, or in the middle of an answer."""
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    if body is not None:
        whole = json.dumps(body).encode()
        response.content_length = len(whole)
        await response.prepare(request)
        await response.write(whole[: len(whole) // 2])
    if request.transport is not None:
        request.transport.abort()
    return response
