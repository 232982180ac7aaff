"""A message that somebody pins becomes an answer where a question belongs to it, else that is asked."""

import pytest

from bot.sentences import WHICH_QUESTION
from core.feedback import Proposal
from tests.bot.discord.conftest import Connect, all_heard, heard, quiet
from tests.servers.discord import LoopbackDiscord
from tests.tavern import Tavern

QUESTION = "When does the cellar open?"
SAID = "At eight, by the back door."


@pytest.fixture(autouse=True)
def told(discord: LoopbackDiscord) -> None:
    """Let the bot read what nobody says to it."""
    discord.world.privileged = True


async def test_in_a_thread_the_question_is_what_it_was_started_from(
    discord: LoopbackDiscord, tavern: Tavern, connect: Connect
) -> None:
    """It stands in the channel that the thread hangs under."""
    ana, ben = discord.person("Ana"), discord.person("Ben")
    await connect(message_content=True)
    asked = await ana.says(discord.channel("hall"), QUESTION)
    thread = await ana.starts(asked, "the cellar")
    said = await ben.says(thread, SAID)
    await ana.reacts(said, "📌")
    found = await heard(discord, tavern, Proposal)
    assert (found.question, found.thread) == (QUESTION, str(asked.id))
    assert found.ref.key == f"{thread.id}/{said.id}"


async def test_in_a_forum_the_question_is_the_post(
    discord: LoopbackDiscord, tavern: Tavern, connect: Connect
) -> None:
    """Its title and its first words."""
    ana, ben = discord.person("Ana"), discord.person("Ben")
    forum = discord.forum("help")
    await connect(message_content=True)
    post = await ana.starts(forum, "The cellar", QUESTION)
    said = await ben.says(post, SAID)
    await ana.reacts(said, "📌")
    found = await heard(discord, tavern, Proposal)
    assert (found.question, found.thread) == (f"The cellar\n\n{QUESTION}", f"{post.id}/{post.id}")


@pytest.mark.parametrize("first", ["gone", "the bot's"])
async def test_where_the_beginning_is_no_question_it_is_asked_for(
    discord: LoopbackDiscord, tavern: Tavern, connect: Connect, first: str
) -> None:
    """What is gone, or what the bot itself wrote, is nobody's question."""
    hall, ana, ben = discord.channel("hall"), discord.person("Ana"), discord.person("Ben")
    adapter = await connect(message_content=True)
    begun = await ana.says(hall, QUESTION)
    if first != "gone":
        begun.author = discord.world.bot
    said = await ben.says(hall, SAID, begun)
    begun.deleted = first == "gone"
    await ana.reacts(said, "📌")
    (asks,) = await discord.until(lambda: discord.said_by_bot(ana.dm()))
    assert WHICH_QUESTION in asks.words
    await quiet(discord, adapter, tavern)
    assert not all_heard(tavern, Proposal)
