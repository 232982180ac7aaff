"""Messages are read back from where they stand; what is gone is nothing, and not an error."""

from collections.abc import AsyncIterator

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack import history
from bot.slack.client import close, web_client
from bot.slack.history import as_event, message_at, reactions_on, replies_since
from bot.slack.payload import NOTHING
from tests.bot.slack.conftest import slack_settings
from tests.servers.slack import LoopbackSlack


@pytest.fixture
async def client(slack: LoopbackSlack) -> AsyncIterator[AsyncWebClient]:
    """Return a client of a Slack that delivers nothing."""
    slack.deliveries.losing = True
    made = web_client(slack_settings(slack))
    yield made
    await close(made)


async def test_a_message_is_found_wherever_it_stands(
    slack: LoopbackSlack, client: AsyncWebClient
) -> None:
    """A reply and a thread's first message are read by methods of their own."""
    ana, general = slack.person("Ana"), slack.channel("general")
    first = await ana.says(general, "first")
    reply = await ana.says(general, "reply", first)
    lone = await ana.says(general, "lone")
    for one in (first, reply, lone):
        assert (await message_at(client, general.id, one.ts))["text"] == one.text


async def test_what_is_gone_is_nothing(slack: LoopbackSlack, client: AsyncWebClient) -> None:
    """Neither an unknown message nor an unknown conversation is an error; a broken Slack is."""
    general = slack.channel("general")
    assert await message_at(client, general.id, "1.000001") is NOTHING
    assert await message_at(client, "C404", "1.000001") is NOTHING
    assert await reactions_on(client, general.id, "1.000001") is NOTHING
    assert await replies_since(client, general.id, "1.000001", "0") == []
    for call in (
        message_at(client, general.id, "1.000001"),
        reactions_on(client, general.id, "1.000001"),
        replies_since(client, general.id, "1.000001", "0"),
    ):
        slack.faults.next("fatal_error")
        with pytest.raises(SlackApiError):
            await call


async def test_long_threads_are_read_page_by_page(
    slack: LoopbackSlack, client: AsyncWebClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Up to a number of pages, so that one thread cannot keep all others waiting."""
    monkeypatch.setattr(history, "PAGE", 2)
    monkeypatch.setattr(history, "PAGES", 2)
    ana, general = slack.person("Ana"), slack.channel("general")
    first = await ana.says(general, "0")
    for number in range(1, 6):
        await ana.says(general, str(number), first)
    read = await replies_since(client, general.id, first.ts, "0")
    assert [one["text"] for one in read] == ["0", "1", "2", "3"]


def test_a_message_that_was_read_back_looks_like_its_event() -> None:
    """It tells its conversation, which the Web API leaves out."""
    assert as_event({"text": "hi"}, "C1") == {"text": "hi", "type": "message", "channel": "C1"}
