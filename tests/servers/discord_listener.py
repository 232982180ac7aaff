"""A client of the real discord.py that is connected to a loopback Discord, and notes all that it hears."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import discord
from discord import app_commands

from bot.discord.client import point_gateway, pointed
from tests.servers.discord import LoopbackDiscord

INTENTS = discord.Intents(
    guilds=True, guild_messages=True, guild_reactions=True, dm_messages=True, dm_reactions=True
)


class Listener(discord.Client):
    """Notes events by name, and messages as they were read."""

    def __init__(self, intents: discord.Intents = INTENTS, **options: Any) -> None:
        """Take what it asks to be told."""
        discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False  # nobody talks here
        super().__init__(intents=intents, max_messages=None, max_ratelimit_timeout=60.0, **options)
        self.tree = app_commands.CommandTree(self)
        self.heard: list[str] = []
        self.messages: list[discord.Message] = []
        self.raw: list[Any] = []
        self.ended: BaseException | None = None

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Introduce itself without the usual five seconds before."""

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        """Note an event on its way to whom it is for."""
        self.heard.append(event)
        if event == "message":
            self.messages.append(args[0])
        if event.startswith("raw_"):
            self.raw.append(args[0])
        super().dispatch(event, *args, **kwargs)

    @property
    def said(self) -> list[str]:
        """What people wrote, as far as it was told."""
        return [one.content for one in self.messages if one.author != self.user]


@asynccontextmanager
async def listening(
    server: LoopbackDiscord, client: Listener | None = None
) -> AsyncIterator[Listener]:
    """Connect a client, and return it once it has read what there is."""
    made = client or Listener()
    with pointed(server.url):
        point_gateway(f"{server.gateway.base}/gateway/")
        await made.login(server.token)
        running = asyncio.create_task(_run(made))
        try:
            await server.until(lambda: server.gateway.connected or running.done())
            await server.settled()
            yield made
        finally:
            await made.close()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def _run(client: Listener) -> None:
    """Run a client until it ends, and note why."""
    try:
        await client.connect()
    except (discord.DiscordException, AttributeError) as error:
        client.ended = error
