"""A loopback Slack, a tavern behind it, and the adapter between the two."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, TypeAlias

import pytest

from bot.slack.adapter import SlackAdapter
from core.embedders.hashing import HashingEmbedder
from core.ledger.ledger import Ledger
from core.settings import Settings, SlackSettings
from tests.doubles import Clock
from tests.servers.slack import LoopbackSlack
from tests.tavern import Tavern, memory_tavern

Connect: TypeAlias = Callable[..., Awaitable[SlackAdapter]]


def slack_settings(slack: LoopbackSlack, **chosen: Any) -> SlackSettings:
    """Return settings with which the loopback Slack is reached."""
    given = {
        "bot_token": slack.bot_token,
        "app_token": slack.app_token,
        "signing_secret": slack.signing_secret,
        "api_url": slack.url,
        "port": 0,
    }
    return SlackSettings(**given | chosen)


@pytest.fixture
async def slack() -> AsyncIterator[LoopbackSlack]:
    """Return a running Slack."""
    async with LoopbackSlack() as running:
        yield running


@pytest.fixture
def clock() -> Clock:
    """Return a clock that stands at the present: Slack's timestamps are taken at their word."""
    return Clock(datetime.now(UTC))


@pytest.fixture
async def tavern(
    settings: Settings, ledger: Ledger, embedder: HashingEmbedder, clock: Clock
) -> AsyncIterator[Tavern]:
    """Return an open tavern that has read two pages."""
    opened = memory_tavern(settings, ledger, embedder, clock)
    await opened.open()
    yield opened
    await opened.assistant.stop()


@pytest.fixture
async def connect(
    slack: LoopbackSlack, tavern: Tavern, settings: Settings
) -> AsyncIterator[Connect]:
    """Return what starts an adapter, which is stopped after the test."""
    started: list[SlackAdapter] = []

    async def connected(**chosen: Any) -> SlackAdapter:
        chosen_settings = settings.model_copy(update={"slack": slack_settings(slack, **chosen)})
        adapter = SlackAdapter(chosen_settings, tavern.assistant, tavern.clock, speed=50.0)
        started.append(adapter)
        await adapter.start()
        if chosen.get("transport") == "http":
            slack.posts_to(adapter.url)
        return adapter

    yield connected
    for adapter in started:
        await adapter.stop()
