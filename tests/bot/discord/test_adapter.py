"""The connection to Discord begins, goes on and ends as Discord wants it."""

import asyncio
import logging

import pytest

from bot.discord import gateway as module
from core.errors import PlatformAwayError, PlatformError
from core.messages import Message
from tests.bot.discord.conftest import SPEED, Connect, all_heard, heard
from tests.servers.discord import LoopbackDiscord
from tests.tavern import Tavern

ASKED = "@Tavernkeep When does it close?"


async def test_a_question_is_answered_and_nothing_is_left_behind(
    discord: LoopbackDiscord, tavern: Tavern, connect: Connect
) -> None:
    """No task and no connection outlives the adapter."""
    general = discord.channel("general")
    before = asyncio.all_tasks()
    adapter = await connect()
    asked = await discord.person("Ana").says(general, ASKED)
    assert (await discord.reply(asked)).author is discord.world.bot
    await tavern.assistant.drain()
    await adapter.stop()
    await discord.until(lambda: not discord.gateway.connected)
    ours = [one for one in asyncio.all_tasks() - before if "discord" in str(one.get_coro())]
    assert not [one for one in ours if "tests" not in str(one.get_coro())]


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ({"token": "nope"}, "does not take DISCORD_TOKEN"),
        ({"token": ""}, "DISCORD_TOKEN is not set"),
        ({"message_content": True}, "Message Content Intent"),
    ],
)
async def test_what_somebody_must_put_right(
    connect: Connect, chosen: dict[str, object], said: str
) -> None:
    """It is one sentence that names where to click, and it is not tried again."""
    with pytest.raises(PlatformError, match=said) as raised:
        await connect(**chosen)
    assert not isinstance(raised.value, PlatformAwayError)


@pytest.mark.parametrize("code", [4004, 4010, 4011, 4012, 4013, 4014])
async def test_close_codes_after_which_nobody_connects_again(
    discord: LoopbackDiscord,
    connect: Connect,
    caplog: pytest.LogCaptureFixture,
    code: int,
) -> None:
    """The log says why, once; Discord is left alone."""
    await connect()
    await discord.connected()
    await discord.gateway.close(code)
    await discord.until(lambda: "not in Discord any more" in caplog.text)
    await asyncio.sleep(0.1)
    assert len(discord.gateway.identified) == 1
    assert not discord.gateway.connected


