"""Identities: who people are, what conversations are and who reads them, as Discord tells it."""

import logging
from collections.abc import Callable, Collection
from datetime import datetime
from typing import TypeAlias

import discord
from discord.abc import GuildChannel

from bot.discord.client import UNREACHABLE, away, within
from bot.discord.translation import PLATFORM, Place, person_of
from bot.remembered import Remembered
from core.errors import PlatformAwayError
from core.messages import Conversation, Person

log = logging.getLogger(__name__)
Channel: TypeAlias = GuildChannel | discord.Thread | discord.abc.PrivateChannel
PATIENCE = 5.0  # seconds for what is looked up while an event waits
NOT_TOLD = "Discord does not tell just now who reads the conversation {key}."


class Identities:
    """Looks people and conversations up; what Discord sent already is asked of nobody.

    A conversation is public where everybody in its server may read it, and the server is the only
    one that the bot is in, or one of those named: "everyone" is one circle of people.
    """

    def __init__(
        self, client: discord.Client, now: Callable[[], datetime], guilds: Collection[str] = ()
    ) -> None:
        """Take whom to ask, and the servers whose public channels everyone may read."""
        self._client = client
        self._guilds = frozenset(guilds)
        self._people = Remembered(self._ask_person, now, UNREACHABLE)

    async def close(self) -> None:
        """Ask no more."""
        await self._people.close()

    # -- people --------------------------------------------------------------------------------

    def met(self, user: discord.abc.User) -> Person:
        """Return somebody whom an event shows, and remember them."""
        person = person_of(user)
        self._people.put(person.key, person)
        return person

    async def person(self, key: str) -> Person:
        """Return somebody by the key of a user; whom nobody tells of is known by the key alone."""
        found = await self._people.get(key)
        return found or Person(platform=PLATFORM, key=key, name=key)

    async def _ask_person(self, key: str) -> Person | None:
        return person_of(await self._client.fetch_user(int(key)))

    # -- conversations -------------------------------------------------------------------------

    async def place(self, channel: int, *, direct: bool) -> Place:
        """Return where the messages of a channel stand; one of no server is a `direct` conversation.

        Nothing is guessed, for what is learned where not everyone reads stays there: raises
        `PlatformAwayError` where nobody tells.
        """
        if direct:
            return direct_place(channel)
        return self.place_of(await self.channel(channel))

    async def channel(self, key: int) -> Channel:
        """Return a channel by its id, asked for where it was not sent; raise `PlatformAwayError`."""
        known = self._client.get_channel(key)
        if known is not None and not (isinstance(known, discord.Thread) and known.parent is None):
            return known
        with away():
            return await within(PATIENCE, self._client.fetch_channel(key))

    def place_of(self, channel: object) -> Place:
        """Return where the messages of a channel stand; raise `PlatformAwayError` where it is untold."""
        if isinstance(channel, discord.Thread):
            return self._place_in(channel)
        if isinstance(channel, GuildChannel):
            return Place(conversation=self._of_guild(channel))
        if isinstance(channel, discord.DMChannel):
            return direct_place(channel.id)
        raise PlatformAwayError(NOT_TOLD.format(key=getattr(channel, "id", "?")))

    def _place_in(self, thread: discord.Thread) -> Place:
        if thread.is_private():
            closed = Conversation(
                platform=PLATFORM, key=str(thread.id), name=thread.name, public=False
            )
            return Place(conversation=closed, thread=thread.id)
        if thread.parent is None:
            raise PlatformAwayError(NOT_TOLD.format(key=thread.id))
        post = isinstance(thread.parent, discord.ForumChannel)
        return Place(conversation=self._of_guild(thread.parent), thread=thread.id, post=post)

    def _of_guild(self, channel: GuildChannel) -> Conversation:
        return Conversation(
            platform=PLATFORM,
            key=str(channel.id),
            name=channel.name,
            public=self._is_shared(channel.guild) and is_open(channel),
        )

    def _is_shared(self, guild: discord.Guild) -> bool:
        """Say whether the people of a server are those who are meant by "everyone"."""
        return str(guild.id) in self._guilds if self._guilds else len(self._client.guilds) == 1

    async def conversation(self, key: str) -> Conversation:
        """Return a conversation by its key; raise `PlatformAwayError` where nobody tells of it."""
        return self.place_of(await self.channel(int(key))).conversation

    def conversations(self, guild: discord.Guild) -> list[Conversation]:
        """Return what stands in a server as far as it was sent: where people write."""
        channels = [one for one in guild.channels if not isinstance(one, discord.CategoryChannel)]
        return [self._of_guild(one) for one in channels]

    async def reads(self, key: str, person: str) -> bool:
        """Say whether somebody reads a conversation just now: it is asked, and not remembered.

        Raises `PlatformAwayError` where Discord does not tell.
        """
        channel = await self.channel(int(key))
        if isinstance(channel, discord.DMChannel):
            return channel.recipient is not None and str(channel.recipient.id) == person
        if not isinstance(channel, GuildChannel | discord.Thread):
            return False
        if isinstance(channel, discord.Thread) and channel.parent is None:
            raise PlatformAwayError(NOT_TOLD.format(key=key))
        member = await self._member(channel.guild, int(person))
        if member is None:
            return False
        if isinstance(channel, discord.Thread) and channel.is_private():
            return await self._is_in(channel, member)
        allowed = channel.permissions_for(member)
        return allowed.view_channel and allowed.read_message_history

    async def writes(self, channel: int, person: str) -> bool:
        """Say whether somebody reads a channel and may write there just now; raise as `reads`."""
        if not await self.reads(str(channel), person):
            return False
        found = await self.channel(channel)
        if not isinstance(found, GuildChannel | discord.Thread):
            return True  # they are in a direct conversation
        member = await self._member(found.guild, int(person))
        allowed = found.permissions_for(member) if member else discord.Permissions.none()
        inside = isinstance(found, discord.Thread)
        return allowed.send_messages_in_threads if inside else allowed.send_messages

    async def is_gone(self, channel: int) -> bool:
        """Say whether there is a channel or thread no more; one that is closed to the bot may be."""
        if self._client.get_channel(channel) is not None:
            return False
        with away():
            try:
                await within(PATIENCE, self._client.fetch_channel(channel))
            except discord.NotFound:
                return True
            except discord.Forbidden:
                return False
        return False

    async def _member(self, guild: discord.Guild, key: int) -> discord.Member | None:
        with away():
            try:
                return await within(PATIENCE, guild.fetch_member(key))
            except discord.NotFound:
                return None

    async def _is_in(self, thread: discord.Thread, member: discord.Member) -> bool:
        """Say whether somebody is in a private thread, or may look into all of them."""
        if thread.permissions_for(member).manage_threads:
            return True
        with away():
            try:
                await within(PATIENCE, thread.fetch_member(member.id))
            except discord.NotFound:
                return False
        return True


def direct_place(channel: int) -> Place:
    """Return the place of a conversation with the bot alone."""
    return Place(
        conversation=Conversation(platform=PLATFORM, key=str(channel), direct=True, public=False)
    )


def is_open(channel: GuildChannel) -> bool:
    """Say whether everybody in a server reads a channel; raise `PlatformAwayError` where untold."""
    everybody = channel.guild.get_role(channel.guild.id)  # the role has the server's id
    if channel.guild.unavailable or everybody is None:
        raise PlatformAwayError(NOT_TOLD.format(key=channel.id))
    allowed = channel.permissions_for(everybody)
    voiced = not isinstance(channel, discord.VoiceChannel | discord.StageChannel) or allowed.connect
    return allowed.view_channel and allowed.read_message_history and voiced
