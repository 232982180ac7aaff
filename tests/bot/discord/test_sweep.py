"""What happened while the bot was away is read back from Discord, and has its effect once."""

import pytest

from bot.discord.adapter import DiscordAdapter
from bot.discord.sweep import SINCE
from core.feedback import Feedback, Verdict
from core.messages import Deleted, Edited, Message
from tests.bot.discord.conftest import Connect, all_heard, heard, quiet
from tests.servers.discord import LoopbackDiscord
from tests.servers.discord_permissions import HISTORY
from tests.servers.discord_post import Post
from tests.tavern import Tavern

ASKED = "@Tavernkeep When does it close?"


async def answered(
    discord: LoopbackDiscord, tavern: Tavern, adapter: DiscordAdapter, where: str = "general"
) -> Post:
    """Return the answer to a question, once it stands and its place is known."""
    asked = await discord.person("Ana").says(discord.channel(where), ASKED)
    answer = await discord.reply(asked)
    await quiet(discord, adapter, tavern)
    tavern.clock.advance(seconds=1)
    return answer


def looks(discord: LoopbackDiscord) -> int:
    """Return how often Discord was asked who reacted."""
    return len([one for one in discord.rest.calls if "reactions" in one.route])


async def test_emoji_that_came_and_went_while_away(
    discord: LoopbackDiscord, tavern: Tavern, connect: Connect
) -> None:
    """What stands now counts, what does not stand any more does not, and bots' say nothing."""
    adapter = await connect()
    ana, ben = discord.person("Ana"), discord.person("Ben")
    answer = await answered(discord, tavern, adapter)
    await ana.reacts(answer, "👍")
    await heard(discord, tavern, Feedback)
    await adapter.stop()
    tavern.clock.advance(seconds=1)
    await ana.unreacts(answer, "👍")
    await ben.reacts(answer, "👎")
    await discord.other_bot("Jira").reacts(answer, "👎")
    await connect()
    await heard(discord, tavern, Feedback, 3)
    found = {(one.person.name, one.verdict, one.withdrawn) for one in all_heard(tavern, Feedback)}
    assert found == {
        ("Ana", Verdict.UP, False),
        ("Ana", Verdict.UP, True),
        ("Ben", Verdict.DOWN, False),
    }


async def test_a_second_look_finds_nothing_new(
    discord: LoopbackDiscord, tavern: Tavern, connect: Connect
) -> None:
    """However often it is looked, what was missed has its effect once."""
    adapter = await connect()
    answer = await answered(discord, tavern, adapter)
    await adapter.stop()
    await discord.person("Ben").reacts(answer, "👎")
    for number in range(3):
        adapter = await connect()
        await heard(discord, tavern, Feedback)
        await discord.until(lambda number=number: looks(discord) > number)  # type: ignore[misc]
        await adapter.stop()
        tavern.clock.advance(seconds=1)
    assert len(all_heard(tavern, Feedback)) == 1
    assert len(all_heard(tavern, Message)) == 1


async def test_what_was_said_to_the_bot_while_away(
    discord: LoopbackDiscord, tavern: Tavern, connect: Connect
) -> None:
    """In a channel where it never answered, in one where it did, in a thread, and directly."""
    adapter = await connect()
    ana, general, other = (
        discord.person("Ana"),
        discord.channel("general"),
        discord.channel("other"),
    )
    asked = await ana.says(ana.dm(), "hello?")
    await discord.reply(asked)
    answer = await answered(discord, tavern, adapter)
    thread = await ana.starts(answer, "closing")
    await adapter.stop()
    await ana.says(general, "and on Sundays?", answer)
    await ana.says(other, "@Tavernkeep and here?")
    await ana.says(other, "just between us")
    await ana.says(thread, "@Tavernkeep and in here?")
    await ana.says(ana.dm(), "still there?")
    await connect()
    await heard(discord, tavern, Message, 6)
    said = {one.text for one in all_heard(tavern, Message)[2:]}
    assert said == {"and on Sundays?", "and here?", "and in here?", "still there?"}


async def test_what_was_lost_with_a_session_is_read_back(
    discord: LoopbackDiscord, tavern: Tavern, connect: Connect
) -> None:
    """Discord keeps no events of a session that it has forgotten; the bot reads them itself."""
    adapter = await connect()
    await answered(discord, tavern, adapter)
    hall = discord.channel("hall")
    await discord.settled()
    discord.gateway.forget()
    await discord.person("Ana").says(hall, "@Tavernkeep while nobody listened?")
    discord.gateway.drop()
    assert (await heard(discord, tavern, Message, 2)).text == "while nobody listened?"


async def test_a_channel_that_may_not_be_read_is_asked_once(
    discord: LoopbackDiscord, tavern: Tavern, connect: Connect
) -> None:
    """Discord bans who asks too often for what it refuses; other channels are read all the same."""
    adapter = await connect()
    general = discord.channel("general")
    for _ in range(3):
        await answered(discord, tavern, adapter)
    other = await answered(discord, tavern, adapter, "other")
    await adapter.stop()
    general.deny[discord.guild.id] = HISTORY
    await discord.person("Ben").reacts(other, "👍")
    await connect()
    await heard(discord, tavern, Feedback)
    await discord.settled()
    refused = [one for one in discord.rest.calls if one.status == 403]
    assert len(refused) <= 1


