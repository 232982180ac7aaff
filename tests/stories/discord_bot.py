"""The whole bot in a Discord on loopback: opened, stopped and opened again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from bot.app import App, open_app, utc_now
from bot.discord.adapter import DiscordAdapter
from bot.platforms import platforms
from bot.service import scheduled
from core.interfaces import Embedder
from core.scheduler import silent
from core.settings import Settings
from tests.servers.claude import LoopbackClaude
from tests.servers.discord import LoopbackDiscord
from tests.servers.discord_post import Channel, Post

PATIENCE = 30.0


class DiscordBot:
    """The bot as the service opens it, in one Discord."""

    def __init__(
        self,
        discord: LoopbackDiscord,
        settings: Settings,
        embedder: Embedder,
        speed: float | None = None,
    ) -> None:
        """Take where it works, and how many times quicker than usual; nothing is open yet."""
        self._speed = speed
        self.discord = discord
        self._settings = settings
        self._embedder = embedder
        self._app: App | None = None

    @property
    def app(self) -> App:
        """The opened bot."""
        assert self._app is not None, "the bot is not open"
        return self._app

    def with_claude(self, claude: LoopbackClaude) -> "DiscordBot":
        """Return the same bot, which Claude answers for."""
        section = type(self._settings.anthropic)
        given = section.model_validate({"api_key": "sk-secret", "base_url": claude.url})
        settings = self._settings.model_copy(update={"anthropic": given})
        return DiscordBot(self.discord, settings, self._embedder, self._speed)

    def quickened(self, speed: float) -> "DiscordBot":
        """Return the same bot, which waits so many times shorter wherever it is patient."""
        return DiscordBot(self.discord, self._settings, self._embedder, speed)

    def with_section(self, name: str, **given: Any) -> "DiscordBot":
        """Return the same bot with other settings in one section."""
        section = getattr(self._settings, name)
        settings = self._settings.model_copy(update={name: section.model_copy(update=given)})
        return DiscordBot(self.discord, settings, self._embedder, self._speed)

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[App]:
        """Open the bot, let it read its documents, and connect it; closed, it leaves Discord."""
        said: list[str] = []
        async with (
            open_app(self._settings, embedder=self._embedder) as app,
            scheduled(app) as first,
        ):
            await first
            async with self._served(app, said):
                self._app = app
                told = await self.discord.until(
                    lambda: [one for one in said if "Discord" in one], PATIENCE
                )
                assert told == ["Discord is connected."], said
                await self.discord.settled()
                yield app
                self._app = None

    @asynccontextmanager
    async def _served(self, app: App, said: list[str]) -> AsyncIterator[None]:
        """Connect as the service does, or quicker."""
        if self._speed is None:
            async with platforms(app, said.append):
                yield
            return
        adapter = DiscordAdapter(self._settings, app.assistant, utc_now, self._speed)
        await adapter.start()
        said.append("Discord is connected.")
        try:
            yield
        finally:
            await app.assistant.stop()
            await adapter.stop()

    async def run(self, job: str) -> None:
        """Run a job, after all that was said had its effect."""
        await self.settled()
        await self.app.assistant.run_job(job, silent)

    async def settled(self) -> None:
        """Wait until the bot has read all that it was told, and is through with it."""
        await self.discord.settled()
        await self.app.assistant.drain()

    async def answer(self, asked: Post, number: int = 1) -> Post:
        """Return the first, or another, finished answer to a message."""
        return await self.discord.answer(asked, number, PATIENCE)

    def said(self, channel: Channel) -> list[Post]:
        """Return all that the bot said in a channel and that stands, oldest first."""
        return self.discord.said_by_bot(channel)
