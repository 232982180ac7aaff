"""The adapter connects by either transport, says what is wrong with a token, and ends cleanly."""

import asyncio
import json
from collections.abc import AsyncIterator

import aiohttp
import pytest

from core.errors import PlatformAwayError, PlatformError
from core.messages import Message
from tests.bot.slack.conftest import Connect
from tests.bot.slack.test_intake import heard, quiet
from tests.servers.slack import LoopbackSlack
from tests.servers.slack_endpoint import signature
from tests.tavern import Tavern


async def test_it_keeps_two_connections(slack: LoopbackSlack, connect: Connect) -> None:
    """One may break off while the other takes events."""
    await connect()
    await slack.until(lambda: len(slack.sockets.connections) == 2)


@pytest.mark.parametrize("transport", ["socket", "http"])
async def test_it_leaves_nothing_behind(
    slack: LoopbackSlack, tavern: Tavern, connect: Connect, transport: str
) -> None:
    """After it has stopped there is no task and no connection of its own, and it may start again."""
    before = asyncio.all_tasks()
    adapter = await connect(transport=transport)
    await slack.person("Ana").says(slack.channel("general"), "lunch?")
    await quiet(slack, tavern)
    await adapter.stop()
    await slack.until(lambda: not slack.sockets.connections)
    await slack.endpoint.stop()
    await slack.until(
        lambda: not [one for one in asyncio.all_tasks() - before if "bot" in str(one.get_coro())]
    )
    await adapter.start()
    await adapter.stop()


@pytest.mark.parametrize(
    ("chosen", "named"),
    [
        ({"bot_token": "xoxb-wrong-one"}, "SLACK_BOT_TOKEN"),
        ({"app_token": "xapp-wrong-one"}, "SLACK_APP_TOKEN"),
        ({"bot_token": ""}, "SLACK_BOT_TOKEN"),
        ({"app_token": ""}, "SLACK_APP_TOKEN"),
        ({"transport": "http", "signing_secret": ""}, "SLACK_SIGNING_SECRET"),
    ],
)
async def test_a_wrong_token_is_one_sentence(
    connect: Connect, chosen: dict[str, str], named: str
) -> None:
    """It names the variable and where to get a right one, and not the token."""
    with pytest.raises(PlatformError) as told:
        await connect(**chosen)
    assert not isinstance(told.value, PlatformAwayError)
    assert named in str(told.value)
    assert "wrong-one" not in str(told.value)
    assert "api.slack.com/apps" in str(told.value)


@pytest.mark.parametrize("method", ["auth.test", "apps.connections.open"])
async def test_a_slack_that_is_away_is_tried_again(
    slack: LoopbackSlack, connect: Connect, method: str
) -> None:
    """That is another error, after which the same adapter can be started."""
    slack.faults.next("fatal_error", method)
    with pytest.raises(PlatformAwayError):
        await connect()
    await connect()


async def test_a_lost_connection_is_built_again(
    slack: LoopbackSlack, tavern: Tavern, connect: Connect
) -> None:
    """Cut or told to go, the bot comes back, and what was not acknowledged has its effect."""
    await connect()
    await slack.until(lambda: len(slack.sockets.connections) == 2)
    slack.sockets.ignore = 1
    slack.deliveries.patience = 0.5
    await slack.person("Ana").says(slack.channel("general"), "lunch?")
    await slack.sockets.disconnect(grace=0.1)
    await slack.until(lambda: slack.sockets.opened >= 4, seconds=20)
    assert (await heard(slack, tavern, Message)).text == "lunch?"
    await quiet(slack, tavern)
    assert all(one.acknowledged for one in slack.deliveries.all)


async def test_a_connection_that_stays_lost_is_begun_anew(
    slack: LoopbackSlack, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The SDK would go on with an address that no longer holds."""
    monkeypatch.setattr("bot.slack.socket_mode.LOST", 1.0)
    monkeypatch.setattr("bot.slack.socket_mode.LOOK", 0.1)
    monkeypatch.setattr("bot.slack.socket_mode.PING", 0.3)
    await connect()
    await slack.until(lambda: len(slack.sockets.connections) == 2)
    slack.faults.always("fatal_error", "apps.connections.open")
    slack.sockets.drop()
    await slack.until(lambda: not slack.sockets.connections)
    await asyncio.sleep(1.5)
    slack.faults.clear()
    await slack.until(lambda: len(slack.sockets.connections) == 2, seconds=20)


async def test_no_connection_at_all_is_being_away(
    slack: LoopbackSlack, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The start does not wait for ever."""
    monkeypatch.setattr("bot.slack.socket_mode.OPENING", 0.5)
    slack.sockets.base = "http://127.0.0.1:9"
    with pytest.raises(PlatformAwayError):
        await connect()


# -- signed HTTP ---------------------------------------------------------------------------------


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """Return what sends requests."""
    async with aiohttp.ClientSession() as made:
        yield made


async def test_the_address_proves_itself(slack: LoopbackSlack, connect: Connect) -> None:
    """Slack asks once, when the address is entered."""
    await connect(transport="http")
    assert await slack.endpoint.verify("prove it") == "prove it"


@pytest.mark.parametrize(("age", "secret"), [(301.0, ""), (-301.0, ""), (0.0, "another secret")])
async def test_what_is_not_signed_now_by_slack_is_refused(
    slack: LoopbackSlack, tavern: Tavern, connect: Connect, age: float, secret: str
) -> None:
    """A recorded request is of no use after five minutes, nor is one signed with another secret."""
    await connect(transport="http")
    event = {"type": "event_callback", "event": {"type": "message", "text": "hi"}}
    headers = {"Content-Type": "application/json"}
    status, _, _ = await slack.endpoint.post(json.dumps(event), headers, age=age, secret=secret)
    assert status == 401
    assert not tavern.ear.heard


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"X-Slack-Request-Timestamp": "soon", "X-Slack-Signature": "v0=1"}, 401),
        ({"X-Slack-Request-Timestamp": "1"}, 401),
        ({"X-Slack-Request-Timestamp": "1", "X-Slack-Signature": "v0=ü"}, 401),
        ({"X-Slack-Request-Timestamp": "1", "X-Slack-Signature": "v0=1"}, 400),
    ],
)
async def test_broken_requests_are_refused(
    connect: Connect, session: aiohttp.ClientSession, headers: dict[str, str], status: int
) -> None:
    """Nothing that a stranger sends makes the bot stumble."""
    adapter = await connect(transport="http")
    sent = {"Content-Type": "application/json", **headers}
    async with session.post(adapter.url, data="{broken", headers=sent) as response:
        assert response.status == status


async def test_a_port_that_is_taken_is_named(slack: LoopbackSlack, connect: Connect) -> None:
    """The settings that put it right are named."""
    taken = int(slack.url.split(":")[2].split("/")[0])
    with pytest.raises(PlatformError, match=r"slack\.port"):
        await connect(transport="http", port=taken)


def test_the_loopback_signs_as_bolt_checks() -> None:
    """The tests' signature is Slack's documented one."""
    assert signature("secret", "1", "body").startswith("v0=")
