"""One person on several platforms: by `/link` they are one rater, through the real entry points."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.embedders.hashing import HashingEmbedder
from core.feedback import Verdict
from tests.servers.discord import LoopbackDiscord
from tests.servers.slack import LoopbackSlack
from tests.stories.discord_driver import DiscordPlatform
from tests.stories.house import House, opened_house
from tests.stories.slack_driver import SlackPlatform
from tests.stories.terminal_driver import TerminalPlatform

CODE = re.compile(r"/link ([0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4})")
HELPFUL = re.compile(r"(\d+) (?:found it )?helpful")


@pytest.fixture
async def house(tmp_path: Path, embedder: HashingEmbedder) -> AsyncIterator[House]:
    """Open the bot where people have accounts, and in a terminal."""
    async with LoopbackSlack() as slack, LoopbackDiscord() as discord:
        platforms = (SlackPlatform(slack), DiscordPlatform(discord), TerminalPlatform())
        async with opened_house(tmp_path, embedder, platforms) as opened:
            yield opened


def found(pattern: re.Pattern[str], words: str) -> str:
    """Return what stands in words where the pattern says."""
    hit = pattern.search(words)
    assert hit, words
    return hit[1]


async def test_corrected_on_one_and_judged_on_both_by_one(house: House) -> None:
    """Slack's correction is Discord's answer; Ana's two votes on it are one once she is linked."""
    slack = house.scene("slack")
    discord = house.platforms["discord"]
    question, hall = slack.topic.question, slack.hall
    ana, her = slack.ana, discord.guest("Ana")
    await slack.ben.corrects(await slack.asked(ana, question), slack.topic.better)
    await slack.reranked()
    await ana.judges(await slack.asked(ana, question), Verdict.UP)
    there = await discord.answer(await her.asks(hall, question))
    assert slack.topic.better in await discord.words(there)
    await her.judges(there, Verdict.UP)
    await slack.reranked()
    assert found(HELPFUL, await slack.told(slack.cleo, question)) == "2"

    code = found(CODE, await ana.commands(hall, "link"))
    assert "are one person to me" in await her.commands(hall, f"link {code}")
    await slack.reranked()
    assert found(HELPFUL, await slack.told(slack.cleo, question)) == "1"
    assert "Ana on Slack" in (await her.commands(hall, "link")).replace("`", "")
    assert "no other any more" in await ana.commands(hall, "link off")


async def test_a_terminal_takes_a_code_and_gives_none(house: House) -> None:
    """A code is given only where the platform says that nobody else reads; it is taken anywhere."""
    ana, here = house.platforms["slack"].guest("Ana"), house.platforms["terminal"].guest("Ana")
    assert "Others would read" in await here.commands("", "link")
    code = found(CODE, await ana.commands("hall", "link"))
    assert "your account on Slack are one person" in await here.commands("", f"link {code}")
    assert "no such code" in await here.commands("", "link 0000-0000-0000")
