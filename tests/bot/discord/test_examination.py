"""`doctor` names what is missing in Discord, and where to click."""

from collections.abc import Sequence

import discord as library
import pytest
from discord.abc import GuildChannel

from bot.discord.examination import (
    PERMISSIONS,
    discord_findings,
    endpoint,
    intents,
    moderators,
    permissions,
)
from bot.finding import Finding
from core.settings import CHECKOUT, DiscordSettings
from tests.bot.discord import wire
from tests.bot.discord.conftest import discord_settings
from tests.bot.discord.wire import CLOSED, GENERAL, HELP
from tests.servers.discord import LoopbackDiscord
from tests.servers.discord_permissions import SEND

APP = (CHECKOUT / "config" / "discord-app.md").read_text(encoding="utf-8")


def channels(*keys: int) -> list[GuildChannel]:
    """Return channels of the server that a client knows."""
    client = wire.client()
    found = [client.get_channel(key) for key in keys]
    return [one for one in found if isinstance(one, GuildChannel)]


def allowed(
    *lacking: str,
) -> Sequence[tuple[GuildChannel, library.Permissions]]:
    """Return three channels, in the first of which the bot lacks something."""
    held = library.Permissions(PERMISSIONS.value)
    held.update(**dict.fromkeys(lacking, False))
    first, second, third = channels(GENERAL, HELP, CLOSED)
    return [(first, held), (second, PERMISSIONS), (third, library.Permissions.none())]


def test_the_invite_link_asks_for_what_is_needed() -> None:
    """Its number is that of the four permissions, in the link and in the text."""
    assert APP.count(str(PERMISSIONS.value)) == 2
    assert "scope=bot+applications.commands" in APP


def test_all_is_well() -> None:
    """Channels that the bot does not see are other people's business."""
    found = permissions("Tavern", allowed())
    assert found.well
    assert "sees 2 of 3 channels" in found.said


def test_what_the_bot_may_not_do() -> None:
    """Each permission is named with the channels where it lacks."""
    found = permissions("Tavern", allowed("send_messages", "read_message_history"))
    assert not found.well
    assert "send messages in #general" in found.said
    assert "read message history in #general" in found.said
    many = permissions("Tavern", [(one, _without_sending()) for one in channels(*[GENERAL] * 7)])
    assert many.said.endswith("and 2 more.")


def _without_sending() -> library.Permissions:
    held = library.Permissions(PERMISSIONS.value)
    held.update(send_messages=False)
    return held


@pytest.mark.parametrize(
    ("wanted", "granted", "well", "said"),
    [
        (False, 0, True, "only what mentions it"),
        (True, 0, False, "Message Content Intent"),
        (True, 1 << 18, True, "what all messages say"),
        (True, 1 << 19, True, "what all messages say"),
    ],
)
def test_the_privileged_intent(wanted: bool, granted: int, well: bool, said: str) -> None:
    """It is needed where the settings ask for it, be it the one for few servers."""
    flags = library.ApplicationFlags()
    flags.value = granted
    found = intents(flags, DiscordSettings(message_content=wanted))
    assert found.well is well
    assert said in found.said


def test_the_moderators_channel() -> None:
    """It must be one that the bot knows."""
    there = channels(GENERAL)
    assert moderators(str(GENERAL), there).said == "Drafts are decided upon in #general."
    assert not moderators("77", there).well


def test_commands_that_go_elsewhere() -> None:
    """With an endpoint set, Discord sends them there and not to the bot."""
    found = endpoint("https://example.org/x")
    assert not found.well
    assert "https://example.org/x" in found.said


# -- asked of Discord ----------------------------------------------------------------------------


async def examined(discord: LoopbackDiscord, **chosen: object) -> dict[str, Finding]:
    """Return what `doctor` says, by part."""
    found = discord_findings(discord_settings(discord, **chosen))
    return {one.part: one async for one in found}


async def test_doctor_and_too_few_connections(discord: LoopbackDiscord) -> None:
    """Discord lets a bot of many servers in over several connections only."""
    discord.gateway.shards = 3
    few = (await examined(discord))["Discord connection"]
    assert (few.well, "discord.shards to 3" in few.advice) == (False, True)
    enough = await examined(discord, shards=3, guilds=(str(discord.guild.id),))
    assert enough["Discord connection"].well


async def test_doctor_looks_at_each_channel(discord: LoopbackDiscord) -> None:
    """With the token, the intents, what is left of the day's connections, and where drafts go."""
    general = discord.channel("general")
    discord.channel("held", private=True, bot=False)
    found = await examined(discord, moderators=str(general.id))
    assert all(one.well for one in found.values())
    assert "@tavernkeep in Tavern" in found["Discord"].said
    assert "sees 1 of 2 channels" in found["Discord permissions in Tavern"].said
    assert "#general" in found["Discord moderators"].said
    assert "1000 of 1000" in found["Discord connection"].said
    general.deny[discord.guild.id] = SEND
    lacking = (await examined(discord))["Discord permissions in Tavern"]
    assert (lacking.well, "send messages in #general" in lacking.said) == (False, True)


async def test_doctor_and_a_wrong_token(discord: LoopbackDiscord) -> None:
    """One finding, and nothing that follows from it."""
    found = await examined(discord, token="nope")
    assert list(found) == ["Discord"]
    assert "DISCORD_TOKEN" in found["Discord"].said
    discord.faults.always("403 50001", "GET /gateway/bot")
    assert not (await examined(discord))["Discord"].well


async def test_doctor_and_switches(discord: LoopbackDiscord) -> None:
    """An intent that is not switched on, and commands that go elsewhere."""
    discord.world.interactions_url = "https://example.org/interactions"
    found = await examined(discord, message_content=True)
    assert not found["Discord intents"].well
    assert not found["Discord interactions"].well
    discord.world.privileged = True
    assert (await examined(discord, message_content=True))["Discord intents"].well
