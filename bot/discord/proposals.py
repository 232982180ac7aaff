"""Proposals: a message that somebody pins becomes an answer, where a question belongs to it."""

from collections.abc import Awaitable, Callable

import discord

from bot.background import Background
from bot.discord.history import message_at
from bot.discord.identity import Identities
from bot.discord.recent import Recent
from bot.discord.translation import Own, Place, person_of, text_of
from core.assistant import Assistant
from core.feedback import Proposal
from core.messages import Reaction


class Proposals:
    """Stores a pinned message with the question that its talk began with, or has that asked for."""

    def __init__(
        self,
        *,
        assistant: Assistant,
        own: Own,
        identities: Identities,
        recent: Recent,
        background: Background,
        on_pinned: Callable[[Proposal], Awaitable[None]],
    ) -> None:
        """Take what follows a pin on a message that belongs to no talk."""
        self._assistant = assistant
        self._own = own
        self._identities = identities
        self._recent = recent
        self._background = background
        self._on_pinned = on_pinned

    async def pinned(self, message: discord.Message, place: Place, by: Reaction) -> None:
        """Store what a person proposed by an emoji; nothing of what the bot is not told the words of.

        Raises `LedgerError`, or `PlatformAwayError` where Discord cannot be asked.
        """
        said = text_of(message, place, self._own)
        if self._own.ignores(message) or not said:
            return
        thread = await self._recent.beginning(message, place)
        proposal = Proposal(
            event_id=f"{by.event_id}:proposal",
            ref=by.ref,
            conversation=place.conversation,
            person=by.person,
            author=person_of(message.author),
            text=said,
            question=await self._question(place, thread),
            thread=thread,
            at=by.at,
        )
        if proposal.question is None:
            self._background.start(self._on_pinned(proposal))
        else:
            await self._assistant.receive(proposal)

    async def _question(self, place: Place, thread: str | None) -> str | None:
        """Return what the message asks that a talk began with; None where its words are not told."""
        if thread is None:
            return None
        post = place.post and place.thread is not None
        channel = place.channel if post else int(place.conversation.key)
        first = await message_at(
            await self._identities.channel(channel), int(thread.rpartition("/")[2])
        )
        if first is None or self._own.ignores(first):
            return None
        return text_of(first, place, self._own) or None
