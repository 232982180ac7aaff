"""Intake: everything that Discord tells, on its way into the ledger in the order in which it came.

discord.py calls each method as the event comes. What of an event matters, its time above all, is
noted at once; what must be looked up is looked up in the channel's turn.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial

import discord

from bot.discord.audiences import Audiences
from bot.discord.deliveries import Deliveries
from bot.discord.identity import Identities
from bot.discord.marks import Marks
from bot.discord.recent import Recent
from bot.discord.translation import (
    PLATFORM,
    Own,
    Place,
    deleted_of,
    edited_of,
    is_spoken,
    message_of,
)
from bot.emptying import empty
from core.assistant import Assistant
from core.messages import Conversation


class Intake:
    """Translates what Discord tells and has it stored."""

    def __init__(
        self,
        *,
        assistant: Assistant,
        own: Own,
        identities: Identities,
        recent: Recent,
        marks: Marks,
        audiences: Audiences,
        deliveries: Deliveries,
        now: Callable[[], datetime],
    ) -> None:
        """Take whom to hand the events to, and what translating them needs."""
        self._assistant = assistant
        self._own = own
        self._identities = identities
        self._recent = recent
        self._marks = marks
        self._audiences = audiences
        self._deliveries = deliveries
        self._now = now

    def listen(self, client: discord.Client) -> None:
        """Be called for every event of a client that matters here."""
        for heard in (
            *(self.on_message, self.on_raw_message_edit),
            *(self.on_raw_message_delete, self.on_raw_bulk_message_delete),
            self.on_raw_thread_delete,
            *(self.on_raw_reaction_add, self.on_raw_reaction_remove),
            *(self.on_raw_reaction_clear, self.on_raw_reaction_clear_emoji),
            *(self.on_guild_available, self.on_guild_join, self.on_guild_remove),
            *(self.on_guild_channel_create, self.on_guild_channel_update),
            *(self.on_guild_channel_delete, self.on_guild_role_update),
        ):
            client.event(heard)

    # -- messages ------------------------------------------------------------------------------

    async def on_message(self, message: discord.Message) -> None:
        """Take a message that somebody wrote; the bot's own are remembered as its own."""
        self._recent.note(message)
        self._recent.saw(message)
        if is_spoken(message, self._own):
            lost = partial(self._recent.lost, message)
            self._deliveries.take(message.channel.id, partial(self.written, message), lost)

    async def written(self, message: discord.Message) -> None:
        """Store a message; raise `LedgerError` or `PlatformAwayError` where that cannot be."""
        direct = isinstance(message.channel, discord.DMChannel)
        place = await self._identities.place(message.channel.id, direct=direct)
        self._identities.met(message.author)
        thread = await self._recent.beginning(message, place)
        heard = message_of(message, place, thread, self._own)
        if heard is not None:
            await self._assistant.receive(heard)

    async def on_raw_message_edit(self, told: discord.RawMessageUpdateEvent) -> None:
        """Take a message's new text."""
        if is_spoken(told.message, self._own):
            self._deliveries.take(told.channel_id, partial(self._edited, told))

    async def _edited(self, told: discord.RawMessageUpdateEvent) -> None:
        place = await self._identities.place(told.channel_id, direct=told.guild_id is None)
        edited = edited_of(told.message, place, self._own)
        if edited is not None:
            await self._assistant.receive(edited)

    async def on_raw_message_delete(self, told: discord.RawMessageDeleteEvent) -> None:
        """Take that a message is gone."""
        self._gone(told.channel_id, told.guild_id, [told.message_id])

    async def on_raw_bulk_message_delete(self, told: discord.RawBulkMessageDeleteEvent) -> None:
        """Take that several messages are gone, as moderators clear a channel."""
        self._gone(told.channel_id, told.guild_id, sorted(told.message_ids))

    def _gone(self, channel: int, guild: int | None, messages: list[int]) -> None:
        at = self._now()
        deleted = partial(self._deleted, channel, guild is None, at)
        for message in messages:
            self._deliveries.take(channel, partial(deleted, message))

    async def _deleted(self, channel: int, direct: bool, at: datetime, message: int) -> None:
        place = await self._identities.place(channel, direct=direct)
        await self._assistant.receive(deleted_of(place, message, at))

    async def on_raw_thread_delete(self, told: discord.RawThreadDeleteEvent) -> None:
        """Take that a thread is gone with all that stood in it; of that Discord tells nothing more."""
        private = told.thread_type is discord.ChannelType.private_thread
        key = told.thread_id if private else told.parent_id
        conversation = Conversation(platform=PLATFORM, key=str(key))
        self._empty(Place(conversation=conversation, thread=told.thread_id))

    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        """Take that a channel is gone with all that stood in it; private threads are told of apart.

        Of those that were archived nobody tells anything, so it is looked which are gone.
        """
        self._empty(Place(conversation=Conversation(platform=PLATFORM, key=str(channel.id))))
        self._deliveries.take(channel.id, partial(self._threads_emptied, self._now()))

    async def _threads_emptied(self, at: datetime) -> None:
        for held in await self._assistant.closed_conversations(PLATFORM):
            if await self._identities.is_gone(int(held.key)):
                await self._emptied(Place(conversation=held), at)

    def _empty(self, place: Place) -> None:
        self._deliveries.take(place.channel, partial(self._emptied, place, self._now()))

    async def _emptied(self, place: Place, at: datetime) -> None:
        await empty(self._assistant, place.conversation, at, place.ref("").key)

    # -- reactions -----------------------------------------------------------------------------

    async def on_raw_reaction_add(self, told: discord.RawReactionActionEvent) -> None:
        """Take an emoji that was added, also to a message of long ago."""
        self._marked(told)

    async def on_raw_reaction_remove(self, told: discord.RawReactionActionEvent) -> None:
        """Take that somebody took an emoji back."""
        self._marked(told)

    def _marked(self, told: discord.RawReactionActionEvent) -> None:
        if told.user_id != self._own.user:
            marked = partial(self._marks.marked, told, self._now())
            self._deliveries.take(told.channel_id, marked)

    async def on_raw_reaction_clear(self, told: discord.RawReactionClearEvent) -> None:
        """Take that a moderator removed every emoji from a message."""
        cleared = partial(self._marks.cleared, told, self._now())
        self._deliveries.take(told.channel_id, cleared)

    async def on_raw_reaction_clear_emoji(self, told: discord.RawReactionClearEmojiEvent) -> None:
        """Take that a moderator removed everybody's emoji of one kind."""
        cleared = partial(self._marks.cleared, told, self._now())
        self._deliveries.take(told.channel_id, cleared)

    # -- who reads -----------------------------------------------------------------------------

    async def on_guild_available(self, guild: discord.Guild) -> None:
        """Look at who reads what in a server that Discord tells of.

        With a second one, the people of the first are not everyone any more.
        """
        before = self._audiences.guilds
        for one in (guild, *before) if len(before) == 1 else (guild,):
            self._look(one)

    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Look at who reads what in a server that the bot was invited to."""
        await self.on_guild_available(guild)

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Close what stood in a server that the bot was removed from."""
        closed = partial(self._audiences.left, guild, self._now())
        self._deliveries.take(guild.id, closed)
        for one in self._audiences.guilds:  # the one that is left may be the only one now
            if one is not guild:
                self._look(one)

    async def on_guild_channel_create(self, channel: discord.abc.GuildChannel) -> None:
        """Look at who reads a new channel."""
        self._look(channel.guild)

    async def on_guild_channel_update(
        self,
        before: discord.abc.GuildChannel,  # noqa: ARG002  # as discord.py calls it
        after: discord.abc.GuildChannel,
    ) -> None:
        """Look at who reads a channel that was changed: permissions, or its name."""
        self._look(after.guild)

    async def on_guild_role_update(
        self,
        before: discord.Role,  # noqa: ARG002  # as discord.py calls it
        after: discord.Role,
    ) -> None:
        """Look at who reads what in a server where everybody's role was changed."""
        if after.is_default():
            self._look(after.guild)

    def _look(self, guild: discord.Guild) -> None:
        self._deliveries.take(guild.id, partial(self._audiences.look, guild, self._now()))
