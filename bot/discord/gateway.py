"""The gateway: the connection by which Discord tells what happens, and what its end means."""

import asyncio
import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NoReturn

import aiohttp
import discord
from discord import app_commands
from discord.gateway import KeepAliveHandler

from bot.discord.client import UNREACHABLE, Reopening, options_of, point_gateway, unreachable
from bot.discord.ending import end, handed_on, settle
from bot.discord.identifying import Identifying, start_pause
from bot.discord.refusals import Refusals
from core.errors import PlatformAwayError, PlatformError
from core.settings import DiscordSettings

log = logging.getLogger(__name__)
PATIENCE = 90.0  # seconds until Discord has let the bot in
GRACE = 2.0  # seconds in which what was begun may end by itself
CLOSING = 5.0  # seconds in which Discord may say good-bye
PORTAL = "discord.com/developers/applications → your app → Bot"
BAD_TOKEN = f"Discord does not take DISCORD_TOKEN. Copy it from {PORTAL} → Reset Token."
NO_INTENT = (
    f"Discord does not tell the bot what all messages say: switch on Message Content Intent under "
    f"{PORTAL} → Privileged Gateway Intents, or set discord.message_content to false."
)
NO_GUILDS = (
    "Over several connections nobody can tell at the start whether there is one server only. Name those "
    "whose public channels everyone may read in discord.guilds, or set discord.shards to 1."
)
SENTENCES = {
    4004: BAD_TOKEN,
    4010: "Discord does not know such a shard.",
    4011: "The bot is in so many servers that Discord wants discord.shards to be greater.",
    4012: "Discord does not speak this version of its protocol any more: update Tavernkeep.",
    4013: "Discord does not know one of the intents: update Tavernkeep.",
    4014: NO_INTENT,
}


class TavernkeepClient(discord.Client):
    """A client of discord.py whose connection never begins anew too often, with a command tree."""

    def __init__(
        self,
        settings: DiscordSettings,
        refusals: Refusals,
        identifying: Identifying,
        speed: float = 1.0,
        shards: int | None = None,
    ) -> None:
        """Take the settings, and who counts what Discord counts; nothing is connected yet."""
        options = options_of(settings, refusals, speed)
        super().__init__(shard_count=shards, **options)
        self.tree: app_commands.CommandTree[TavernkeepClient] = app_commands.CommandTree(self)
        self.let_in = asyncio.Event()
        self.settled = asyncio.Event()
        self.begins_anew: list[
            Callable[[], None]
        ] = []  # told when it introduces itself, and then stands
        self.refused: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._identifying = identifying

    async def setup_hook(self) -> None:
        """Let a global limit that nobody ends open by itself."""
        limit = Reopening()
        limit.set()
        self.http._global_over = limit

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Wait before the bot introduces itself again; give up where it does so over and over."""
        try:
            pause = self._identifying.pause(shard_id or 0, initial=initial)
        except PlatformError as error:
            if not self.refused.done():
                self.refused.set_exception(error)
            raise
        await asyncio.sleep(pause)
        for told in self.begins_anew:  # what was missed Discord tells nobody again
            told()

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        """Hand an event on; none that comes while the client closes, for nobody takes it any more."""
        if not self.is_closed():
            super().dispatch(event, *args, **kwargs)

    async def on_connect(self) -> None:
        """Note that Discord let the bot in."""
        self.let_in.set()

    async def on_ready(self) -> None:
        """Note that Discord has sent what there is of the servers, at first or anew."""
        for told in self.begins_anew:  # what was read before may have been read too early
            told()
        self.settled.set()

    async def on_error(
        self,
        event_method: str,
        /,
        *args: object,  # noqa: ARG002  # as discord.py calls it
        **kwargs: object,  # noqa: ARG002  # as discord.py calls it
    ) -> None:
        """Log that an event was not understood; nothing of what people wrote."""
        log.exception(  # noqa: LOG004  # discord.py calls it within its handler
            "An event of Discord was not understood: %s", event_method
        )


class ShardedClient(TavernkeepClient, discord.AutoShardedClient):
    """The same over several connections."""

    async def close(self) -> None:
        """Disconnect; discord.py's own does not know that it may never have logged in."""
        if self.user is None:
            await self.http.close()
        else:
            await super().close()


def client_of(
    settings: DiscordSettings, refusals: Refusals, identifying: Identifying, speed: float = 1.0
) -> TavernkeepClient:
    """Return a client as the settings say, inside a running loop; `close` it after use."""
    if settings.shards > 1:
        return ShardedClient(settings, refusals, identifying, speed, settings.shards)
    return TavernkeepClient(settings, refusals, identifying, speed)


