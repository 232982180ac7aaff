"""Slash commands are stored, acknowledged within three seconds, and answered to who typed them."""

import pytest

from bot.discord import commands
from bot.discord.commands import NOT_STORED
from core.ledger.ledger import Ledger
from core.messages import Message
from tests.bot.discord.conftest import Connect, heard
from tests.bot.discord.test_intake import break_ledger
from tests.servers.discord import LoopbackDiscord
from tests.servers.discord_interactions import Used
from tests.tavern import Tavern


async def ready(discord: LoopbackDiscord) -> None:
    """Wait until Discord shows the commands."""
    await discord.until(lambda: any(one.route.startswith("PUT /app") for one in discord.rest.calls))
    await discord.connected()


def shown(used: Used) -> str:
    """Return what the bot has said to who used it."""
    return used.original.words if used.original else ""


async def test_a_question_by_command_is_private(
    discord: LoopbackDiscord, tavern: Tavern, connect: Connect
) -> None:
    """It is stored as addressed and private; only who typed it sees the answer."""
    general, ana = discord.channel("general"), discord.person("Ana")
    await connect()
    await ready(discord)
    used = await ana.types("/ask When does it close?", general)
    message = await heard(discord, tavern, Message)
    assert (message.text, message.private, message.addressed) == ("When does it close?", True, True)
    assert message.conversation.key == str(general.id)
    assert message.ref.key.startswith("command-")
    await discord.until(lambda: ana.whispers)
    assert used.answered == 5
    assert not discord.said_by_bot(general)


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("/tavernkeep help", "/help"),
        ("/tavernkeep /mode mention", "/mode mention"),
        ("/tavernkeep", "/help"),
    ],
)
async def test_the_bots_own_commands(
    discord: LoopbackDiscord, tavern: Tavern, connect: Connect, line: str, text: str
) -> None:
    """What is typed after it is one of its commands; nothing is help."""
    general, ana = discord.channel("general"), discord.person("Ana")
    await connect()
    await ready(discord)
    await ana.types(line, general)
    assert (await heard(discord, tavern, Message)).text == text


async def test_in_a_thread_and_directly(
    discord: LoopbackDiscord, tavern: Tavern, connect: Connect
) -> None:
    """A thread is its channel's; between the two of us it is direct."""
    general, ana = discord.channel("general"), discord.person("Ana")
    await connect()
    await ready(discord)
    thread = await ana.starts(await ana.says(general, "lunch?"), "lunch")
    await discord.settled()
    await ana.types("/ask Is there soup?", thread)
    first = await heard(discord, tavern, Message)
    assert first.conversation.key == str(general.id)
    assert first.ref.key.startswith(f"{thread.id}/command-")
    await ana.types("/ask And tomorrow?", ana.dm())
    assert (await heard(discord, tavern, Message, 2)).conversation.direct


async def test_a_ledger_that_is_away(
    discord: LoopbackDiscord, tavern: Tavern, connect: Connect, ledger: Ledger
) -> None:
    """A command comes but once: who typed it is told to try again."""
    general, ana = discord.channel("general"), discord.person("Ana")
    await connect()
    await ready(discord)
    await break_ledger(ledger, broken=True)
    used = await ana.types("/ask When does it close?", general)
    await break_ledger(ledger, broken=False)
    assert shown(used) == NOT_STORED


async def test_a_ledger_that_is_slow(
    discord: LoopbackDiscord, tavern: Tavern, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Discord hears in time that an answer follows, and the answer follows."""
    monkeypatch.setattr(commands, "SOON", 0.0)
    general, ana = discord.channel("general"), discord.person("Ana")
    await connect()
    await ready(discord)
    used = await ana.types("/ask When does it close?", general)
    assert used.answered == 5
    await discord.until(lambda: ana.whispers)


async def test_names_are_offered_while_one_types(
    discord: LoopbackDiscord, connect: Connect
) -> None:
    """Those that begin as what is typed."""
    general, ana = discord.channel("general"), discord.person("Ana")
    await connect()
    await ready(discord)
    offered = await ana.begins("/tavernkeep he", general)
    assert all(one["value"].startswith("he") for one in offered)


async def test_the_commands_are_told_once(discord: LoopbackDiscord, connect: Connect) -> None:
    """Discord allows few changes a day: a second start changes nothing."""
    adapter = await connect()
    await ready(discord)
    await adapter.stop()
    await connect()
    asked = [one.route for one in discord.rest.calls if "/commands" in one.route]
    await discord.until(
        lambda: [one.route for one in discord.rest.calls if "/commands" in one.route] != asked
    )
    await discord.connected()
    assert len([one for one in discord.rest.calls if one.route.startswith("PUT /app")]) == 1
