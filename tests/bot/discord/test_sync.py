"""Discord is told of the commands where it shows others."""

from typing import Any

import discord as library
import pytest
from discord import app_commands

from bot.discord.actions import context_menus
from bot.discord.commands import slash_commands
from bot.discord.sync import deploy, shapes
from core.errors import PlatformError
from tests.bot.discord.conftest import discord_settings
from tests.servers.discord import LoopbackDiscord


async def nothing(interaction: library.Interaction, chosen: object) -> None:
    """Stand for what a command does."""


def tree() -> list[dict[str, Any]]:
    """Return the bot's commands as they are sent to Discord."""
    client = library.Client(intents=library.Intents.none())
    held: app_commands.CommandTree[Any] = app_commands.CommandTree(client)
    for command in slash_commands(nothing):
        held.add_command(command)
    for menu in context_menus(nothing, nothing):
        held.add_command(menu)
    return [command.to_dict(held) for command in held.get_commands()]


def test_what_discord_adds_changes_nothing() -> None:
    """It numbers commands and fills in what was left out."""
    own = tree()
    held = [
        one | {"id": str(number), "version": "9", "application_id": "1", "nsfw": False}
        for number, one in enumerate(reversed(own))
    ]
    assert shapes(held) == shapes(own)
    assert shapes([*held, {"type": 4, "name": "launch"}]) == shapes(own)


def test_nothing_is_left_for_discord_to_fill_in() -> None:
    """It would answer with its own choice, which would differ from ours for ever."""
    for one in tree():
        assert (one["contexts"], one["integration_types"]) == ([0, 1], [0])
        turned = one | {"contexts": [1, 0]}
        assert shapes([turned]) == shapes([one])


def test_what_differs_is_seen() -> None:
    """A command that is gone, is new, or says something else."""
    own = tree()
    assert shapes(own[1:]) != shapes(own)
    assert shapes([{**own[0], "description": "old"}, *own[1:]]) != shapes(own)
    assert shapes([{**own[0], "options": []}, *own[1:]]) != shapes(own)


def test_what_people_can_type() -> None:
    """Two commands and two menus, in servers and in direct conversations."""
    named = {(one.get("type", 1), one["name"]) for one in tree()}
    assert named == {(1, "ask"), (1, "tavernkeep"), (3, "Ask about this"), (3, "Save as answer")}


async def test_a_deploy_step(discord: LoopbackDiscord) -> None:
    """It tells Discord once, without connecting; a wrong token is told."""
    settings = discord_settings(discord)
    assert await deploy(settings)
    assert not await deploy(settings)
    assert not discord.gateway.identified
    with pytest.raises(PlatformError, match="DISCORD_TOKEN"):
        await deploy(discord_settings(discord, token="nope"))