async def log_in(client: discord.Client, settings: DiscordSettings) -> None:
    """Let Discord tell who the bot is; raise `PlatformError` for a token that it does not take.

    With several connections the servers come one after the other, so those that count are named, or
    it raises `PlatformError`, too: what others read must not pass for everyone's meanwhile. Raises `PlatformAwayError` where Discord does not answer.
    """
    token = settings.token.get_secret_value()
    if not token:
        raise PlatformError(f"DISCORD_TOKEN is not set. Copy it from {PORTAL} → Reset Token.")
    if settings.shards > 1 and not settings.guilds:
        raise PlatformError(NO_GUILDS)
    try:
        await client.login(token)
    except discord.LoginFailure as error:
        raise PlatformError(BAD_TOKEN) from error
    except UNREACHABLE as error:
        raise unreachable(error) from error


class Gateway:
    """Opens the connection, and knows why it ended for good."""

    def __init__(self, client: TavernkeepClient, now: Callable[[], datetime], speed: float) -> None:
        """Take a client that has logged in."""
        self._client = client
        self._now = now
        self._speed = speed
        self._connection: asyncio.Task[None] | None = None
        self._closing: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Connect, and return once Discord has let the bot in; raise as `log_in` does."""
        try:
            _, url, limit = await self._client.http.get_bot_gateway()
        except UNREACHABLE as error:
            raise unreachable(error) from error
        point_gateway(url)
        reset = timedelta(milliseconds=limit["reset_after"])
        pause = start_pause(limit["total"], limit["remaining"], reset, self._now())
        if pause:
            log.warning("The bot was started often today: it waits for %d seconds.", pause)
            await asyncio.sleep(pause / self._speed)
        self._connection = asyncio.create_task(self._client.connect())
        let_in = asyncio.create_task(self._client.let_in.wait())
        try:
            waited = (self._connection, let_in, self._client.refused)
            await asyncio.wait(waited, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        finally:
            let_in.cancel()
        if not self._client.let_in.is_set():
            raise self._ended()

    async def ended(self) -> PlatformError:
        """Wait until the connection has ended for good; return the sentence on why."""
        if self._connection is not None:
            waited = (self._connection, self._client.refused)
            await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        return self._ended()

    async def close(self) -> None:
        """Disconnect within some seconds; no task, and no thread, of discord.py is left."""
        if self._connection is not None:
            await end([self._connection])
        if self._client.refused.done():
            self._client.refused.exception()  # it was said
        await settle(handed_on(), GRACE / self._speed)
        self._client.http.request = _closed  # type: ignore[method-assign]  # it knows no other way
        await self._disconnected()
        _stop_heartbeats(self._client)
        counting = self._client._connection._ready_task  # discord.py leaves it behind
        await end([*handed_on(), *([counting] if counting else [])])

    async def _disconnected(self) -> None:
        """Say good-bye; a Discord that does not answer that is left without."""
        if self._closing is None:
            self._closing = asyncio.create_task(self._client.close())
        closing = self._closing  # who waits may be cancelled, and another wait
        await asyncio.wait([closing], timeout=CLOSING / self._speed)
        await end([closing])
        error = None if closing.cancelled() or not closing.done() else closing.exception()
        if error is not None or closing.cancelled():
            log.info("Discord's connection is cut: %s", error or "no good-bye came back")
            await self._client.http.close()

    def _ended(self) -> PlatformError:
        """Return the sentence on a connection that does not stand."""
        refused = self._client.refused
        if refused.done() and isinstance(told := refused.exception(), PlatformError):
            return told
        connection = self._connection
        error = None
        if connection is not None and connection.done() and not connection.cancelled():
            error = connection.exception()
        if isinstance(error, PlatformError):
            return error
        if isinstance(error, discord.PrivilegedIntentsRequired):
            return PlatformError(NO_INTENT)
        if isinstance(error, discord.ConnectionClosed) and error.code in SENTENCES:
            return PlatformError(SENTENCES[error.code])
        told = error.__context__ if isinstance(error, AttributeError) else error  # discord.py's own
        return PlatformAwayError(f"Discord's gateway does not let the bot in: {told or 'silence'}.")


async def _closed(route: object, **given: object) -> NoReturn:  # noqa: ARG001  # as discord.py calls it
    """Fail as a call fails that Discord does not answer: nothing is asked any more."""
    raise aiohttp.ClientConnectionError("the bot is not connected any more")


def _stop_heartbeats(client: discord.Client) -> None:
    """End the threads of connections that were given up before they stood; discord.py forgets them."""
    for one in threading.enumerate():
        if isinstance(one, KeepAliveHandler):
            owner = getattr(one.ws, "_connection", None)
            if owner is client._connection:
                one.stop()
