"""Said: what the bot said to a question already, read back from Discord by the numbers of its parts."""

from dataclasses import dataclass, field

import discord

from bot.discord.buttons import TEMPLATE
from bot.discord.client import away, within
from bot.discord.spot import Kind, Mark, Spot
from bot.discord.views import buttons_of
from bot.shown import Shown

PATIENCE = 20.0  # seconds
LOOKED = 1_000  # messages since the question that are looked at
PARTS = 40  # of one answer that are known again
GONE = (discord.NotFound, discord.Forbidden)  # or there is nothing that the bot may read


@dataclass(slots=True, kw_only=True)
class Said(Shown[int]):
    """What Discord tells of it."""

    replies: set[int] = field(default_factory=set)
    """All that replies to the question, whatever it is."""

    def take(self, message: int, mark: Mark) -> None:
        """Note what a message of the bot's own is."""
        if mark.kind is Kind.UNFINISHED:
            self.unfinished.append(message)
        elif mark.kind is Kind.FAILURE:
            self.failure = message
        elif mark.kind is Kind.PART:
            self.parts[mark.part] = message
        else:
            self.final = message


async def said_at(client: discord.Client, spot: Spot, answer_id: str | None) -> Said:
    """Return what the bot said at a place since the question; an answer's id tells its messages.

    Raises `PlatformAwayError` where Discord cannot be asked: then nobody can tell.
    """
    said = Said()
    known = {one.number: one for one in _marks(spot, answer_id)}
    with away():
        try:
            read = await within(PATIENCE, _since(client, spot))
        except GONE:
            return said
    own = client.user.id if client.user else None
    for message in (one for one in read if one.author.id == own):
        mark = known.get(number_of(message))
        if mark is not None:
            said.take(message.id, mark)
        if spot.reply_to is not None and message.reference is not None:
            said.replies |= {message.id} if message.reference.message_id == spot.reply_to else set()
    return said


async def message_in(client: discord.Client, channel: int, message: int) -> discord.Message | None:
    """Return a message; None where it is gone. Raises `PlatformAwayError` where nobody tells."""
    with away():
        try:
            return await within(
                PATIENCE, client.get_partial_messageable(channel).fetch_message(message)
            )
        except GONE:
            return None


def number_of(message: discord.Message) -> int:
    """Return the number of a message's first part, 0 where it has none."""
    first = message.components[0] if message.components else None
    return (first.id or 0) if isinstance(first, discord.TextDisplay) else 0


def answer_of(message: discord.Message) -> str | None:
    """Return the id of the answer whose buttons are below a message."""
    found = (TEMPLATE.fullmatch(one) for one in buttons_of(message))
    return next((one["about"] for one in found if one is not None), None)


def _marks(spot: Spot, answer_id: str | None) -> list[Mark]:
    if answer_id is None:
        return [spot.unfinished, spot.failed]
    whole = [Mark(kind=kind, about=answer_id) for kind in (Kind.ANSWER, Kind.DRAFT)]
    parts = [Mark(kind=Kind.PART, about=answer_id, part=part) for part in range(PARTS)]
    return [spot.unfinished, spot.failed, *whole, *parts]


async def _since(client: discord.Client, spot: Spot) -> list[discord.Message]:
    found = client.get_partial_messageable(spot.channel).history(
        limit=LOOKED, after=discord.Object(spot.since), oldest_first=True
    )
    return [message async for message in found]
