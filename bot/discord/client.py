"""The client: discord.py as we use it, pointed where the settings say, and quick to give up."""

import asyncio
import logging
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
import discord
from discord.asset import Asset
from discord.gateway import DiscordWebSocket
from discord.http import Route
from yarl import URL

from bot.discord.refusals import Refusals
from core.errors import PlatformAwayError
from core.settings import DiscordSettings

log = logging.getLogger(__name__)
Result = TypeVar("Result")
LONGEST_WAIT = 60.0  # seconds that are waited out; asked for longer, the call fails
PATIENCE = 30.0  # seconds of one call
UNREACHABLE = (
    *(discord.HTTPException, discord.RateLimited, discord.GatewayNotFound, discord.LoginFailure),
    *(aiohttp.ClientError, TimeoutError, OSError),
)
CLOSED = "Session is closed"  # as aiohttp says it, once the connection has ended for good
# What Discord answers when it may well take the same call later; all else it refuses for good.
PASSING = frozenset({401, 408, 429})


class Reopening(asyncio.Event):
    """What discord.py waits for while a global limit holds; opened in time even if it forgets to.

    It forgets where the call that met the limit is cancelled, and then every later call waits for ever.
    """

    def clear(self) -> None:
        """Close it, for as long as is ever waited out."""
        super().clear()
        asyncio.get_running_loop().call_later(LONGEST_WAIT, self.set)


def intents_of(settings: DiscordSettings) -> discord.Intents:
    """Return what the bot asks to be told; only the content of all messages is privileged."""
    return discord.Intents(
        guilds=True,
        guild_messages=True,
        guild_reactions=True,
        dm_messages=True,
        dm_reactions=True,
        message_content=settings.message_content,
    )


def options_of(settings: DiscordSettings, refusals: Refusals, speed: float) -> dict[str, Any]:
    """Return what a client of discord.py is made with; `speed` is that of `DiscordAdapter`."""
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False  # nobody talks here
    logging.getLogger("discord").setLevel(logging.WARNING)  # below, it logs what people write
    return {
        "intents": intents_of(settings),
        "allowed_mentions": discord.AllowedMentions.none(),
        "max_messages": None,
        "max_ratelimit_timeout": LONGEST_WAIT,
        "chunk_guilds_at_startup": False,
        "member_cache_flags": discord.MemberCacheFlags.none(),
        "guild_ready_timeout": 2.0 / speed,
        "http_trace": refusals.trace(),
        "proxy": proxy_of(settings.api_url),
    }


def proxy_of(url: str) -> str | None:
    """Return the proxy that the environment names for an address; discord.py asks for none itself."""
    asked = urlsplit(url)
    if proxy_bypass(asked.hostname or ""):
        return None
    return getproxies().get(asked.scheme)


@contextmanager
def pointed(api_url: str) -> Iterator[None]:
    """Let discord.py ask the API at an address; it keeps that, for the whole process, on its classes."""
    former = Route.BASE, Asset.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    Route.BASE = api_url.rstrip("/")
    asked = urlsplit(api_url)
    if asked.hostname != "discord.com":
        Asset.BASE = f"{asked.scheme}://{asked.netloc}"
    try:
        yield
    finally:
        Route.BASE, Asset.BASE, DiscordWebSocket.DEFAULT_GATEWAY = former


def point_gateway(url: str) -> None:
    """Let discord.py connect to the gateway that Discord named, within `pointed`."""
    DiscordWebSocket.DEFAULT_GATEWAY = URL(url)


def unreachable(error: Exception) -> PlatformAwayError:
    """Return the sentence on a call that Discord refused or did not answer."""
    status = error.status if isinstance(error, discord.HTTPException) else 0
    told = f"{type(error).__name__}: {error}".splitlines()[0]
    refuses = 400 <= status < 500 and status not in PASSING
    return PlatformAwayError(f"Discord does not answer as it should: {told}.", refuses=refuses)


@contextmanager
def away() -> Iterator[None]:
    """Turn into `PlatformAwayError` that Discord refuses a call or does not answer."""
    try:
        yield
    except UNREACHABLE as error:
        raise unreachable(error) from error
    except RuntimeError as error:
        if str(error) != CLOSED:
            raise
        raise PlatformAwayError("The bot is not connected to Discord.") from error


async def within(seconds: float, call: Coroutine[Any, Any, Result]) -> Result:
    """Return what a call returns; raise `TimeoutError` where it takes longer, and let it end by itself.

    A call that is cancelled while a limit holds keeps that limit closed for all others, for a while.
    """
    task = asyncio.ensure_future(call)
    task.add_done_callback(_heard)
    try:
        done, _ = await asyncio.wait([task], timeout=seconds)
    except asyncio.CancelledError:
        task.cancel()  # whoever stops leaves nothing behind
        await asyncio.gather(task, return_exceptions=True)
        raise
    if not done:
        raise TimeoutError(f"no answer within {seconds:g} seconds")
    return task.result()


def _heard(task: asyncio.Future[Any]) -> None:
    """Take notice of how a call ended that nobody waits for any more."""
    if not task.cancelled() and task.exception() is not None:
        log.debug("A call ended late: %s", task.exception())
