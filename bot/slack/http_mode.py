"""HTTP: events as requests that Slack signs; the bot listens, behind a proxy with a certificate."""

import logging

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp

from core.errors import PlatformError

log = logging.getLogger(__name__)
PATH = "/slack/events"  # for events, buttons and commands alike
CLOSING = 3.0  # seconds that requests under way may take while it is closed


class HttpMode:
    """Listens for Slack's requests. Bolt checks the signature, and that it is not older than 5 minutes."""

    def __init__(self, app: AsyncApp, host: str, port: int) -> None:
        """Take what handles the requests, and where to listen."""
        self._app = app
        self._host = host
        self._port = port
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """Where it listens; known once it is open."""
        host, port = self._runner.addresses[0][:2] if self._runner else (self._host, self._port)
        return f"http://{host}:{port}{PATH}"

    async def open(self) -> None:
        """Listen; raise `PlatformError` where the port is taken."""
        application = web.Application()
        application.router.add_post(PATH, self._requested)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=CLOSING)
        await runner.setup()
        try:
            await web.TCPSite(runner, self._host, self._port).start()
        except OSError as error:
            await runner.cleanup()
            raise PlatformError(
                f"Slack's events cannot be taken on {self._host}:{self._port}, because of: "
                f"{error.strerror}. Set slack.host and slack.port to what is free."
            ) from error
        self._runner = runner
        log.info("Slack's events are taken on %s", self.url)

    async def close(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _requested(self, request: web.Request) -> web.Response:
        if not is_signed(request):
            return web.Response(status=401, text="not signed")
        try:
            asked = await to_bolt_request(request)
        except (ValueError, AttributeError):  # no text, no JSON, or no object of it
            return web.Response(status=400, text="not readable")
        return await to_aiohttp_response(await self._app.async_dispatch(asked))


def is_signed(request: web.Request) -> bool:
    """Say whether a request carries a signature and a time that can be checked at all."""
    stamp = request.headers.get("X-Slack-Request-Timestamp", "")
    signature = request.headers.get("X-Slack-Signature", "")
    return stamp.isascii() and stamp.isdigit() and signature.isascii() and bool(signature)
