"""What is remembered of messages: up to where channels were heard, and where a talk began."""

from bot.discord.gateway import TavernkeepClient
from bot.discord.recent import HOPS, Recent
from bot.discord.translation import Own, Place
from core.messages import Conversation, Message, MessageRef
from tests.bot.discord.conftest import Connect, heard, quiet
from tests.bot.discord.wire import BOT, GENERAL, client, written
from tests.servers.discord import LoopbackDiscord
from tests.tavern import Tavern

ASKED = "@Tavernkeep When does it close?"


async def nothing(ref: MessageRef) -> str | None:  # as it is asked
    """Know of no message."""
    return None


def lookups(discord: LoopbackDiscord) -> int:
    """Return how often a single message was asked for."""
    return len(discord.rest.of("GET /channels/{channel}/messages/{message}"))


async def test_what_was_read_before_the_connection_began_anew_proves_nothing() -> None:
    """A gap may have come after it: what is heard from then on does not pass over it."""
    told = client()
    recent = Recent(told, Own(user=BOT), nothing)
    begun = recent.begun
    recent.begun_anew()
    recent.caught_up(GENERAL, begun)
    recent.saw(written(told, "morning", key=5))
    assert recent.heard_up_to(GENERAL) == 0
    recent.caught_up(GENERAL, recent.begun)
    recent.saw(written(told, "morning again", key=6))
    assert recent.heard_up_to(GENERAL) == 6


async def test_what_was_lost_meanwhile_stays_to_be_read() -> None:
    """A message that could not be stored while older ones were read back is read back next time."""
    told = client()
    recent = Recent(told, Own(user=BOT), nothing)
    recent.read(written(told, "older", key=5))
    recent.lost(written(told, "newer", key=6))
    recent.caught_up(GENERAL, recent.begun)
    recent.saw(written(told, "newest", key=7))
    assert recent.heard_up_to(GENERAL) == 5
    recent.caught_up(GENERAL, recent.begun)
    assert recent.heard_up_to(GENERAL) == 7


async def test_a_long_talk_with_the_bot_has_one_beginning(
    discord: LoopbackDiscord, tavern: Tavern, connect: Connect
) -> None:
    """Started anew it remembers none of the messages, and needs no look-up for what is stored."""
    general, ana = discord.channel("general"), discord.person("Ana")
    adapter = await connect()
    first = last = await ana.says(general, ASKED)
    for _ in range(HOPS // 2):
        last = await ana.says(general, "and then?", await discord.answer(last))
    answer = await discord.answer(last)
    await quiet(discord, adapter, tavern)
    await adapter.stop()
    await connect()
    await ana.says(general, "and in the end?", answer)
    found = await heard(discord, tavern, Message, HOPS // 2 + 2)
    assert (found.text, found.thread) == ("and in the end?", str(first.id))


async def test_a_long_talk_between_people_is_followed_back_a_few_steps(
    discord: LoopbackDiscord, logged_in: TavernkeepClient
) -> None:
    """What nobody has told of is looked up, and not without end."""
    general, ana, ben = discord.channel("general"), discord.person("Ana"), discord.person("Ben")
    talk = [await ana.says(general, "one")]
    for _ in range(HOPS + 2):
        talk.append(await ben.says(general, "another", talk[-1]))
    told = await logged_in.get_partial_messageable(general.id).fetch_message(talk[-1].id)
    recent = Recent(logged_in, Own(user=discord.world.bot.id), nothing)
    here = Conversation(platform="discord", key=str(general.id))
    before = lookups(discord)
    assert await recent.beginning(told, Place(conversation=here)) == str(talk[-2 - HOPS].id)
    assert lookups(discord) - before == HOPS
