"""A loopback Discord, a tavern behind it, and the adapter between the two."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, TypeAlias, TypeVar

import pytest

from bot.discord.adapter import DiscordAdapter
from bot.discord.client import pointed
from bot.discord.gateway import Gateway, TavernkeepClient, client_of, log_in
from bot.discord.identifying import Identifying
from bot.discord.refusals import Refusals
from core.embedders.hashing import HashingEmbedder
from core.interfaces import Event
from core.ledger.ledger import Ledger
from core.settings import DiscordSettings, Settings
from tests.doubles import Clock
from tests.servers.discord import LoopbackDiscord
from tests.tavern import Tavern, memory_tavern

SPEED = 50.0  # times quicker than people bear it
Connect: TypeAlias = Callable[..., Awaitable[DiscordAdapter]]
Kind = TypeVar("Kind", bound=Event)


def discord_settings(discord: LoopbackDiscord, **chosen: Any) -> DiscordSettings:
    """Return settings with which the loopback Discord is reached."""
    return DiscordSettings(**{"token": discord.token, "api_url": discord.url} | chosen)


@pytest.fixture
async def discord() -> AsyncIterator[LoopbackDiscord]:
    """Return a running Discord."""
    async with LoopbackDiscord() as running:
        yield running


@pytest.fixture
def clock() -> Clock:
    """Return a clock that stands at the present: Discord's ids are made of its own."""
    return Clock(datetime.now(UTC))


@pytest.fixture
async def tavern(
    settings: Settings, ledger: Ledger, embedder: HashingEmbedder, clock: Clock
) -> AsyncIterator[Tavern]:
    """Return an open tavern that has read two pages."""
    opened = memory_tavern(settings, ledger, embedder, clock)
    await opened.open()
    yield opened
    await opened.assistant.stop()


@pytest.fixture
async def connect(
    discord: LoopbackDiscord, tavern: Tavern, settings: Settings
) -> AsyncIterator[Connect]:
    """Return what starts an adapter, which is stopped after the test."""
    started: list[DiscordAdapter] = []

    async def connected(speed: float = SPEED, **chosen: Any) -> DiscordAdapter:
        given = settings.model_copy(update={"discord": discord_settings(discord, **chosen)})
        adapter = DiscordAdapter(given, tavern.assistant, tavern.clock, speed=speed)
        started.append(adapter)
        await adapter.start()
        return adapter

    yield connected
    for adapter in started:
        await adapter.stop()


@pytest.fixture
async def logged_in(discord: LoopbackDiscord) -> AsyncIterator[TavernkeepClient]:
    """Return a client that has logged in, and is not connected."""
    settings = discord_settings(discord)
    counted = Refusals(time.monotonic), Identifying(time.monotonic, SPEED)
    with pointed(discord.url):
        made = client_of(settings, *counted, SPEED)
        await log_in(made, settings)
        yield made
        await made.close()


@pytest.fixture
async def connected(logged_in: TavernkeepClient) -> AsyncIterator[TavernkeepClient]:
    """Return a client that has been told what there is of the servers."""
    gateway = Gateway(logged_in, lambda: datetime.now(UTC), SPEED)
    await gateway.open()
    await logged_in.settled.wait()
    yield logged_in
    await gateway.close()


def all_heard(tavern: Tavern, kind: type[Kind]) -> list[Kind]:
    """Return every event of a kind that has come so far."""
    return [one for one in tavern.ear.heard if isinstance(one, kind)]


async def heard(
    discord: LoopbackDiscord, tavern: Tavern, kind: type[Kind], number: int = 1
) -> Kind:
    """Return the first, or another, event of a kind once it has come."""

    def so_far() -> list[Kind]:
        found = all_heard(tavern, kind)
        return found if len(found) >= number else []

    return (await discord.until(so_far))[number - 1]


async def quiet(discord: LoopbackDiscord, adapter: DiscordAdapter, tavern: Tavern) -> None:
    """Wait until everything that Discord told is stored and has had its effect."""
    await discord.gateway.settled()
    await adapter.drain()
    await tavern.assistant.drain()
