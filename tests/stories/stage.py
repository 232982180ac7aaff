"""The stage of the stories that every platform tells: one bot on all of them, and who sits a story out."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.adapter import Capability
from core.interfaces import Embedder
from tests.bot.test_parity import EXEMPT
from tests.servers.discord import LoopbackDiscord
from tests.servers.slack import LoopbackSlack
from tests.stories.discord_driver import DiscordPlatform
from tests.stories.house import House, opened_house
from tests.stories.room_driver import RoomPlatform
from tests.stories.slack_driver import SlackPlatform
from tests.stories.terminal_driver import TerminalPlatform

PLATFORMS = ("slack", "discord", "room", "terminal")


def on_each(*needed: Capability) -> pytest.MarkDecorator:
    """Tell a story on each platform that can do what it needs."""
    told = []
    for platform in PLATFORMS:
        reasons = [f"{one}: {EXEMPT[platform][one]}" for one in needed if one in EXEMPT[platform]]
        marks = [pytest.mark.skip(reason=f"{platform}, {reasons[0]}")] if reasons else []
        told.append(pytest.param(platform, marks=marks))
    return pytest.mark.parametrize("scene", told, indirect=True)


@asynccontextmanager
async def opened_everywhere(
    folder: Path, embedder: Embedder, *, curated: bool = False
) -> AsyncIterator[House]:
    """Open the bot on every platform; where it is `curated`, with a curator on each."""
    async with LoopbackSlack() as slack, LoopbackDiscord() as discord:
        chats = (SlackPlatform(slack), DiscordPlatform(discord))
        platforms = (*chats, RoomPlatform(), TerminalPlatform())
        async with opened_house(folder, embedder, platforms, curated=curated) as opened:
            yield opened


def helpful_to(words: str) -> int | None:
    """Return how many found an answer helpful, as it says itself, or None."""
    found = re.search(r"(\d+) (?:found it )?helpful", words)
    return int(found[1]) if found else None
