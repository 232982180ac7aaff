"""The front of the loopback Discord's REST API: token, buckets, limits, faults; then the call itself."""

import asyncio
import json
import math
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from aiohttp import web

from tests.servers.discord_faults import Fault, RestFaults
from tests.servers.discord_post import JSON, DiscordError

Answered: TypeAlias = "JSON | list[JSON] | None"
BANNED = "<html><title>Access denied | discord.com used Cloudflare</title>error code: 1015</html>"
VIA = {"Via": "1.1 google"}


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call: the parts of its path, its query and its body."""

    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Any

    def number(self, name: str, otherwise: int, most: int) -> int:
        """Return a number of the query, within what Discord takes."""
        found = int(self.query.get(name) or otherwise)
        if not 1 <= found <= most:
            raise DiscordError(400, 50035, "Invalid Form Body")
        return found


Run = Callable[[Call], Awaitable[Answered]]


@dataclass(frozen=True, kw_only=True)
class Route:
    """One call that can be made; `limit` calls within a window; `open` needs no token."""

    run: Run
    limit: int = 5
    open: bool = False


@dataclass(frozen=True, kw_only=True)
class Called:
    """One call that came in, with what it was answered."""

    route: str
    path: Mapping[str, str]
    body: Any
    status: int
    at: float


@dataclass
class Bucket:
    """How many calls are left until a time."""

    left: int = 0
    ends: float = 0.0

    def take(self, limit: int, window: float) -> float:
        """Take one call; return how many seconds to wait where there is none."""
        now = time.monotonic()
        if now >= self.ends:
            self.left, self.ends = limit, now + window
        if self.left <= 0:
            return self.ends - now
        self.left -= 1
        return 0.0


@dataclass
class Rest:
    """Answers every call below /api/v10."""

    token: Callable[[], str]
    routes: dict[str, Route] = field(default_factory=dict)
    faults: RestFaults = field(default_factory=RestFaults)
    calls: list[Called] = field(default_factory=list)
    window: float = 0.02
    """Seconds that a bucket's calls are spread over; Discord's own are about 5."""
    most: int = 50
    """Calls of all routes within `second`; interactions do not count."""
    second: float = 0.05
    invalid: int = 0
    """Calls that were answered 401, 403 or 429, which Discord counts."""
    banned_from: int = 10_000
    """As many invalid calls, and Cloudflare answers instead."""
    _buckets: dict[str, Bucket] = field(default_factory=dict)
    _global: Bucket = field(default_factory=Bucket)

    def served_by(self, app: web.Application) -> None:
        """Add the routes to an application."""
        for name, route in self.routes.items():
            verb, _, path = name.partition(" ")
            app.router.add_route(verb, f"/api/v10{path}", self._serving(name, route))
        app.router.add_route(
            "*", "/api/v10/{rest:.*}", self._serving("unknown", Route(run=nothing))
        )

    def of(self, route: str) -> list[Called]:
        """Return the calls of a route that went well."""
        return [one for one in self.calls if one.route == route and one.status < 300]

    def _serving(
        self, name: str, route: Route
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def serve(request: web.Request) -> web.StreamResponse:
            return await self._serve(name, route, request)

        return serve

    async def _serve(self, name: str, route: Route, request: web.Request) -> web.StreamResponse:
        body = await read(request)
        fault = self.faults.take(name)
        answer = await self._before(request, fault) if fault else None
        answer = answer or self._limited(name, route, request)
        if answer is None:
            heads = self._heads(name, route, request)
            answer = await self._run(route, request, body, heads, fault)
        self._note(name, request, body, answer)
        if fault and fault.name == "slow after":
            await asyncio.sleep(fault.seconds)
        if fault and fault.name == "502 after":
            return web.Response(status=502, text="bad gateway")
        if fault and fault.name in {"dropped after", "cut"}:
            return await cut(request, answer if fault.name == "cut" else None)
        return answer

    async def _run(
        self, route: Route, request: web.Request, body: Any, heads: Mapping[str, str], fault: Any
    ) -> web.Response:
        try:
            self._refuse(route, request, fault)
            found = await route.run(
                Call(path=dict(request.match_info), query=dict(request.query), body=body)
            )
        except DiscordError as refused:
            return answered(refused.json(), refused.status, heads)
        return answered(found, 200 if found is not None else 204, heads)

    def _refuse(self, route: Route, request: web.Request, fault: Fault | None) -> None:
        """Raise what a fault wants, and what Discord answers to a wrong token."""
        if fault and fault.refusal:
            status, code = fault.refusal
            raise DiscordError(status, code, "refused by a fault")
        if not route.open and request.headers.get("Authorization") != f"Bot {self.token()}":
            raise DiscordError(401, 0, "401: Unauthorized")

    def _note(self, name: str, request: web.Request, body: Any, answer: web.StreamResponse) -> None:
        shared = answer.headers.get("X-RateLimit-Scope") == "shared"
        if answer.status in {401, 403} or (answer.status == 429 and not shared):
            self.invalid += 1
        self.calls.append(
            Called(
                route=name,
                path=dict(request.match_info),
                body=body,
                status=answer.status,
                at=time.monotonic(),
            )
        )

    # -- limits ----------------------------------------------------------------------------------

    def _bucket(self, name: str, request: web.Request) -> Bucket:
        major = [request.match_info.get(one, "") for one in ("guild", "channel", "token")]
        return self._buckets.setdefault("/".join([name, *major]), Bucket())

    def _limited(self, name: str, route: Route, request: web.Request) -> web.Response | None:
        if self.invalid >= self.banned_from:
            return web.Response(status=429, text=BANNED, content_type="text/html")
        if not route.open:
            wait = self._global.take(self.most, self.second)
            if wait:
                return too_many(wait, "global")
        wait = self._bucket(name, request).take(route.limit, self.window)
        return too_many(wait, "user", self._heads(name, route, request)) if wait else None

    def _heads(self, name: str, route: Route, request: web.Request) -> dict[str, str]:
        bucket = self._bucket(name, request)
        wait = max(0.0, bucket.ends - time.monotonic())
        return {
            "X-RateLimit-Bucket": f"{hash(name) & 0xFFFFFFFF:08x}",
            "X-RateLimit-Limit": str(route.limit),
            "X-RateLimit-Remaining": str(bucket.left),
            "X-RateLimit-Reset": f"{time.time() + wait:.3f}",
            "X-RateLimit-Reset-After": f"{wait:.3f}",
        }

    async def _before(self, request: web.Request, fault: Fault) -> web.StreamResponse | None:
        """Return what is answered instead of doing anything, or None where the call goes on."""
        name = fault.name
        if name == "429 banned":
            return web.Response(status=429, text=BANNED, content_type="text/html")
        if name.startswith("429") and fault.refusal is None:
            return too_many(fault.seconds, name.partition(" ")[2] or "user")
        if name in {"500", "502", "503"}:
            return web.Response(status=int(name), text="upstream error")
        if name == "html":
            return web.Response(text="<html>a proxy</html>", content_type="text/html")
        if name in {"slow", "hangs"}:
            await asyncio.sleep(3600 if name == "hangs" else fault.seconds)
        return await cut(request) if name == "dropped before" else None


async def nothing(call: Call) -> Answered:
    """Answer what Discord knows no route for."""
    raise DiscordError(404, 0, "404: Not Found")


def too_many(seconds: float, scope: str, heads: Mapping[str, str] | None = None) -> web.Response:
    """Return that it was too often: for this call ("user", "shared") or for all ("global")."""
    body = {"message": "You are being rate limited.", "retry_after": seconds}
    body |= {"global": scope == "global"}
    more = {"Retry-After": str(math.ceil(seconds)), "X-RateLimit-Scope": scope, **(heads or {})}
    if scope == "global":
        more["X-RateLimit-Global"] = "true"
    return answered(body, 429, more)


def answered(body: Answered, status: int, heads: Mapping[str, str]) -> web.Response:
    """Return an answer; its type is told without a charset, as discord.py expects it."""
    if body is None:
        return web.Response(status=status, headers={**VIA, **heads})
    packed = json.dumps(body).encode()
    kind = {"Content-Type": "application/json"}
    return web.Response(status=status, body=packed, headers={**VIA, **heads, **kind})


async def read(request: web.Request) -> Any:
    """Return the body of a call: JSON, or what stands as JSON beside files."""
    if request.content_type == "multipart/form-data":
        form = await request.post()
        return json.loads(str(form.get("payload_json") or "{}"))
    said = await request.read()
    return json.loads(said) if said else {}


async def cut(request: web.Request, answer: web.StreamResponse | None = None) -> web.StreamResponse:
    """Break the connection off: at once, or in the middle of an answer."""
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    if isinstance(answer, web.Response) and isinstance(answer.body, bytes):
        response.content_length = len(answer.body)
        await response.prepare(request)
        await response.write(answer.body[: len(answer.body) // 2])
    if request.transport is not None:
        request.transport.abort()
    return response
