"""discord.py asks where the settings say, waits within reason, and stops before it is banned."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import suppress

import discord as library
import pytest
from discord.asset import Asset
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.discord import client as module
from bot.discord.client import away, point_gateway, pointed, proxy_of, unreachable, within
from bot.discord.gateway import TavernkeepClient, client_of, log_in
from bot.discord.identifying import Identifying
from bot.discord.refusals import Refusals
from core.errors import PlatformAwayError
from tests.bot.discord.conftest import discord_settings
from tests.servers.discord import LoopbackDiscord


@pytest.fixture
def refusals() -> Refusals:
    """Return what counts refused requests, three at most."""
    return Refusals(lambda: 0.0, most=3)


@pytest.fixture
async def client(discord: LoopbackDiscord, refusals: Refusals) -> AsyncIterator[TavernkeepClient]:
    """Return a client that has logged in and is not connected."""
    settings = discord_settings(discord)
    with pointed(settings.api_url):
        made = client_of(settings, refusals, Identifying(lambda: 0.0))
        await log_in(made, settings)
        yield made
        await made.close()


def test_addresses_are_put_back() -> None:
    """What discord.py keeps for the whole process is as before, whatever happened meanwhile."""
    before = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    with suppress(KeyError), pointed("http://127.0.0.1:1/api/v10/"):
        module.point_gateway("ws://127.0.0.1:1/")
        assert Route("GET", "/x").url == "http://127.0.0.1:1/api/v10/x"
        raise KeyError
    assert before == (Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY)


async def test_a_limit_is_waited_out(discord: LoopbackDiscord, client: TavernkeepClient) -> None:
    """As long as Discord asks, and the call is made then."""
    discord.faults.next("429", "GET /users/{user}", seconds=0.05)
    assert (await client.fetch_user(client.user.id)).id == discord.world.bot.id  # type: ignore[union-attr]


async def test_a_long_limit_is_not(discord: LoopbackDiscord, client: TavernkeepClient) -> None:
    """Asked to wait for an hour, the call fails, and may be made later."""
    discord.faults.next("429", "GET /users/{user}", seconds=3600)
    with pytest.raises(PlatformAwayError) as raised, away():
        await client.fetch_user(1)
    assert not raised.value.refuses


async def test_what_is_refused_is_refused_for_good(
    discord: LoopbackDiscord, client: TavernkeepClient
) -> None:
    """Asked again, Discord would refuse it again."""
    discord.faults.next("403 50001", "GET /users/{user}")
    with pytest.raises(PlatformAwayError) as raised, away():
        await client.fetch_user(1)
    assert raised.value.refuses


async def test_so_many_refusals_are_the_end_for_a_while(
    discord: LoopbackDiscord, client: TavernkeepClient, refusals: Refusals
) -> None:
    """Discord bans an address after ten thousand; the bot asks nothing more long before."""
    discord.faults.always("403 50001", "GET /users/{user}")
    for _ in range(3):
        with pytest.raises(library.Forbidden):
            await client.fetch_user(1)
    asked = len(discord.rest.calls)
    with pytest.raises(PlatformAwayError, match="too much was refused"), away():
        await client.fetch_user(1)
    assert (len(discord.rest.calls), refusals.count) == (asked, 3)


async def test_refusals_are_forgotten(discord: LoopbackDiscord) -> None:
    """Discord counts those of ten minutes."""
    now = 0.0
    refusals = Refusals(lambda: now)
    settings = discord_settings(discord, token="nope")
    with pointed(settings.api_url):
        made = client_of(settings, refusals, Identifying(lambda: 0.0))
        with pytest.raises(library.LoginFailure):
            await made.login("nope")
        await made.close()
    assert refusals.count == 1
    now = 601.0
    assert refusals.count == 0


async def test_a_call_that_hangs_is_left_alone(
    discord: LoopbackDiscord, client: TavernkeepClient, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody waits longer, and it ends by itself: one that is cancelled could block all others."""
    discord.faults.next("slow", "GET /users/{user}", seconds=0.2)
    discord.faults.next("403 50001", "GET /users/{user}")
    with pytest.raises(TimeoutError, match="within"):
        await within(0.05, client.fetch_user(1))
    with caplog.at_level(logging.DEBUG, logger="bot.discord.client"):
        with pytest.raises(TimeoutError):
            await within(0.0, client.fetch_user(1))
        await discord.until(lambda: "ended late" in caplog.text)


async def test_a_global_limit_opens_again(
    discord: LoopbackDiscord, client: TavernkeepClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even if the call that met it was cancelled; discord.py itself would wait for ever."""
    monkeypatch.setattr(module, "LONGEST_WAIT", 0.2)
    discord.faults.next("429 global", "GET /users/{user}", seconds=20)
    key = discord.world.bot.id
    calling = asyncio.create_task(client.fetch_user(key))
    await discord.until(lambda: discord.faults.taken)
    await asyncio.sleep(0.05)
    calling.cancel()
    async with asyncio.timeout(5):
        assert (await client.fetch_guild(discord.guild.id)).name == "Tavern"


def test_a_connection_that_has_ended() -> None:
    """What aiohttp says of it is the platform's being away; another mistake stays one."""
    with pytest.raises(PlatformAwayError, match="not connected"), away():
        raise RuntimeError("Session is closed")
    with pytest.raises(RuntimeError, match="something else"), away():
        raise RuntimeError("something else")
    assert "TimeoutError" in str(unreachable(TimeoutError("slow")))


def test_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment's holds for Discord, unless it says that the address needs none."""
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:3128")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert proxy_of("https://discord.com/api/v10") == "http://proxy:3128"
    assert proxy_of("https://127.0.0.1/api/v10") is None


def test_everything_is_asked_where_the_settings_say() -> None:
    """Calls, pictures and the gateway that Discord names; afterwards it is as it was."""
    former = Route.BASE, Asset.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    with pointed("https://proxy.example/discord/api/v10/"):
        point_gateway("wss://gateway.example/")
        assert Route.BASE == "https://proxy.example/discord/api/v10"
        assert Asset.BASE == "https://proxy.example"
        assert str(DiscordWebSocket.DEFAULT_GATEWAY) == "wss://gateway.example/"
    assert former == (Route.BASE, Asset.BASE, DiscordWebSocket.DEFAULT_GATEWAY)
