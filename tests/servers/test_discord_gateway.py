"""The loopback gateway: how a connection begins, is taken up again, and ends for good."""

import asyncio

import aiohttp
import discord
import pytest

from tests.servers.discord import LoopbackDiscord
from tests.servers.discord_listener import INTENTS, Listener, listening


async def told(tavern: LoopbackDiscord, text: str) -> None:
    """Let somebody say something to the bot."""
    await tavern.person("Ana").says(tavern.channel("hall"), f"@Tavernkeep {text}")


@pytest.fixture(autouse=True)
def _hall(tavern: LoopbackDiscord) -> None:
    """Let there be a channel before the bot comes."""
    tavern.channel("hall")


async def heard(tavern: LoopbackDiscord, client: Listener, number: int) -> list[str]:
    """Return the last words of what was heard, once it is so much."""
    await tavern.until(lambda: len(client.said) >= number)
    await tavern.settled()
    return [said.split()[-1] for said in client.said]


async def test_a_dropped_connection_is_resumed_without_loss(
    tavern: LoopbackDiscord, listener: Listener
) -> None:
    """What happened while nobody was connected is told afterwards, in order and once."""
    await told(tavern, "one")
    tavern.gateway.drop()
    for word in ("two", "three"):
        await told(tavern, word)
    assert await heard(tavern, listener, 3) == ["one", "two", "three"]
    assert len(tavern.gateway.identified) == 1
    assert len(tavern.gateway.resumed) == 1


async def test_what_a_forgotten_session_missed_is_lost(
    tavern: LoopbackDiscord, listener: Listener
) -> None:
    """A session that cannot be resumed begins anew; what came in between is told to nobody."""
    tavern.gateway.drop()
    tavern.gateway.forget()
    await told(tavern, "lost")
    await asyncio.sleep(0)
    await tavern.until(lambda: len(tavern.gateway.identified) == 2, 15.0)
    await told(tavern, "new")
    assert await heard(tavern, listener, 1) == ["new"]


async def test_asked_to_reconnect_the_bot_resumes(
    tavern: LoopbackDiscord, listener: Listener
) -> None:
    """Op 7 costs nothing of the day's introductions."""
    await tavern.gateway.reconnect()
    await tavern.until(lambda: tavern.gateway.resumed)
    await told(tavern, "here")
    assert await heard(tavern, listener, 1) == ["here"]
    assert len(tavern.gateway.identified) == 1


async def test_an_invalid_session_that_may_be_resumed(
    tavern: LoopbackDiscord, listener: Listener
) -> None:
    """Op 9 with true is a resume."""
    await tavern.gateway.invalidate(resumable=True)
    await tavern.until(lambda: tavern.gateway.resumed)
    assert len(tavern.gateway.identified) == 1


@pytest.mark.parametrize("code", [4000, 4008, 4009])
async def test_codes_after_which_the_bot_comes_back(
    tavern: LoopbackDiscord, listener: Listener, code: int
) -> None:
    """Closed with a passing code, the bot comes back."""
    await tavern.gateway.close(code)
    await tavern.until(lambda: tavern.gateway.resumed)
    assert tavern.gateway.closed[0] == ("discord", code)


@pytest.mark.parametrize("code", [4004, 4010, 4011, 4012, 4013])
async def test_codes_after_which_the_bot_must_stay_away(
    tavern: LoopbackDiscord, listener: Listener, code: int
) -> None:
    """Closed with a final code, the client ends and connects no more."""
    await tavern.gateway.close(code)
    ended = await tavern.until(lambda: listener.ended)
    assert isinstance(ended, discord.ConnectionClosed)
    assert (ended.code, tavern.gateway.connected) == (code, False)


async def test_intents_that_are_not_switched_on_are_refused(tavern: LoopbackDiscord) -> None:
    """Asked for what the portal does not grant, the gateway closes with 4014."""
    intents = discord.Intents(INTENTS.value, message_content=True)
    async with listening(tavern, Listener(intents)) as client:
        assert isinstance(client.ended, discord.PrivilegedIntentsRequired)


