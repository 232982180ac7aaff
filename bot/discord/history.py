"""History: messages and emoji read back from Discord."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import TypeVar

import discord

from bot.discord.client import away, within
from bot.discord.identity import Channel, Identities
from bot.discord.translation import emoji_of, standing_of
from core.messages import MessageRef, Reaction

Found = TypeVar("Found")
PATIENCE = 10.0  # seconds of one call
PEOPLE = 2000  # of one emoji on one message that are read
MESSAGES = 100  # of one channel that are read at a time


async def message_at(channel: Channel, key: int) -> discord.Message | None:
    """Return a message; None where it is gone.

    Raises `PlatformAwayError` where nobody tells, which `refuses` where the bot may not read there.
    """
    if not isinstance(channel, discord.abc.Messageable):
        return None
    with away():
        try:
            return await within(PATIENCE, channel.fetch_message(key))
        except discord.NotFound:
            return None


async def messages_after(channel: Channel, key: int) -> list[discord.Message]:
    """Return the next messages of a channel after one of them, oldest first; raise as `message_at`.

    They are at most `MESSAGES`; fewer mean that there were no more.
    """
    if not isinstance(channel, discord.abc.Messageable):
        return []
    found = channel.history(limit=MESSAGES, after=discord.Object(key), oldest_first=True)
    with away():
        try:
            return await within(PATIENCE, _all(found))
        except discord.NotFound:
            return []


async def standing_on(
    message: discord.Message, ref: MessageRef, identities: Identities, at: datetime
) -> list[Reaction]:
    """Return people's emoji that stand on a message at a time; raise as `message_at`."""
    found: list[Reaction] = []
    for told in message.reactions:
        with away():
            try:
                users = await within(PATIENCE * 3, _all(told.users(limit=PEOPLE)))
            except discord.NotFound:
                continue  # the last of them was taken off meanwhile
        people = [identities.met(user) for user in users]
        found += [standing_of(ref, emoji_of(told.emoji), one, at) for one in people]
    return found


async def _all(found: AsyncIterator[Found]) -> list[Found]:
    return [one async for one in found]
