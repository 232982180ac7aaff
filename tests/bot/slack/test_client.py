"""The Web API's client waits as it is told, repeats nothing that was seen, and tells no secret."""

import logging
from collections.abc import AsyncIterator

import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.response import HttpResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.client import UNREACHABLE, asked, away, close, payload_of, sdk_logger, web_client
from core.errors import PlatformAwayError
from tests.bot.slack.conftest import slack_settings
from tests.servers.slack import LoopbackSlack


@pytest.fixture
async def client(slack: LoopbackSlack) -> AsyncIterator[AsyncWebClient]:
    """Return a client of the loopback Slack."""
    made = web_client(slack_settings(slack))
    yield made
    await close(made)


async def test_a_call_that_is_put_off_is_made_later(
    slack: LoopbackSlack, client: AsyncWebClient
) -> None:
    """Retry-After is waited out, and the call succeeds."""
    slack.faults.next("429", "chat.postMessage", seconds=1)
    await client.chat_postMessage(channel=slack.channel("general").id, text="hi")
    first, second = (one.at for one in slack.web.calls)
    assert second - first >= 1.0


async def test_a_call_that_is_put_off_for_long_fails_at_once(
    slack: LoopbackSlack, client: AsyncWebClient
) -> None:
    """Nothing waits longer than a minute: whoever called knows what to do meanwhile."""
    slack.faults.next("429", "auth.test", seconds=3600)
    with pytest.raises(SlackApiError):
        await client.auth_test()
    assert len(slack.web.calls) == 1


async def test_what_may_have_been_seen_is_not_repeated(
    slack: LoopbackSlack, client: AsyncWebClient
) -> None:
    """A message whose answer was lost stands already; looking is repeated without harm."""
    general = slack.channel("general")
    slack.faults.next("dropped after", "chat.postMessage")
    with pytest.raises(UNREACHABLE):
        await client.chat_postMessage(channel=general.id, text="hi")
    assert len([one for one in slack.web.calls if one.method == "chat.postMessage"]) == 1
    slack.faults.next("dropped before", "conversations.info")
    told = payload_of(await client.conversations_info(channel=general.id))
    assert told["channel"]["id"] == general.id


async def test_being_away_is_one_sentence_without_secrets(slack: LoopbackSlack) -> None:
    """Whatever the SDK raises, its callers see one kind of error."""
    settings = slack_settings(slack, api_url="http://127.0.0.1:9/api/")
    made = web_client(settings)
    with pytest.raises(PlatformAwayError) as told, away():
        await made.auth_test()
    await close(made)
    assert slack.bot_token not in str(told.value)
    assert "ClientConnectorError" in str(told.value)


async def test_a_refusal_is_told_by_its_name(slack: LoopbackSlack, client: AsyncWebClient) -> None:
    """Slack's word for what is wrong can be looked up."""
    slack.faults.next("team_access_not_granted", "auth.test")
    with pytest.raises(PlatformAwayError, match="team_access_not_granted"), away():
        await client.auth_test()


def test_nothing_secret_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Tokens and tickets are taken out of messages, and tracebacks that hold them are dropped."""
    logger = sdk_logger()
    assert sdk_logger() is logger
    assert len(logger.filters) == 1
    with caplog.at_level(logging.INFO, logger=logger.name):
        logger.info("with %s and %s", "xoxb-1-abc", "wss://x/link/?ticket=t-1&app_id=2")
        logger.error("broken", exc_info=ValueError("xapp-1-abc"))
    assert "abc" not in caplog.text
    assert "t-1" not in caplog.text
    assert "app_id=2" in caplog.text


async def test_a_token_in_the_environment_is_no_reason_to_warn(
    slack: LoopbackSlack,
    client: AsyncWebClient,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is where the token comes from; Bolt would say that it is not used."""
    monkeypatch.setenv("SLACK_BOT_TOKEN", slack.bot_token)
    AsyncApp(client=client, signing_secret="secret", logger=sdk_logger())
    assert not caplog.records


def test_messages_of_people_are_not_logged() -> None:
    """The SDK would log every request and answer, with what people wrote."""
    assert not sdk_logger().isEnabledFor(logging.DEBUG)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [({"Retry-After": ["7"]}, 7), ({"retry-after": "soon"}, 1), ({}, 1)],
)
def test_the_wait_is_what_slack_asks(headers: dict[str, str | list[str]], seconds: int) -> None:
    """One second where it does not say."""
    assert asked(HttpResponse(status_code=429, headers=headers)) == seconds


@pytest.mark.parametrize(("host", "proxied"), [("inside.example.com", False), ("slack.com", True)])
async def test_no_proxy_is_honoured(
    monkeypatch: pytest.MonkeyPatch, slack: LoopbackSlack, host: str, proxied: bool
) -> None:
    """The SDK reads HTTPS_PROXY alone; NO_PROXY names what is reached without one."""
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:3128")
    monkeypatch.setenv("NO_PROXY", "inside.example.com")
    made = web_client(slack_settings(slack, api_url=f"https://{host}/api/"))
    await close(made)
    assert bool(made.proxy) is proxied