async def test_of_several_connections_one_is_enough_to_end(
    discord: LoopbackDiscord, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    """What Discord refuses to one of them for good it refuses to all; none connects again."""
    discord.gateway.shards = 2
    await connect(shards=2, guilds=(str(discord.guild.id),))
    await discord.until(lambda: len(discord.gateway.identified) == 2)
    await discord.gateway.close(4014)
    await discord.until(lambda: "not in Discord any more" in caplog.text)
    await discord.until(lambda: not discord.gateway.connected)
    assert len(discord.gateway.identified) == 2
    assert "Message Content Intent" in caplog.text


async def test_a_discord_that_is_away(discord: LoopbackDiscord, connect: Connect) -> None:
    """The start can be tried again."""
    with pytest.raises(PlatformAwayError):
        await connect(api_url="http://127.0.0.1:9/api/v10")
    discord.faults.always("403 50001", "GET /gateway/bot")
    with pytest.raises(PlatformAwayError):
        await connect()
    discord.faults.clear()
    discord.gateway.refuses = 1
    with pytest.raises(PlatformAwayError, match="gateway"):
        await connect()
    await connect()


@pytest.mark.parametrize("how", ["drop", "reconnect", "invalidate", "forget"])
async def test_a_connection_that_breaks_off_loses_nothing(
    discord: LoopbackDiscord, tavern: Tavern, connect: Connect, how: str
) -> None:
    """It is resumed, or begun anew; what was asked meanwhile is answered, and once."""
    general, ana = discord.channel("general"), discord.person("Ana")
    await connect()
    await ana.says(general, ASKED)
    await heard(discord, tavern, Message)
    await discord.connected()
    if how == "reconnect":
        await discord.gateway.reconnect()
    elif how == "invalidate":
        await discord.gateway.invalidate(resumable=True)
    else:
        if how == "forget":
            discord.gateway.forget()
        discord.gateway.drop()
    await ana.says(general, "@Tavernkeep and on Sundays?")
    assert (await heard(discord, tavern, Message, 2)).text == "and on Sundays?"
    # What was asked may be read back sooner than Discord tells of it.
    met = (discord.gateway.identified, discord.gateway.resumed)
    await discord.until(lambda: len(met[0]) == 2 if how == "forget" else bool(met[1]))
    assert (len(met[0]) - 1, bool(met[1])) == ((1, False) if how == "forget" else (0, True))
    assert len(all_heard(tavern, Message)) == 2


async def test_a_connection_that_never_stands_is_given_up(
    discord: LoopbackDiscord, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    """Discord withdraws the token of a bot that begins anew too often; this one stops at ten."""
    await connect(speed=SPEED * 10)
    await discord.connected()
    for number in range(2, 12):
        discord.gateway.forget()
        discord.gateway.drop()
        await discord.until(
            lambda number=number: (
                len(discord.gateway.identified) >= number  # type: ignore[misc]
                or "10 times within an hour" in caplog.text
            )
        )
    await discord.until(lambda: "10 times within an hour" in caplog.text)
    assert len(discord.gateway.identified) == 10


@pytest.mark.parametrize(("remaining", "said"), [(400, "waits for"), (10, "Find out what ends it")])
async def test_a_bot_that_is_started_over_and_over(
    discord: LoopbackDiscord,
    connect: Connect,
    caplog: pytest.LogCaptureFixture,
    remaining: int,
    said: str,
) -> None:
    """It waits, and in the end it stays away, with a sentence; the last introductions are kept."""
    discord.gateway.remaining, discord.gateway.reset_after = remaining, 2000.0
    if remaining > 50:
        await connect()
        assert said in caplog.text
        return
    with pytest.raises(PlatformError, match=said):
        await connect()
    assert not discord.gateway.identified


async def test_several_connections(
    discord: LoopbackDiscord, tavern: Tavern, connect: Connect
) -> None:
    """Each has its share of the servers."""
    discord.gateway.shards = 2
    general = discord.channel("general")
    await connect(shards=2, guilds=(str(discord.guild.id),))
    await discord.until(lambda: len(discord.gateway.identified) == 2)
    await discord.person("Ana").says(general, ASKED)
    found = await heard(discord, tavern, Message)
    assert (found.text, found.conversation.public) == ("When does it close?", True)


async def test_over_several_connections_the_servers_that_count_are_named(
    discord: LoopbackDiscord, connect: Connect
) -> None:
    """The first to be told of would pass for the only one, and its channels for everyone's."""
    discord.gateway.shards = 2
    with pytest.raises(PlatformError, match=r"discord\.guilds"):
        await connect(shards=2)
    assert not discord.gateway.identified


async def test_no_secret_and_nobodys_words_are_logged(
    discord: LoopbackDiscord,
    tavern: Tavern,
    connect: Connect,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """discord.py would log all that is said; here it does not."""
    general = discord.channel("general")
    with caplog.at_level(logging.DEBUG, logger="bot"):
        await connect()
        await discord.person("Ana").says(general, ASKED)
        await heard(discord, tavern, Message)
    told = [one.getMessage() for one in caplog.records if one.name.startswith(("bot", "discord"))]
    assert discord.token not in "".join(told)
    assert "When does it close" not in "".join(told)


async def test_a_gateway_that_says_nothing(
    discord: LoopbackDiscord, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The start ends, and can be tried again."""
    monkeypatch.setattr(module, "PATIENCE", 0.05)
    monkeypatch.setattr(discord.gateway, "ready", lambda _: None)
    with pytest.raises(PlatformAwayError, match="silence"):
        await connect()
