"""RoomServer: serves the room's pages from the bot's own event loop, on loopback."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Generator, Sequence
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI
from nicegui import app as nicegui_app
from nicegui import core, ui
from nicegui.client import Client
from starlette.datastructures import MutableHeaders
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot import running
from bot.finding import Finding
from core.errors import TavernkeepError
from core.settings import RoomSettings

LOOPBACK = ("127.0.0.1", "localhost", "::1")
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; "
    "connect-src 'self' ws: wss:; object-src 'none'; base-uri 'self'; form-action 'self'; "
    "frame-ancestors 'none'"
)
SECONDS_TO_STOP = 2


class _Server(uvicorn.Server):
    """A server that leaves the signals to whoever runs the bot."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


class _Headers:
    """Lets pages load nothing from elsewhere and be framed by nobody."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Content-Security-Policy"] = POLICY
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = "no-referrer"
            await send(message)

        await self._app(scope, receive, with_headers)


class RoomServer:
    """Listens on the settings' host and port between `start` and `stop`."""

    def __init__(
        self,
        settings: RoomSettings,
        favicon: str,
        findings: Callable[[], Awaitable[Sequence[Finding]]] | None = None,
    ) -> None:
        """Keep what is needed; nothing listens yet. `favicon` is the text of an SVG.

        `findings` are what another process of this machine is told that asks how the bot is.
        """
        self._settings = settings
        self._favicon = favicon
        self._findings = findings
        self._server: _Server | None = None
        self._serving: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Where people find the room."""
        host = self._settings.host
        named = f"[{host}]" if ":" in host else host
        return f"http://{named}:{self._settings.port}"

    async def start(self) -> None:
        """Listen; raise `TavernkeepError` when the port is taken."""
        listening = self._bind()
        config = uvicorn.Config(
            self._application(),
            log_config=None,
            access_log=False,
            ws="websockets-sansio",
            timeout_graceful_shutdown=SECONDS_TO_STOP,
            server_header=False,
        )
        self._server = _Server(config)
        self._serving = asyncio.create_task(self._server.serve(sockets=[listening]))
        while not self._server.started:
            if self._serving.done():
                listening.close()
                await self._serving
                raise TavernkeepError("The room's server ended before it had begun; see the log.")
            await asyncio.sleep(0.01)

    async def stop(self) -> None:
        """Close every connection and free the port."""
        if self._server is None or self._serving is None:
            return
        await _end_sockets()
        self._server.should_exit = True
        await self._serving
        self._server = self._serving = None

    def _bind(self) -> socket.socket:
        host, port = self._settings.host, self._settings.port
        listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, port))
            listening.listen()  # two that start at once may both bind; only one may listen
        except OSError as error:
            listening.close()
            raise TavernkeepError(
                f"The room cannot listen on {host}:{port} ({error.strerror}): "
                "end what listens there, or set room.port to another one."
            ) from error
        return listening

    async def _status(self) -> list[dict[str, object]]:
        return running.told(await self._findings() if self._findings else ())

    def _application(self) -> FastAPI:
        application = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
        application.add_middleware(_Headers)
        if self._settings.host in LOOPBACK:
            # Another site's name that was pointed at this machine must not reach the room.
            application.add_middleware(TrustedHostMiddleware, allowed_hosts=[*LOOPBACK, "[::1]"])
        if self._findings is not None:
            application.add_api_route(running.PATH, self._status, response_model=None)
        _renew()
        ui.run_with(
            application,
            title="Tavernkeep",
            favicon=self._favicon,
            dark=None,
            tailwind=False,
            reconnect_timeout=10.0,
            show_welcome_message=False,
            binding_refresh_interval=None,
        )
        return application


async def _end_sockets() -> None:
    """End what the library runs beside its server, and forget the pages that were open."""
    if core.sio.eio.service_task_handle is not None:
        await core.sio.shutdown()
    for client in list(Client.instances.values()):
        client.delete()


def _renew() -> None:
    """Make the library's one global application ready to be started, also for a second time."""
    core.sio.eio.start_service_task = True
    core.sio.eio.service_task_event = None
    nicegui_app.middleware_stack = None
    nicegui_app.user_middleware.clear()
