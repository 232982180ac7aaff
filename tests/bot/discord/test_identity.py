"""Who reads what follows from everybody's permissions; nothing is guessed."""

from datetime import UTC, datetime

import discord
import pytest

from bot.discord.identity import Identities
from core.errors import PlatformAwayError
from tests.bot.discord import wire
from tests.bot.discord.wire import CLOSED, GENERAL, GUILD, HELP

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def client() -> discord.Client:
    """Return a client that knows one server."""
    return wire.client()


@pytest.fixture
def identities(client: discord.Client) -> Identities:
    """Return what looks people and conversations up."""
    return Identities(client, lambda: NOW)


async def test_public_is_what_everybody_reads(identities: Identities) -> None:
    """A channel that everybody's role may not see, or whose past it may not read, is closed."""
    public = {
        key: (await identities.conversation(str(key))).public for key in (GENERAL, CLOSED, HELP)
    }
    assert public == {GENERAL: True, CLOSED: False, HELP: True}


async def test_a_thread_is_read_by_who_reads_its_channel(
    client: discord.Client, identities: Identities
) -> None:
    """It belongs to the channel that it hangs under; a private one is a conversation of its own."""
    for key, parent in ((500, GENERAL), (501, CLOSED)):
        place = identities.place_of(wire.opened_thread(client, key, parent))
        assert (place.conversation.key, place.thread) == (str(parent), key)
        assert place.conversation.public is (parent == GENERAL)
    held = identities.place_of(wire.opened_thread(client, 502, GENERAL, kind=12))
    assert (held.conversation.key, held.conversation.public, held.channel) == ("502", False, 502)


async def test_in_several_servers_nobody_is_everyone(client: discord.Client) -> None:
    """The people of two servers are no one circle, unless the settings say whose channels count."""
    client._connection._add_guild_from_data(wire.server(99))
    general = str(GENERAL)
    assert not (await Identities(client, lambda: NOW).conversation(general)).public
    assert (await Identities(client, lambda: NOW, [str(GUILD)]).conversation(general)).public
    assert not (await Identities(client, lambda: NOW, ["99"]).conversation(general)).public


async def test_what_is_untold_is_neither_open_nor_closed(
    client: discord.Client, identities: Identities
) -> None:
    """A server that Discord has not sent, or cannot send just now, is waited for."""
    guild = client.get_guild(GUILD)
    assert guild is not None
    guild.unavailable = True
    with pytest.raises(PlatformAwayError, match="who reads"):
        await identities.conversation(str(GENERAL))
    with pytest.raises(PlatformAwayError):
        identities.place_of(client.get_partial_messageable(7))


async def test_a_direct_conversation(client: discord.Client, identities: Identities) -> None:
    """It is the two of us, whatever is known of it."""
    for place in (
        await identities.place(77, direct=True),
        identities.place_of(wire.direct_channel(client)),
    ):
        assert place.conversation.direct
        assert not place.conversation.public
        assert place.thread is None
