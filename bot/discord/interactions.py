"""Interactions: what somebody typed or chose, by which Discord lets the bot answer them alone."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field

import discord

from core.messages import Message

MOST = 1000  # that are remembered; they are of no use after fifteen minutes
PATIENCE = 5.0  # seconds for Discord to be told that it was taken


@dataclass(frozen=True, slots=True)
class Taken:
    """An interaction, and whether Discord was told that an answer follows."""

    interaction: discord.Interaction
    told: asyncio.Event = field(default_factory=asyncio.Event)


class Interactions:
    """Knows the interaction behind a message that was not written but typed as a command."""

    def __init__(self) -> None:
        """Begin with none."""
        self._taken: OrderedDict[str, Taken] = OrderedDict()

    def put(self, key: str, interaction: discord.Interaction) -> None:
        """Remember the interaction behind the message of a key, before the message is stored."""
        self._taken[key] = Taken(interaction)
        while len(self._taken) > MOST:
            self._taken.popitem(last=False)

    def ready(self, key: str) -> None:
        """Note that Discord was told: from here on the interaction can be answered."""
        if key in self._taken:
            self._taken[key].told.set()

    def drop(self, key: str) -> None:
        """Forget an interaction that was answered otherwise."""
        self._taken.pop(key, None)

    async def acknowledged(self, message: Message) -> discord.Interaction | None:
        """Return the interaction by which a message can be answered to its writer alone.

        None where there is none, where it is older than Discord lets it be answered, or where the
        bot was started anew since.
        """
        taken = self._taken.get(message.ref.key)
        if taken is None:
            return None
        try:
            async with asyncio.timeout(PATIENCE):
                await taken.told.wait()
        except TimeoutError:
            return None
        return None if taken.interaction.is_expired() else taken.interaction