async def test_a_heartbeat_that_is_not_acknowledged_ends_the_connection(
    tavern: LoopbackDiscord,
) -> None:
    """A client that hears no acknowledgement takes the connection for dead, and resumes."""
    tavern.gateway.interval = 0.1
    async with listening(tavern, Listener(heartbeat_timeout=0.2)):
        tavern.gateway.deaf = True
        await tavern.until(lambda: ("bot", 4000) in tavern.gateway.closed)
        tavern.gateway.deaf = False
        await tavern.until(lambda: tavern.gateway.resumed)


async def test_no_introductions_left_costs_the_token(tavern: LoopbackDiscord) -> None:
    """Who introduces itself once too often loses its token."""
    tavern.gateway.remaining = 0
    before = tavern.token
    async with listening(tavern) as client:
        assert isinstance(client.ended, discord.ConnectionClosed)
    assert tavern.token != before


async def test_shards_hear_their_own_servers(tavern: LoopbackDiscord) -> None:
    """Each shard is told of its servers; together they hear everything once."""
    other = tavern.server("Other")
    tavern.gateway.shards = tavern.gateway.wants_shards = 2
    den = tavern.channel("den", guild=other)
    ana = tavern.person("Ana", guild=other)

    class Sharded(Listener, discord.AutoShardedClient):
        """The same over two connections."""

    async with listening(tavern, Sharded(shard_count=2)) as client:
        await tavern.until(lambda: len(tavern.gateway.identified) == 2, 15.0)
        await tavern.settled()
        await told(tavern, "here")
        await ana.says(den, "@Tavernkeep there")
        assert sorted(await heard(tavern, client, 2)) == ["here", "there"]


async def test_too_few_shards_are_refused(tavern: LoopbackDiscord) -> None:
    """A bot in too many servers must come in more shards."""
    tavern.gateway.wants_shards = 2
    async with listening(tavern) as client:
        assert isinstance(client.ended, discord.ConnectionClosed)
        assert client.ended.code == 4011


async def test_a_gateway_that_is_away_is_tried_again(
    tavern: LoopbackDiscord, listener: Listener
) -> None:
    """While connections are refused nothing is lost that the session keeps."""
    tavern.gateway.refuses = 1
    tavern.gateway.drop()
    await told(tavern, "kept")
    await tavern.until(lambda: tavern.gateway.connected, 20.0)
    assert await heard(tavern, listener, 1) == ["kept"]


@pytest.mark.parametrize(
    ("payloads", "code"),
    [
        (["x" * 5000], 4002),
        (['{"op": 3, "d": {}}'], 4003),
        (['{"op": 6, "d": {"token": "no", "session_id": "x", "seq": 1}}'], 4004),
        (['{"op": 1, "d": null}'] * 125, 4008),
    ],
)
async def test_what_the_gateway_does_not_take(
    tavern: LoopbackDiscord, payloads: list[str], code: int
) -> None:
    """Too much, out of turn, with another's token, too often: each has its code."""
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{tavern.gateway.base}/gateway/") as socket,
    ):
        for payload in payloads:
            await socket.send_str(payload)
        while not socket.closed:
            await socket.receive()
        assert socket.close_code == code


async def test_servers_come_and_go(tavern: LoopbackDiscord, listener: Listener) -> None:
    """The bot is told of a server that it is added to, and of one that does not answer."""
    other = tavern.server("Other")
    await tavern.settled()
    assert {guild.name for guild in listener.guilds} == {"Tavern", "Other"}
    tavern.announcer.guild(other, away=True)
    await tavern.settled()
    assert [guild.unavailable for guild in listener.guilds if guild.id == other.id] == [True]
    tavern.announcer.guild(other, gone=True)
    await tavern.settled()
    assert {guild.name for guild in listener.guilds} == {"Tavern"}
