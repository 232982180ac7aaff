"""Sweep: what happened to the bot's answers while it was away, read back from Discord.

Discord sends an event once, and keeps those of a broken connection for a few minutes. So emoji on
the answers of the last days, edits and deletions of what they answer, and what was said to the bot
since, are read back after every start, after every connection that began anew, and every hour; what was missed has its effect then, once.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

import discord

from bot.discord.history import MESSAGES, message_at, messages_after, standing_on
from bot.discord.identity import Channel, Identities
from bot.discord.recent import Recent
from bot.discord.translation import (
    PLATFORM,
    Own,
    author_replied_to,
    deleted_of,
    edited_of,
    is_spoken,
    mentions,
    place_of,
)
from core.assistant import Assistant
from core.errors import LedgerError, PlatformAwayError
from core.sweeping import Post

log = logging.getLogger(__name__)
SINCE = timedelta(days=7)
EVERY = 3600.0  # seconds
UNHEARD = timedelta(days=1)  # read back where the bot has not answered for long
MARGIN = timedelta(minutes=10)  # in which something may have been heard and not been stored
PACE = 1.0  # seconds between two looks: Discord allows fifty calls a second, answers come first


class Sweep:
    """Reads back what was missed. Each run does the same as if nothing had been missed: nothing."""

    def __init__(
        self,
        *,
        assistant: Assistant,
        own: Own,
        identities: Identities,
        recent: Recent,
        written: Callable[[discord.Message], Awaitable[None]],
        guilds: Callable[[], Sequence[discord.Guild]],
        now: Callable[[], datetime],
        pace: float = PACE,
    ) -> None:
        """Take where to read and who takes what was missed; `pace` is seconds between two looks."""
        self._assistant = assistant
        self._own = own
        self._identities = identities
        self._recent = recent
        self._written = written
        self._guilds = guilds
        self._since = now()
        self._now = now
        self._pace = pace

    async def begin(self) -> None:
        """Note since when something may have been missed: the bot was there when it last answered."""
        now = self._now()
        try:
            posts = await self._assistant.posts_since(PLATFORM, now - SINCE)
        except LedgerError as error:
            log.warning("What was said while the bot was away is not read: %s", error)
            posts = []
        last = posts[-1].at if posts else now - UNHEARD
        self._since = min(now, last) - MARGIN

    async def keep_up(self, begun: asyncio.Event) -> None:
        """Run every hour, and whenever the connection has `begun` anew, until cancelled."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(EVERY):
                    await begun.wait()
            begun.clear()
            try:
                await self.run()
            except LedgerError as error:
                log.warning("What was missed in Discord is read again in an hour: %s", error)

    async def run(self) -> None:
        """Read everything back once; a channel that cannot be read now is left to the next run."""
        answers = await self._assistant.posts_since(PLATFORM, self._now() - SINCE)
        posts = _by_channel(answers)
        known = {one.id: one for guild in self._guilds() for one in _read_in(guild, self._own.user)}
        for key, channel in known.items():
            if (channel.last_message_id or 0) > self._heard_up_to(key):
                await self._left_for_later(key, self._said(channel))
            else:
                self._recent.caught_up(key, self._recent.begun)
        for key, there in posts.items():
            await self._left_for_later(key, self._look(key, there, said=key not in known))
        for key, messages in (await self._asked(answers)).items():
            await self._left_for_later(key, self._questions(key, messages))

    async def _left_for_later(self, channel: int, look: Awaitable[None]) -> None:
        try:
            await look
        except PlatformAwayError as error:
            log.info("The channel %d is read again in an hour: %s", channel, error)
        await asyncio.sleep(self._pace)

    async def _look(self, key: int, posts: list[Post], *, said: bool) -> None:
        """Look at the answers in a channel, and at what was `said` there where Discord tells of it no more."""
        channel = await self._identities.channel(key)
        for post in posts:
            await self._emoji(channel, post)
            await asyncio.sleep(self._pace)
        if said:
            await self._said(channel)

    async def _said(self, channel: Channel) -> None:
        """Hear what was said to the bot in a channel since it was last heard, to its end."""
        begun = self._recent.begun
        last = self._heard_up_to(channel.id)
        while found := await messages_after(channel, last):
            for message in found:
                await self._heard(message)
            last = found[-1].id
            if len(found) < MESSAGES:
                break
            await asyncio.sleep(self._pace)
        self._recent.caught_up(channel.id, begun)

    async def _heard(self, message: discord.Message) -> None:
        self._recent.note(message)
        if is_spoken(message, self._own) and self._is_meant(message):
            await self._written(message)
        self._recent.read(message)

    def _heard_up_to(self, channel: int) -> int:
        since = discord.utils.time_snowflake(self._since)
        return max(since, self._recent.heard_up_to(channel))

    async def _emoji(self, channel: Channel, post: Post) -> None:
        """Compare the emoji on an answer with those that are known of."""
        at = self._now()
        message = await message_at(channel, _number(post))
        if message is not None:
            standing = await standing_on(message, post.ref, self._identities, at)
            await self._assistant.sweep(post.ref, standing, at)

    async def _asked(self, posts: Iterable[Post]) -> dict[int, set[int]]:
        """Return the messages that answers answer, by the channel that Discord knows them by."""
        found: dict[int, set[int]] = {}
        for post in posts:
            asked = await self._assistant.asked(post.answer_id)
            if asked is not None and asked.ref.platform == PLATFORM:
                channel, message = place_of(asked.ref)
                if message is not None:
                    found.setdefault(channel, set()).add(message)
        return found

    async def _questions(self, key: int, messages: set[int]) -> None:
        """See whether questions were edited or deleted, as if Discord told of it just now."""
        channel = await self._identities.channel(key)
        if not isinstance(channel, discord.abc.Messageable):
            return
        place = self._identities.place_of(channel)
        for number in sorted(messages):
            at, message = self._now(), await message_at(channel, number)
            told = (
                deleted_of(place, number, at)
                if message is None
                else edited_of(message, place, self._own)
            )
            if told is not None:
                await self._assistant.receive(told)
            await asyncio.sleep(self._pace)

    def _is_meant(self, message: discord.Message) -> bool:
        """Say whether a message may be for the bot: it is in no big channel's everyday talk."""
        apart = isinstance(message.channel, discord.Thread | discord.DMChannel)
        replied = author_replied_to(message)
        return apart or mentions(message, self._own) or replied == self._own.user


def _by_channel(posts: Iterable[Post]) -> dict[int, list[Post]]:
    """Return the answers by the channel that Discord knows them by, without what is no message."""
    found: dict[int, list[Post]] = {}
    for post in posts:
        channel, message = place_of(post.ref)
        if message is not None:
            found.setdefault(channel, []).append(post)
    return found


def _read_in(guild: discord.Guild, user: int) -> list[discord.TextChannel | discord.Thread]:
    """Return the channels and threads of a server that the bot may read."""
    own = guild.get_member(user)  # discord.py keeps no other member
    if guild.unavailable or own is None:
        return []
    found: list[discord.TextChannel | discord.Thread] = [*guild.text_channels, *guild.threads]
    return [one for one in found if one.permissions_for(own).read_message_history]


def _number(post: Post) -> int:
    return place_of(post.ref)[1] or 0
