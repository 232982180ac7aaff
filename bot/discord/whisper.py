"""Whisper: what one person alone sees.

Discord shows it where they typed a command, for fifteen minutes; else it comes as a direct message.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import discord

from bot.card import AnswerCard
from bot.discord.client import away, within
from bot.discord.identity import Identities
from bot.discord.interactions import Interactions
from bot.discord.poster import Poster
from bot.discord.said import Said
from bot.discord.spot import Spot, apart
from bot.discord.views import Part, asker_parts, sentence_part, view_of
from core.errors import PlatformAwayError
from core.messages import Message, MessageRef

log = logging.getLogger(__name__)
PATIENCE = 30.0  # seconds of one call
CLOSED_CODES = frozenset({50007, 50278})  # Discord's codes for: this person takes no such message
# Discord's codes for: what was typed cannot be answered any more.
OVER_CODES = frozenset({10008, 10015, 10062, 50027})
CLOSED = (
    "I have something for you alone, but you take no direct messages from here. Please ask "
    "by `/ask`, or allow direct messages from this server."
)
READS_NO_MORE = "Who asked does not read along there any more."


class ClosedError(PlatformAwayError):
    """Somebody takes no direct messages; they are told so where they asked, or not at all."""

    def __init__(self) -> None:
        """Say what they can do."""
        super().__init__(CLOSED, refuses=True)


class AbsentError(PlatformAwayError):
    """Who asked does not read along any more where they asked: they are told nothing."""

    def __init__(self) -> None:
        """Say so, for the log."""
        super().__init__(READS_NO_MORE, refuses=True)


class Whisper:
    """Tells the asker something that nobody else sees.

    Who does not read along any more where they asked is told nothing.
    """

    def __init__(
        self,
        client: discord.Client,
        message: Message,
        spot: Spot,
        *,
        identities: Identities,
        interactions: Interactions,
        pause: float,
    ) -> None:
        """Take who asked, and where."""
        self._client = client
        self._message = message
        self._spot = spot
        self._identities = identities
        self._interactions = interactions
        self._pause = pause
        self._direct: Spot | None = None
        self.parts: Sequence[MessageRef] = ()  # of an answer that stands in a direct message

    async def answer(self, card: AnswerCard, answer_id: str) -> MessageRef:
        """Show an answer to the asker alone; return where its buttons are.

        Raises `ClosedError` where they take no direct messages, `AbsentError` where they do not read
        along any more, else `PlatformAwayError`.
        """
        parts = asker_parts(card)
        there = await self._by_interaction(parts)
        if there is not None:
            return self._spot.ref(there)
        return await self._directly(parts, answer_id)

    async def sentence(self, sentence: str) -> None:
        """Say a sentence to the asker alone, unless they are gone; raise as `answer` does."""
        part = sentence_part(sentence)
        if await self._by_interaction([part]) is not None:
            return
        with suppress(AbsentError), _closed():
            poster = await self._poster()
            said = await poster.said(None)
            if said.failure is None and self._direct is not None:
                await poster.post(part, self._direct.failed)

    async def posted(self, answer_id: str) -> MessageRef | None:
        """Look where an answer stands already; of what stands in no direct message nobody can tell."""
        if await self._interactions.acknowledged(self._message) is not None:
            return None
        poster = await self._poster()
        said = await poster.said(answer_id)
        found = self._stands(said) if said.final else None
        return found if self._direct is not None else None

    async def _by_interaction(self, parts: Sequence[Part]) -> int | None:
        """Answer what was typed, where that can be still; return the id of the last message."""
        interaction = await self._interactions.acknowledged(self._message)
        if interaction is None:
            return None
        first, *further = parts
        with away():
            try:
                told = await within(
                    PATIENCE, interaction.edit_original_response(view=view_of(first))
                )
                key = told.id
                for part in further:
                    sent = interaction.followup.send(view=view_of(part), ephemeral=True, wait=True)
                    key = (await within(PATIENCE, sent)).id
            except discord.HTTPException as error:
                if error.code not in OVER_CODES:
                    raise
                log.info("A command is answered by a direct message: %s", error)
                return None
        return key

    async def _directly(self, parts: Sequence[Part], answer_id: str) -> MessageRef:
        with _closed():
            poster = await self._poster()
            said = await poster.said(answer_id)
            await poster.post_all(parts, answer_id, said)
        return self._stands(said)

    def _stands(self, said: Said) -> MessageRef:
        spot = self._direct or self._spot
        self.parts = [spot.ref(one) for one in said.places()]
        return self.parts[-1]

    async def _poster(self) -> Poster:
        """Return what posts to the asker directly; raise where they do not read along any more."""
        if self._direct is None:
            self._direct = await self._found()
        return Poster(self._client, self._direct, self._pause)

    async def _found(self) -> Spot:
        message = self._message
        if message.conversation.direct:
            return self._spot
        if not await self._identities.reads(message.conversation.key, message.person.key):
            raise AbsentError
        with away():
            channel = await direct_with(self._client, message.person.key)
        return apart(channel, message, message.sent_at)


async def direct_with(client: discord.Client, person: str) -> int:
    """Return the id of the direct conversation with somebody; raise as discord.py does."""
    opened = await within(PATIENCE, client.create_dm(discord.Object(int(person))))
    return opened.id


def is_closed(error: BaseException | None) -> bool:
    """Say whether Discord refused a message because its reader takes none from the bot."""
    return isinstance(error, discord.HTTPException) and error.code in CLOSED_CODES


@contextmanager
def _closed() -> Iterator[None]:
    """Tell apart that somebody takes no direct messages."""
    try:
        yield
    except PlatformAwayError as error:
        if is_closed(error.__cause__):
            raise ClosedError from error
        raise
