"""The connection ends when it is closed, whatever it was at, and leaves nothing behind."""

import asyncio
import threading
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from bot.discord.ending import handed_on
from bot.discord.gateway import Gateway, TavernkeepClient
from core.errors import PlatformAwayError
from tests.bot.discord.conftest import SPEED
from tests.servers.discord import LoopbackDiscord


@pytest.fixture
def gateway(logged_in: TavernkeepClient) -> Gateway:
    """Return its connection, which is not open yet."""
    return Gateway(logged_in, lambda: datetime.now(UTC), SPEED)


def heartbeats() -> list[threading.Thread]:
    """Return the threads that keep connections alive."""
    return [one for one in threading.enumerate() if one.name.startswith("keep-alive")]


@pytest.mark.parametrize("steps", range(8))
async def test_closed_while_it_introduces_itself(
    discord: LoopbackDiscord, logged_in: TavernkeepClient, gateway: Gateway, steps: int
) -> None:
    """At whatever step of that: a cancellation may get lost in discord.py, and is repeated."""
    before = asyncio.all_tasks()
    closing: list[asyncio.Task[None]] = []

    async def closes() -> None:
        for _ in range(steps):
            await asyncio.sleep(0)
        await gateway.close()

    logged_in.begins_anew.append(lambda: closing.append(asyncio.create_task(closes())))
    with suppress(PlatformAwayError):
        await gateway.open()
    await asyncio.wait_for(closing[0], 5.0)
    assert not [one for one in asyncio.all_tasks() - before if "discord/" in repr(one)]
    await discord.until(lambda: not heartbeats())


async def test_what_was_begun_ends(
    discord: LoopbackDiscord, logged_in: TavernkeepClient, gateway: Gateway
) -> None:
    """What discord.py has begun to hand on may end by itself for a moment; then it is ended."""
    begun: list[str] = []

    async def on_message(message: object) -> None:  # as discord.py calls it
        begun.append("begun")
        try:
            await asyncio.Event().wait()
        finally:
            begun.append("ended")

    logged_in.event(on_message)
    await gateway.open()
    general, ana = discord.channel("general"), discord.person("Ana")
    await ana.says(general, "one")
    await discord.until(lambda: begun)
    await ana.says(general, "two")
    await asyncio.gather(gateway.close(), gateway.close())
    assert begun.count("begun") == begun.count("ended") > 0
    assert not handed_on()


async def test_what_is_told_while_it_closes_is_heard_by_nobody(
    logged_in: TavernkeepClient, gateway: Gateway
) -> None:
    """discord.py would begin a task for it in a loop that it has forgotten."""
    await gateway.open()
    await gateway.close()
    logged_in.dispatch("connect")
    assert not handed_on()
