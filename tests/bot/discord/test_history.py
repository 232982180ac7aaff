"""What is read back from Discord: messages and emoji, as far as they stand and the bot may look."""

from datetime import UTC, datetime

import pytest

from bot.discord.gateway import TavernkeepClient
from bot.discord.history import MESSAGES, message_at, messages_after, standing_on
from bot.discord.identity import Identities
from core.errors import PlatformAwayError
from core.messages import MessageRef
from tests.servers.discord import LoopbackDiscord
from tests.servers.discord_permissions import HISTORY

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def identities(connected: TavernkeepClient) -> Identities:
    """Return what asks a running Discord."""
    return Identities(connected, lambda: NOW)


async def test_a_message(discord: LoopbackDiscord, identities: Identities) -> None:
    """It is read where it stands; of one that is gone, and where nobody writes, there is none."""
    hall, help_ = discord.channel("hall"), discord.forum("help")
    await discord.settled()
    said = await discord.person("Ana").says(hall, "hello")
    found = await message_at(await identities.channel(hall.id), said.id)
    assert found is not None
    assert found.id == said.id
    assert await message_at(await identities.channel(help_.id), said.id) is None
    said.deleted = True
    assert await message_at(await identities.channel(hall.id), said.id) is None


async def test_where_the_bot_may_not_read_back(
    discord: LoopbackDiscord, identities: Identities
) -> None:
    """That is no message that is gone: it is refused, and not asked again."""
    hall = discord.channel("hall")
    said = await discord.person("Ana").says(hall, "hello")
    hall.deny[discord.guild.id] = HISTORY
    await discord.settled()
    with pytest.raises(PlatformAwayError) as raised:
        await message_at(await identities.channel(hall.id), said.id)
    assert raised.value.refuses


async def test_messages_after_another(discord: LoopbackDiscord, identities: Identities) -> None:
    """They come oldest first, so many at a time; a channel that is gone has none."""
    hall, ana = discord.channel("hall"), discord.person("Ana")
    said = [(await ana.says(hall, f"{number}")).id for number in range(MESSAGES + 3)]
    await discord.settled()
    channel = await identities.channel(hall.id)
    found = await messages_after(channel, said[0])
    assert [one.id for one in found] == said[1 : MESSAGES + 1]
    assert [one.id for one in await messages_after(channel, found[-1].id)] == said[MESSAGES + 1 :]
    hall.deleted = True
    assert await messages_after(channel, said[0]) == []
    assert await messages_after(await identities.channel(discord.forum("help").id), 0) == []


async def test_emoji_that_stand(discord: LoopbackDiscord, identities: Identities) -> None:
    """Each with whose it is; one whose last was taken off while it was looked is passed over."""
    hall, ana, ben = discord.channel("hall"), discord.person("Ana"), discord.person("Ben")
    said = await ana.says(hall, "hello")
    await ana.reacts(said, "👍")
    await ben.reacts(said, "👍")
    await ben.reacts(said, "👎")
    await discord.settled()
    message = await message_at(await identities.channel(hall.id), said.id)
    assert message is not None
    ref = MessageRef(platform="discord", conversation=str(hall.id), key=str(said.id))
    found = await standing_on(message, ref, identities, NOW)
    assert {(one.person.name, one.emoji, one.added) for one in found} == {
        ("Ana", "👍", True),
        ("Ben", "👍", True),
        ("Ben", "👎", True),
    }
    discord.faults.next("404 10014", "reactions")
    found = await standing_on(message, ref, identities, NOW)
    assert [one.emoji for one in found] == ["👎"]
