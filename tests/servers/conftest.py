"""A loopback Slack and a loopback Discord, and a real client that is connected to each."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from tests.servers.discord import LoopbackDiscord
from tests.servers.discord_listener import Listener, listening
from tests.servers.slack import LoopbackSlack
from tests.servers.slack_person import Person
from tests.servers.slack_post import JSON, Channel


@pytest.fixture
async def slack() -> AsyncIterator[LoopbackSlack]:
    """Return a running Slack."""
    async with LoopbackSlack() as running:
        yield running


@pytest.fixture
def events(slack: LoopbackSlack) -> list[JSON]:
    """Return what the app was told, as it was told it."""
    return []


@pytest.fixture
async def app(slack: LoopbackSlack, events: list[JSON]) -> AsyncIterator[AsyncApp]:
    """Return a connected app of Bolt's that notes every event."""
    client = AsyncWebClient(token=slack.bot_token, base_url=slack.url)
    made = AsyncApp(client=client, signing_secret=slack.signing_secret)

    @made.use
    async def note(body: JSON, next: Any) -> None:  # noqa: A002  # Bolt injects by name
        events.append(body.get("event", body))
        await next()

    @made.event(re.compile("^(?!app_home_opened)"))
    async def taken() -> None:
        """Take an event."""

    handler = AsyncSocketModeHandler(made, slack.app_token)
    handler.client.web_client = client
    await handler.connect_async()  # type: ignore[no-untyped-call]
    yield made
    await handler.close_async()  # type: ignore[no-untyped-call]


@pytest.fixture
def ana(slack: LoopbackSlack) -> Person:
    """Return a person."""
    return slack.person("Ana")


@pytest.fixture
def hall(slack: LoopbackSlack) -> Channel:
    """Return a public channel with the bot in it."""
    return slack.channel("hall")


@pytest.fixture
def card() -> list[JSON]:
    """Return the blocks of an answer with feedback buttons."""
    return [
        {"type": "markdown", "text": "By hand."},
        {
            "type": "context_actions",
            "elements": [
                {
                    "type": "feedback_buttons",
                    "action_id": "feedback",
                    "positive_button": {
                        "text": {"type": "plain_text", "text": "Good"},
                        "value": "up:1",
                    },
                    "negative_button": {
                        "text": {"type": "plain_text", "text": "Bad"},
                        "value": "down:1",
                    },
                }
            ],
        },
    ]


@pytest.fixture
async def tavern() -> AsyncIterator[LoopbackDiscord]:
    """Return a running Discord."""
    async with LoopbackDiscord() as running:
        yield running


@pytest.fixture
async def listener(tavern: LoopbackDiscord) -> AsyncIterator[Listener]:
    """Return a client of discord.py that is connected to it."""
    async with listening(tavern) as connected:
        yield connected
