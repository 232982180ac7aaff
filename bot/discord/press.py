"""Presses: what discord.py hands them to, and what is told in return within Discord's three seconds."""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeAlias

import discord
from discord import ui

from bot.discord.buttons import PREFIX, TEMPLATE, Action
from bot.discord.client import UNREACHABLE
from bot.discord.views import Part, sentence_part, view_of
from core.errors import LedgerError, PlatformAwayError

log = logging.getLogger(__name__)
SOON = 1.8  # seconds after which Discord is told that something follows; it must hear within three
Pressed: TypeAlias = Callable[[discord.Interaction, str], Awaitable[None]]


def press_item(pressed: Mapping[Action, Pressed]) -> type[ui.DynamicItem[ui.Button[Any]]]:
    """Return what discord.py hands presses of our buttons to, also of those from before a restart."""

    class Press(ui.DynamicItem[ui.Button[Any]], template=TEMPLATE):
        """One press: what for, and of what."""

        def __init__(self, action: str, about: str) -> None:
            super().__init__(ui.Button(custom_id=f"{PREFIX}:{action}:{about}"))
            self.action, self.about = action, about

        @classmethod
        async def from_custom_id(
            cls,
            interaction: discord.Interaction[Any],  # noqa: ARG003  # as discord.py calls it
            item: ui.Item[Any],  # noqa: ARG003  # as discord.py calls it
            match: re.Match[str],
            /,
        ) -> "Press":
            return cls(match["action"], match["about"])

        async def callback(self, interaction: discord.Interaction[Any]) -> None:
            if self.action in set(Action):
                with undone():
                    await pressed[Action(self.action)](interaction, self.about)

    return Press


async def done(
    interaction: discord.Interaction, work: Coroutine[Any, Any, None], sorry: str | Part
) -> bool:
    """Do what was asked for, telling Discord in time that it goes on; say whether it was done.

    Where the ledger or Discord is away, whoever asked for it is told that they are `sorry`.
    """
    doing = asyncio.ensure_future(work)
    try:
        await asyncio.wait([doing], timeout=SOON)
        if not doing.done():
            await _put_off(interaction)
        await doing
    except (LedgerError, PlatformAwayError) as error:
        log.warning("What was pressed or written was not taken: %s", error)
        await tell(interaction, sorry)
        return False
    return True


async def tell(interaction: discord.Interaction, said: str | Part) -> None:
    """Show something to whoever pressed or wrote, alone."""
    view = view_of(sentence_part(said) if isinstance(said, str) else said)
    with undone():
        if not interaction.response.is_done():
            await interaction.response.send_message(view=view, ephemeral=True)
        elif interaction.response.type is discord.InteractionResponseType.deferred_channel_message:
            await interaction.edit_original_response(view=view)
        else:
            await interaction.followup.send(view=view, ephemeral=True)


async def replace_with(interaction: discord.Interaction, view: ui.LayoutView) -> None:
    """Let the message that was pressed show something else."""
    with undone():
        if interaction.response.is_done():
            await interaction.edit_original_response(view=view)
        else:
            await interaction.response.edit_message(view=view)


async def take_away(interaction: discord.Interaction) -> None:
    """Delete the message that was pressed."""
    if interaction.message is not None:
        with undone():
            await interaction.message.delete()


def is_apart(interaction: discord.Interaction) -> bool:
    """Say whether nobody else sees the message that was pressed."""
    message = interaction.message
    return interaction.guild_id is None or (message is not None and message.flags.ephemeral)


@contextmanager
def undone() -> Iterator[None]:
    """Log that Discord did not take something that can be left undone."""
    try:
        yield
    except (*UNREACHABLE, PlatformAwayError) as error:
        log.warning("Something in Discord was left undone: %s", error)


async def _put_off(interaction: discord.Interaction) -> None:
    """Tell Discord that something follows."""
    written = interaction.type is discord.InteractionType.modal_submit
    with undone():
        if written:
            await interaction.response.defer(ephemeral=True, thinking=True)
        else:
            await interaction.response.defer()
