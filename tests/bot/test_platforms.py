"""The platforms beside the room start where their tokens are set, and keep nobody waiting."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.adapter import Capability
from bot.app import open_app
from bot.platforms import in_discord, in_slack, platforms, start
from core.embedders.hashing import HashingEmbedder
from core.settings import Settings, load_settings
from tests.bot.discord.conftest import discord_settings
from tests.bot.slack.conftest import slack_settings
from tests.servers.discord import LoopbackDiscord
from tests.servers.slack import LoopbackSlack


@pytest.fixture
async def slack() -> AsyncIterator[LoopbackSlack]:
    """Return a running Slack."""
    async with LoopbackSlack() as running:
        yield running


@pytest.fixture
def settings(tmp_path: Path, pages: Path) -> Settings:
    """Return the settings of a bot that reads two pages."""
    return load_settings(
        env_file=None,
        data=tmp_path / "data",
        plugins=("folders", "help"),
        folders={"paths": (str(pages),)},
    )


def with_slack(settings: Settings, slack: LoopbackSlack, **chosen: str) -> Settings:
    """Return settings with the tokens of a Slack."""
    return settings.model_copy(update={"slack": slack_settings(slack, **chosen)})


async def test_without_tokens_there_is_the_room_alone(
    settings: Settings, embedder: HashingEmbedder
) -> None:
    """Nothing is said, and Slack's libraries are not even loaded."""
    said: list[str] = []
    async with open_app(settings, embedder=embedder) as app, platforms(app, said.append) as served:
        assert served == []
    assert (said, in_slack(settings)) == ([], False)


async def test_with_tokens_slack_is_served(
    settings: Settings, slack: LoopbackSlack, embedder: HashingEmbedder
) -> None:
    """It is said once it is connected, a question is answered, and it ends with the block."""
    said: list[str] = []
    chosen = with_slack(settings, slack)
    async with open_app(chosen, embedder=embedder) as app, platforms(app, said.append):
        await slack.until(lambda: said)
        asked = await slack.person("Ana").says(slack.channel("general"), "@Tavernkeep Kitchen?")
        await slack.answer(asked)
    assert said == ["Slack is connected."]
    await slack.until(lambda: not slack.sockets.connections)


async def test_a_wrong_token_is_one_sentence(
    settings: Settings, slack: LoopbackSlack, embedder: HashingEmbedder
) -> None:
    """The room goes on without Slack."""
    said: list[str] = []
    chosen = with_slack(settings, slack, bot_token="xoxb-nope")
    async with open_app(chosen, embedder=embedder) as app, platforms(app, said.append):
        await slack.until(lambda: said)
    assert len(said) == 1
    assert said[0].startswith("Without Slack: Slack does not take SLACK_BOT_TOKEN (invalid_auth).")


async def test_a_slack_that_is_away_is_tried_again(
    settings: Settings, slack: LoopbackSlack, embedder: HashingEmbedder
) -> None:
    """Whoever starts the bot while Slack is away need not start it again."""
    said: list[str] = []
    slack.faults.next("fatal_error", "auth.test", times=2)
    chosen = with_slack(settings, slack)
    async with open_app(chosen, embedder=embedder) as app, platforms(app, said.append, pause=0.01):
        await slack.until(lambda: said)
    assert said == ["Slack is connected."]


async def test_a_start_that_is_under_way_is_given_up(
    settings: Settings, slack: LoopbackSlack, embedder: HashingEmbedder
) -> None:
    """Who stops the bot does not wait for Slack."""
    slack.faults.always("hangs", "auth.test")
    chosen = with_slack(settings, slack)
    async with asyncio.timeout(10):
        async with open_app(chosen, embedder=embedder) as app, platforms(app, print):
            await asyncio.sleep(0.1)


async def test_no_answer_is_in_the_making_once_its_platform_has_stopped(
    settings: Settings, slack: LoopbackSlack, embedder: HashingEmbedder
) -> None:
    """Who stops the bot while it answers leaves no message in Slack that still grows."""
    said: list[str] = []
    slack.faults.always("hangs", "chat.postMessage")
    chosen = with_slack(settings, slack)
    async with open_app(chosen, embedder=embedder) as app:
        under_way = app.assistant._worker._tasks
        async with platforms(app, said.append):
            await slack.until(lambda: said)
            await slack.person("Ana").says(slack.channel("general"), "@Tavernkeep Kitchen?")
            await slack.until(lambda: under_way)
        assert not under_way
    assert not any(post.streaming for post in slack.workspace.posts.values())


async def test_with_its_token_discord_is_served(
    settings: Settings, embedder: HashingEmbedder
) -> None:
    """It is said once it is connected, and a question is answered."""
    said: list[str] = []
    async with LoopbackDiscord() as discord:
        general = discord.channel("general")
        chosen = settings.model_copy(update={"discord": discord_settings(discord)})
        async with open_app(chosen, embedder=embedder) as app, platforms(app, said.append):
            await discord.until(lambda: said)
            asked = await discord.person("Ana").says(general, "@Tavernkeep Kitchen?")
            await discord.answer(asked)
        await discord.until(lambda: not discord.gateway.connected)
    assert (said, in_discord(settings), in_discord(chosen)) == (
        ["Discord is connected."],
        False,
        True,
    )


class BrokenAdapter:
    """A platform whose start stumbles over something that nobody thought of."""

    platform = "broken"
    capabilities: frozenset[Capability] = frozenset()

    async def start(self) -> None:
        """Stumble."""
        raise ZeroDivisionError

    async def stop(self) -> None:
        """There is nothing to stop."""


async def test_a_start_that_stumbles_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """It ends nobody else's work, and does not go unnoticed."""
    task = start(BrokenAdapter(), print, 0.0)
    await asyncio.wait([task])
    (record,) = caplog.records
    assert record.exc_info is not None
