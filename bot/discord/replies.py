"""Replies: makes the reply to each message, and ends in order what is left open."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

import discord

from bot.discord.identity import Identities
from bot.discord.interactions import Interactions
from bot.discord.pace import Pace
from bot.discord.reply import DiscordReply
from core.messages import Message
from core.settings import DiscordSettings


class Replies:
    """All replies of a process: they share how often Discord is asked to show something."""

    def __init__(
        self,
        client: discord.Client,
        *,
        settings: DiscordSettings,
        identities: Identities,
        interactions: Interactions,
        now: Callable[[], datetime],
        links: Sequence[str] = (),
        pace: Pace | None = None,
    ) -> None:
        """Begin: what was written before now may have been answered in part by another process."""
        self._client = client
        self._settings = settings
        self._identities = identities
        self._interactions = interactions
        self._now = now
        self._links = links
        self._pace = pace or Pace()
        self._opened = now()

    def reply_to(self, message: Message) -> DiscordReply:
        """Return where a message's answer will stand."""
        return DiscordReply(
            self._client,
            message,
            settings=self._settings,
            identities=self._identities,
            interactions=self._interactions,
            now=self._now,
            pace=self._pace,
            links=self._links,
            opened=self._opened,
        )

    async def close(self) -> None:
        """Show no more of what still grows; whoever answers later goes on in it."""
        await asyncio.gather(*(message.close() for message in self._pace.growing))
