"""Sync: the commands and menus that Discord shows, set where they differ from the bot's own."""

import logging
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeAlias

import discord
from discord import app_commands

from bot.discord.actions import context_menus
from bot.discord.client import UNREACHABLE, away, pointed
from bot.discord.commands import slash_commands
from bot.discord.gateway import client_of, log_in
from bot.discord.identifying import Identifying
from bot.discord.refusals import Refusals
from core.settings import DiscordSettings

log = logging.getLogger(__name__)
Shape: TypeAlias = tuple[object, ...]
TYPES = (1, 2, 3)  # what is typed, and the menus of people and of messages; others are not ours


async def deploy(settings: DiscordSettings) -> bool:
    """Let Discord show the commands of this release, without connecting; return whether it did not.

    Raises `PlatformError` for a token that Discord does not take, and `PlatformAwayError`.
    """
    with pointed(settings.api_url):
        client = client_of(settings, Refusals(time.monotonic), Identifying(time.monotonic))
        try:
            await log_in(client, settings)
            for command in slash_commands(_nothing):
                client.tree.add_command(command)
            for menu in context_menus(_nothing, _nothing):
                client.tree.add_command(menu)
            return await synchronise(client, client.tree)
        finally:
            with suppress(*UNREACHABLE):
                await client.close()


async def _nothing(interaction: discord.Interaction, chosen: object) -> None:
    """Stand for what a command does, where only its shape matters."""


async def synchronise(client: discord.Client, tree: app_commands.CommandTree[Any]) -> bool:
    """Let Discord show the commands of a tree; return whether it showed others before.

    Discord keeps them, and allows few changes a day: they are set where something differs. Raises
    `PlatformAwayError` where Discord does not take them.
    """
    own = [command.to_dict(tree) for command in tree.get_commands()]
    with away():
        held = await client.http.get_global_commands(int(client.application_id or 0))
        if shapes(held) == shapes(own):
            return False
        await tree.sync()
    log.info("Discord was told of %d commands and menus.", len(own))
    return True


def shapes(commands: Sequence[Mapping[str, Any]]) -> set[Shape]:
    """Return what makes commands what they are, apart from what Discord adds."""
    return {_shape(one) for one in commands if one.get("type", 1) in TYPES}


def _shape(command: Mapping[str, Any]) -> Shape:
    return (
        command.get("type", 1),
        command["name"],
        command.get("description") or "",
        tuple(_option(one) for one in command.get("options") or ()),
        frozenset(command.get("contexts") or ()),
        frozenset(command.get("integration_types") or ()),
    )


def _option(option: Mapping[str, Any]) -> Shape:
    return (
        option["name"],
        option["type"],
        option.get("description") or "",
        bool(option.get("required")),
        bool(option.get("autocomplete")),
    )
