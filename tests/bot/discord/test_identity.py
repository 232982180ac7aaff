"""Who reads what follows from everybody's permissions; nothing is guessed."""

from datetime import UTC, datetime

import discord as library
import pytest

from bot.discord.gateway import TavernkeepClient
from bot.discord.identity import Identities
from core.errors import PlatformAwayError
from tests.bot.discord import wire
from tests.bot.discord.wire import CLOSED, GENERAL, GUILD, HELP
from tests.servers.discord import LoopbackDiscord
from tests.servers.discord_permissions import HISTORY, IN_THREADS, MANAGE_THREADS, SEND
from tests.servers.discord_person import Person

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def client() -> library.Client:
    """Return a client that knows one server."""
    return wire.client()


@pytest.fixture
def identities(client: library.Client) -> Identities:
    """Return what looks people and conversations up."""
    return Identities(client, lambda: NOW)


async def test_public_is_what_everybody_reads(identities: Identities) -> None:
    """A channel that everybody's role may not see, or whose past it may not read, is closed."""
    public = {
        key: (await identities.conversation(str(key))).public for key in (GENERAL, CLOSED, HELP)
    }
    assert public == {GENERAL: True, CLOSED: False, HELP: True}


async def test_a_thread_is_read_by_who_reads_its_channel(
    client: library.Client, identities: Identities
) -> None:
    """It belongs to the channel that it hangs under; a private one is a conversation of its own."""
    for key, parent in ((500, GENERAL), (501, CLOSED)):
        place = identities.place_of(wire.opened_thread(client, key, parent))
        assert (place.conversation.key, place.thread) == (str(parent), key)
        assert place.conversation.public is (parent == GENERAL)
    held = identities.place_of(wire.opened_thread(client, 502, GENERAL, kind=12))
    assert (held.conversation.key, held.conversation.public, held.channel) == ("502", False, 502)


async def test_in_several_servers_nobody_is_everyone(client: library.Client) -> None:
    """The people of two servers are no one circle, unless the settings say whose channels count."""
    client._connection._add_guild_from_data(wire.server(99))
    general = str(GENERAL)
    assert not (await Identities(client, lambda: NOW).conversation(general)).public
    assert (await Identities(client, lambda: NOW, [str(GUILD)]).conversation(general)).public
    assert not (await Identities(client, lambda: NOW, ["99"]).conversation(general)).public


async def test_what_is_untold_is_neither_open_nor_closed(
    client: library.Client, identities: Identities
) -> None:
    """A server that Discord has not sent, or cannot send just now, is waited for."""
    guild = client.get_guild(GUILD)
    assert guild is not None
    guild.unavailable = True
    with pytest.raises(PlatformAwayError, match="who reads"):
        await identities.conversation(str(GENERAL))
    with pytest.raises(PlatformAwayError):
        identities.place_of(client.get_partial_messageable(7))


async def test_a_direct_conversation(client: library.Client, identities: Identities) -> None:
    """It is the two of us, whatever is known of it."""
    for place in (
        await identities.place(77, direct=True),
        identities.place_of(wire.direct_channel(client)),
    ):
        assert place.conversation.direct
        assert not place.conversation.public
        assert place.thread is None


# -- who reads, and who writes -------------------------------------------------------------------


@pytest.fixture
def asked(connected: TavernkeepClient) -> Identities:
    """Return what asks a running Discord."""
    return Identities(connected, lambda: NOW)


async def reads(asked: Identities, key: int, *people: Person) -> list[bool]:
    """Say of each of some people whether they read a channel."""
    return [await asked.reads(str(key), one.id) for one in people]


async def test_who_reads_a_private_thread(discord: LoopbackDiscord, asked: Identities) -> None:
    """Its members, and who looks after all threads of its channel, as long as they are in the server."""
    ana, ben, cleo = (discord.person(name) for name in ("Ana", "Ben", "Cleo"))
    hall = discord.channel("hall")
    held = await ana.whispers_in(hall, "held", ana)
    hall.allow[cleo.user.id] = MANAGE_THREADS
    discord.announcer.channel("UPDATE", hall)
    await discord.settled()
    everybody = (ana, ben, cleo, discord.stranger("Dora"))
    assert await reads(asked, held.id, *everybody) == [True, False, True, False]
    del discord.guild.members[ana.user.id]
    assert await reads(asked, held.id, ana) == [False]
    discord.faults.next("403 50001", "GET /channels/{channel}/thread-members/{user}")
    with pytest.raises(PlatformAwayError):
        await asked.reads(str(held.id), ben.id)


async def test_who_reads_a_channel(discord: LoopbackDiscord, asked: Identities) -> None:
    """Only who may look back in it; a direct conversation is read by the one whose it is."""
    ana, ben = discord.person("Ana"), discord.person("Ben")
    hall = discord.channel("hall")
    hall.deny[ben.user.id] = HISTORY
    discord.announcer.channel("UPDATE", hall)
    await discord.settled()
    assert await reads(asked, hall.id, ana, ben) == [True, False]
    assert await reads(asked, ana.dm().id, ana, ben) == [True, False]


async def test_who_writes_in_a_channel(discord: LoopbackDiscord, asked: Identities) -> None:
    """Who reads it and may send there; in a thread, who may send in threads."""
    ana, ben, cleo = (discord.person(name) for name in ("Ana", "Ben", "Cleo"))
    hall = discord.channel("hall")
    thread = await ana.starts(await ana.says(hall, "About the kitchen"), "kitchen")
    hall.deny |= {ana.user.id: IN_THREADS, ben.user.id: SEND, cleo.user.id: HISTORY}
    discord.announcer.channel("UPDATE", hall)
    await discord.settled()
    people = (ana, ben, cleo)
    assert [await asked.writes(hall.id, one.id) for one in people] == [True, False, False]
    assert [await asked.writes(thread.id, one.id) for one in people] == [False, True, False]
    assert [await asked.writes(ana.dm().id, one.id) for one in (ana, ben)] == [True, False]


async def test_a_thread_whose_channel_is_untold(
    discord: LoopbackDiscord, logged_in: TavernkeepClient
) -> None:
    """Nobody is said to read it, or not to, before Discord has told what it hangs under."""
    ana = discord.person("Ana")
    held = await ana.whispers_in(discord.channel("hall"), "held", ana)
    with pytest.raises(PlatformAwayError, match="who reads"):
        await Identities(logged_in, lambda: NOW).reads(str(held.id), ana.id)


async def test_what_is_gone(discord: LoopbackDiscord, asked: Identities) -> None:
    """What was deleted is gone; what the bot may not see, or cannot ask for, may be there."""
    ana, hall = discord.person("Ana"), discord.channel("hall")
    held = await ana.whispers_in(hall, "held", ana)
    await ana.archives(held)
    await discord.settled()
    assert not await asked.is_gone(hall.id)
    assert not await asked.is_gone(held.id)
    discord.faults.next("403 50001", "GET /channels/{channel}")
    assert not await asked.is_gone(held.id)
    discord.faults.next("429 banned", "GET /channels/{channel}")
    with pytest.raises(PlatformAwayError):
        await asked.is_gone(held.id)
    await discord.removes(hall)
    assert await asked.is_gone(held.id)
