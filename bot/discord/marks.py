"""Marks: emoji on messages. They are verdicts on answers, pin a message as one, silence a thread."""

from collections.abc import Awaitable, Callable
from datetime import datetime

import discord

from bot.background import Background
from bot.discord.history import message_at, standing_on
from bot.discord.identity import Identities
from bot.discord.proposals import Proposals
from bot.discord.recent import Recent
from bot.discord.translation import Own, Place, emoji_of, reaction_of
from core.assistant import Assistant
from core.feedback import is_one_of, verdict_of
from core.messages import Person, Reaction
from core.settings import Settings


class Marks:
    """Stores the reactions that mean something here; those between people stay theirs."""

    def __init__(
        self,
        *,
        assistant: Assistant,
        own: Own,
        identities: Identities,
        recent: Recent,
        proposals: Proposals,
        background: Background,
        settings: Settings,
        on_answer_marked: Callable[[Reaction], Awaitable[None]],
    ) -> None:
        """Take which emoji mean something, and what follows one on a message of the bot."""
        self._assistant = assistant
        self._own = own
        self._identities = identities
        self._recent = recent
        self._proposals = proposals
        self._background = background
        self._settings = settings
        self._on_answer_marked = on_answer_marked

    async def marked(self, told: discord.RawReactionActionEvent, at: datetime) -> None:
        """Store an emoji, and the proposal that it may be.

        Raises `LedgerError`, or `PlatformAwayError` where Discord does not tell what that needs.
        """
        emoji = emoji_of(told.emoji)
        pins = is_one_of(emoji, self._settings.conversations.saved_by)
        place = await self._identities.place(told.channel_id, direct=told.guild_id is None)
        own = await self._is_own(told, place)
        if not (own or pins or is_one_of(emoji, self._settings.conversations.silenced_by)):
            return
        person = await self._person(told)
        reaction = reaction_of(told, place, person, at)
        if reaction.added and pins and not (own or person.bot):
            await self._pinned(told, place, reaction)
        fresh = await self._assistant.receive(reaction)
        if fresh and own and reaction.added:
            self._background.start(self._on_answer_marked(reaction))

    async def cleared(
        self,
        told: discord.RawReactionClearEvent | discord.RawReactionClearEmojiEvent,
        at: datetime,
    ) -> None:
        """Take off what a moderator took off: what stands on the message now is all that stands."""
        place = await self._identities.place(told.channel_id, direct=told.guild_id is None)
        ref = place.ref(told.message_id)
        standing: list[Reaction] = []
        if isinstance(told, discord.RawReactionClearEmojiEvent):
            if not await self._recent.is_own(place.channel, told.message_id):
                return
            channel = await self._identities.channel(told.channel_id)
            message = await message_at(channel, told.message_id)
            if message is None:
                return
            standing = await standing_on(message, ref, self._identities, at)
        await self._assistant.sweep(ref, standing, at)

    async def _is_own(self, told: discord.RawReactionActionEvent, place: Place) -> bool:
        """Say whether the bot wrote what an emoji is on; that Discord tells of added ones only."""
        if told.message_author_id is not None:
            return told.message_author_id == self._own.user
        seen = self._recent.known(told.message_id)
        if seen is not None:
            return seen.own
        if verdict_of(emoji_of(told.emoji), self._settings.learning.emoji) is None:
            return False
        if await self._assistant.answer_at(place.ref(told.message_id)) is not None:
            return True
        return await self._recent.is_own(told.channel_id, told.message_id)

    async def _person(self, told: discord.RawReactionActionEvent) -> Person:
        if told.member is not None:
            return self._identities.met(told.member)
        return await self._identities.person(str(told.user_id))

    async def _pinned(
        self, told: discord.RawReactionActionEvent, place: Place, reaction: Reaction
    ) -> None:
        channel = await self._identities.channel(told.channel_id)
        message = await message_at(channel, told.message_id)
        if message is not None:
            await self._proposals.pinned(message, place, reaction)
