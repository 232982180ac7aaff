"""Socket Mode: events over two connections that the bot opens, so that one may break off."""

import asyncio
import logging
from time import time
from typing import Any

from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app, send_async_response
from slack_bolt.async_app import AsyncApp
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.client import SECRET, UNREACHABLE, sdk_logger
from core.errors import PlatformAwayError

log = logging.getLogger(__name__)
CONNECTIONS = 2  # the SDK closes one before it opens the next; meanwhile the other takes events
PING = 5.0  # seconds between two pings, and between two attempts of the SDK at a connection
LOOK = 1.0  # seconds between two looks at a connection
LOST = 20.0  # seconds without a connection after which it is begun anew, with a fresh address
OPENING = 20.0  # seconds that the first connection may take
CLOSING = 2.0  # seconds that events under way may take while it is closed


class Line(SocketModeClient):
    """One connection of the SDK's; every event goes through Bolt and is acknowledged if it says so."""

    def __init__(self, app: AsyncApp, web_client: AsyncWebClient, app_token: str, url: str) -> None:
        """Take the address of the first connection; where there is none it is asked for."""
        super().__init__(
            app_token=app_token,
            logger=sdk_logger(),
            web_client=web_client,
            ping_interval=PING,
            proxy=web_client.proxy,
        )
        self.proxy = web_client.proxy  # none where the address is to be reached without one
        self.wss_uri = url or None
        self._app = app
        self._under_way: set[asyncio.Task[Any]] = set()
        self.socket_mode_request_listeners.append(self._handle)

    async def _handle(self, client: AsyncBaseSocketModeClient, req: SocketModeRequest) -> None:
        start = time()
        response = await run_async_bolt_app(self._app, req)
        await send_async_response(client, req, response, start)

    async def run_message_listeners(self, message: dict[str, Any], raw_message: str) -> None:
        """See one envelope through, as the SDK does, and be known as long as that takes."""
        task = asyncio.current_task()
        if task is not None:
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
        await super().run_message_listeners(message, raw_message)

    async def connected(self) -> None:
        """Connect; the SDK tries for ever, with one and the same address."""
        await self.connect()  # type: ignore[no-untyped-call]  # the SDK's own

    async def end(self) -> None:
        """Let events under way be acknowledged, then close, and leave no task behind."""
        self.socket_mode_request_listeners.clear()  # what comes now is delivered again elsewhere
        under_way = self._under_way - {asyncio.current_task()}
        if under_way:
            await asyncio.wait(under_way, timeout=CLOSING)
        try:
            await self.close()  # type: ignore[no-untyped-call]  # the SDK's own
        except UNREACHABLE as error:
            log.info("A connection to Slack was lost while it was closed: %s", type(error).__name__)
        own = (self.message_processor, self.current_session_monitor, self.message_receiver)
        rest = [*under_way, *(one for one in own if one is not None)]
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)


class SocketMode:
    """Keeps two connections open, each begun anew where the SDK does not get it back."""

    def __init__(self, app: AsyncApp, client: AsyncWebClient, app_token: str) -> None:
        """Take what handles the events."""
        self._app = app
        self._client = client
        self._app_token = app_token
        self._tasks: list[asyncio.Task[None]] = []
        self._open = asyncio.Event()

    async def open(self, url: str) -> None:
        """Connect, first to an address that was given out just now; return once events can come.

        Raises `PlatformAwayError` where no connection comes about.
        """
        addresses = [url, *[""] * (CONNECTIONS - 1)]
        self._tasks = [asyncio.create_task(self._keep(address)) for address in addresses]
        try:
            async with asyncio.timeout(OPENING):
                await self._open.wait()
        except TimeoutError:
            await self.close()
            raise PlatformAwayError("Slack accepts no Socket Mode connection just now.") from None

    async def close(self) -> None:
        """Close the connections."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()

    async def _keep(self, url: str) -> None:
        while True:
            line = Line(self._app, self._client, self._app_token, url)
            try:
                async with asyncio.timeout(LOST):
                    await line.connected()
                self._open.set()
                await self._watch(line)
            except UNREACHABLE as error:
                told = SECRET.sub("…", f"{type(error).__name__}: {error}".splitlines()[0])
                log.warning("A connection to Slack is begun anew: %s", told)
                await asyncio.sleep(PING)
            finally:
                await line.end()
            url = ""

    async def _watch(self, line: Line) -> None:
        """Return once a connection is lost for so long that the SDK will not get it back."""
        lost = 0.0
        while lost < LOST:
            await asyncio.sleep(LOOK)
            lost = 0.0 if await line.is_connected() else lost + LOOK
        log.warning("A connection to Slack was lost for %d seconds and is begun anew.", lost)
