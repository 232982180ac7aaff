"""Poster: puts finished messages into a channel, each once, whatever breaks off meanwhile."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

import discord

from bot.discord.client import UNREACHABLE, away, within
from bot.discord.said import Said, said_at
from bot.discord.spot import Kind, Mark, Spot
from bot.discord.views import Part, view_of
from core.errors import PlatformAwayError

ATTEMPTS = 4
PATIENCE = 30.0  # seconds of one attempt
NO_MESSAGE = 10008  # Discord's code for a message that is gone
# Discord's code for: the bot may write there, but reads nothing, so it replies to nothing.
NO_REPLIES = 160002
NOT_TAKEN = "Discord does not take the answer just now; it is posted in a moment."


class Poster:
    """Posts at one place. Discord posts nothing twice within minutes that carries the same nonce."""

    def __init__(self, client: discord.Client, spot: Spot, pause: float) -> None:
        """Take where; `pause` is how many seconds pass before the second attempt, then twice as many."""
        self._client = client
        self._spot = spot
        self._pause = pause

    async def said(self, answer_id: str | None) -> Said:
        """Return what stands there already; raise `PlatformAwayError` where nobody can tell."""
        return await said_at(self._client, self._spot, answer_id)

    async def post_all(
        self, parts: Sequence[Part], answer_id: str, said: Said, kind: Kind = Kind.ANSWER
    ) -> int:
        """Post the parts that do not stand yet, in order; return the id of the last one."""
        for number, part in enumerate(parts[:-1]):
            if number not in said.parts:
                mark = Mark(kind=Kind.PART, about=answer_id, part=number)
                said.parts[number] = await self.post(part, mark)
        if said.final is None:
            said.final = await self.post(parts[-1], Mark(kind=kind, about=answer_id))
        return said.final

    async def post(self, part: Part, mark: Mark) -> int:
        """Post a message and return its id; raise `PlatformAwayError` where Discord takes none."""
        taken_away = 0

        async def posted() -> int:
            nonlocal taken_away
            try:
                return await send(self._client, self._spot, part, mark, taken_away)
            except discord.NotFound as error:
                if error.code != NO_MESSAGE:
                    raise
                taken_away += 1  # the message of this nonce was deleted since
                return await send(self._client, self._spot, part, mark, taken_away)

        return await self._tried(posted)

    async def put(self, message: int, part: Part, mark: Mark) -> int:
        """Let a message that stands show something else; return its id, or that of a new one."""

        async def changed() -> int:
            await edit(self._client, self._spot, message, part, mark)
            return message

        try:
            return await self._tried(changed)
        except PlatformAwayError as error:
            if not _is_gone(error.__cause__):
                raise
            return await self.post(part, mark)

    async def take_away(self, message: int) -> None:
        """Delete one of the bot's own messages; what is gone is gone."""
        channel = self._client.get_partial_messageable(self._spot.channel)

        async def deleted() -> int:
            await channel.get_partial_message(message).delete()
            return message

        try:
            await self._tried(deleted)
        except PlatformAwayError as error:
            if not error.refuses:
                raise

    async def _tried(self, call: Callable[[], Awaitable[int]]) -> int:
        """Make a call, again where nobody knows whether it was taken; raise `PlatformAwayError`."""
        for attempt in range(ATTEMPTS):
            if attempt:
                await asyncio.sleep(self._pause * 2 ** (attempt - 1))
            with away():
                try:
                    return await within(PATIENCE, _made(call))
                except UNREACHABLE as error:
                    if not is_unsure(error):
                        raise
        raise PlatformAwayError(NOT_TAKEN)


async def send(client: discord.Client, spot: Spot, part: Part, mark: Mark, attempt: int = 0) -> int:
    """Post a message, calling nobody, and return its id; raise as discord.py does."""
    options: dict[str, Any] = {
        "view": view_of(part, mark.number),
        "nonce": mark.nonce(attempt),
        "suppress_embeds": True,
        "allowed_mentions": discord.AllowedMentions.none(),
    }
    channel = client.get_partial_messageable(spot.channel)
    if spot.reply_to is None or not may_reply(client, spot.channel):
        return await _id_of(channel.send(**options))
    reference = discord.MessageReference(
        message_id=spot.reply_to, channel_id=spot.channel, fail_if_not_exists=False
    )
    try:
        return await _id_of(channel.send(**options, reference=reference))
    except discord.HTTPException as error:
        if error.code != NO_REPLIES:
            raise
        return await _id_of(channel.send(**options))


def may_reply(client: discord.Client, channel: int) -> bool:
    """Say whether the bot may reply in a channel, as far as it was told: it must read what was said."""
    found = client.get_channel(channel)
    above = found.parent if isinstance(found, discord.Thread) else found
    if not isinstance(above, discord.abc.GuildChannel) or above.guild.unavailable:
        return True
    return above.permissions_for(above.guild.me).read_message_history


async def _id_of(sending: Coroutine[Any, Any, discord.Message]) -> int:
    return (await sending).id


async def edit(client: discord.Client, spot: Spot, message: int, part: Part, mark: Mark) -> None:
    """Let a message show something else; raise as discord.py does."""
    found = client.get_partial_messageable(spot.channel).get_partial_message(message)
    await found.edit(
        view=view_of(part, mark.number), allowed_mentions=discord.AllowedMentions.none()
    )


def is_unsure(error: BaseException) -> bool:
    """Say whether a call that failed may be taken when it is made again at once."""
    if isinstance(error, discord.HTTPException):
        return error.status >= 500
    return not isinstance(error, discord.RateLimited)


def _is_gone(error: BaseException | None) -> bool:
    return isinstance(error, discord.NotFound) and error.code == NO_MESSAGE


async def _made(call: Callable[[], Awaitable[int]]) -> int:
    return await call()