@pytest.mark.parametrize("gone", ["message", "channel"])
async def test_what_is_gone_is_passed_over(
    discord: LoopbackDiscord, tavern: Tavern, connect: Connect, gone: str
) -> None:
    """An answer that was deleted while the bot was away keeps no other from being looked at."""
    adapter = await connect()
    first = await answered(discord, tavern, adapter)
    second = await answered(discord, tavern, adapter, "other")
    await adapter.stop()
    await (
        discord.person("Ana").deletes(first)
        if gone == "message"
        else discord.removes(first.channel)
    )
    await discord.person("Ben").reacts(second, "👎")
    await connect()
    assert (await heard(discord, tavern, Feedback)).verdict is Verdict.DOWN


async def test_a_channel_is_read_back_to_its_end(
    discord: LoopbackDiscord, tavern: Tavern, connect: Connect
) -> None:
    """However much people talked meanwhile, the last question is found as the first one is."""
    adapter = await connect()
    await answered(discord, tavern, adapter)
    await adapter.stop()
    general, ana = discord.channel("general"), discord.person("Ana")
    await ana.says(general, "@Tavernkeep and first?")
    for number in range(1050):
        await ana.says(general, f"talk {number}")
    await ana.says(general, "@Tavernkeep and last?")
    await connect()
    await heard(discord, tavern, Message, 3)
    assert [one.text for one in all_heard(tavern, Message)[1:]] == ["and first?", "and last?"]


@pytest.mark.parametrize("lost", ["a session", "a restart"])
async def test_what_is_said_before_a_channel_is_read_hides_nothing(
    discord: LoopbackDiscord, tavern: Tavern, connect: Connect, lost: str
) -> None:
    """People talk on, in several channels, before the bot has read what it missed there."""
    ana, ben = discord.person("Ana"), discord.person("Ben")
    halls = [discord.channel(f"hall {number}") for number in range(4)]
    adapter = await connect()
    await answered(discord, tavern, adapter)
    if lost == "a restart":
        await adapter.stop()
    else:
        discord.gateway.forget()
    for hall in halls:
        await ana.says(hall, "@Tavernkeep while nobody listened?")
    begun = len(discord.gateway.identified)
    if lost == "a restart":
        await connect()
    else:
        discord.gateway.drop()
    await discord.until(lambda: len(discord.gateway.identified) > begun)
    for hall in halls:
        await ben.says(hall, "morning")
    await heard(discord, tavern, Message, 5)
    assert len({one.ref for one in all_heard(tavern, Message)}) == 5


@pytest.mark.parametrize("known", [True, False])
async def test_a_bot_that_answered_nothing_lately(
    discord: LoopbackDiscord, tavern: Tavern, connect: Connect, known: bool
) -> None:
    """Though it stayed away for longer than for minutes, it looks back; be it new or long idle."""
    adapter = await connect()
    if known:
        await answered(discord, tavern, adapter)
    await quiet(discord, adapter, tavern)
    await adapter.stop()
    await discord.person("Ana").says(discord.channel("hall"), "@Tavernkeep anybody there?")
    tavern.clock.advance(minutes=20)
    await connect()
    assert (await heard(discord, tavern, Message, 1 + known)).text == "anybody there?"


async def test_a_question_that_was_edited_while_away(
    discord: LoopbackDiscord, tavern: Tavern, connect: Connect
) -> None:
    """It is as if Discord told of it now: once, however often it is looked."""
    adapter = await connect()
    asked = await discord.person("Ana").says(discord.channel("general"), ASKED)
    await discord.answer(asked)
    await quiet(discord, adapter, tavern)
    await adapter.stop()
    await discord.person("Ana").edits(asked, "@Tavernkeep When does it open?")
    for _ in range(2):
        adapter = await connect()
        assert (await heard(discord, tavern, Edited)).text == "When does it open?"
        await adapter.stop()
    assert len(all_heard(tavern, Edited)) == 1


async def test_a_question_that_was_deleted_while_away(
    discord: LoopbackDiscord, tavern: Tavern, connect: Connect
) -> None:
    """What was learned from it goes, and it is not looked for again."""
    adapter = await connect()
    asked = await discord.person("Ana").says(discord.channel("general"), ASKED)
    await discord.answer(asked)
    await quiet(discord, adapter, tavern)
    ref = all_heard(tavern, Message)[0].ref
    (post,) = await tavern.assistant.posts_since("discord", tavern.clock() - SINCE)
    question = await tavern.assistant.asked(post.answer_id)
    assert question is not None
    assert question.ref == ref
    await adapter.stop()
    await discord.person("Ana").deletes(asked)
    await connect()
    assert (await heard(discord, tavern, Deleted)).ref == ref
    await tavern.assistant.drain()
    assert await tavern.assistant.asked(post.answer_id) is None
    answer = await tavern.assistant.answer(post.answer_id)
    assert answer is not None
    assert (answer.question.text, "forgotten" in answer.text) == ("", True)
