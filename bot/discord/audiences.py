"""Audiences: who reads each channel, compared with how it was last stored."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

import discord

from bot.discord.identity import Identities
from core.assistant import Assistant
from core.messages import Conversation, Reopened


class Audiences:
    """Stores that a channel was opened or closed, or is called otherwise.

    What happened while the bot was away is not told. So what is closed when it is first looked at
    is stored as closed, whatever it was before.
    """

    def __init__(self, assistant: Assistant, identities: Identities) -> None:
        """Begin with nothing known."""
        self._assistant = assistant
        self._identities = identities
        self._told: dict[discord.Guild, dict[str, Conversation]] = {}

    @property
    def guilds(self) -> list[discord.Guild]:
        """The servers that were looked at."""
        return list(self._told)

    async def look(self, guild: discord.Guild, at: datetime) -> None:
        """Store what changed in a server since it was last looked at.

        Raises `LedgerError` where it cannot be stored; then the next look finds it again.
        """
        if guild.unavailable:
            return
        told = self._told.setdefault(guild, {})
        for one in self._identities.conversations(guild):
            if _changed(told.get(one.key), one):
                await self._store(one, at)
            told[one.key] = one

    async def left(self, guild: discord.Guild, at: datetime) -> None:
        """Store that nobody is known to read what stood in a server that the bot is not in any more."""
        for one in _open(self._told.pop(guild, {}).values()):
            await self._store(replace(one, public=False), at)

    async def _store(self, conversation: Conversation, at: datetime) -> None:
        read = "open" if conversation.public else "closed"
        identity = f"looked-at:{conversation.id}:{read}:{at.isoformat()}"
        await self._assistant.receive(Reopened(event_id=identity, conversation=conversation, at=at))


def _changed(before: Conversation | None, now: Conversation) -> bool:
    return before != now if before is not None else not now.public


def _open(conversations: Iterable[Conversation]) -> list[Conversation]:
    return [one for one in conversations if one.public]
