"""History: messages read back from Slack, each as an event that could have brought it."""

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.slack.client import payload_of, refusal
from bot.slack.payload import NOTHING, Payload, part_at, parts_at, text_at

# Slack's words for: there is nothing to read there, for the bot at least.
NOTHING_THERE = frozenset(
    {"channel_not_found", "message_not_found", "thread_not_found", "not_in_channel"}
)
PAGE = 200  # messages of one call
PAGES = 10  # of a thread that are read


async def message_at(client: AsyncWebClient, conversation: str, key: str) -> Payload:
    """Return a message by where it stands, in a thread or not; nothing where it is gone."""
    for of_thread in (True, False):
        try:
            told = payload_of(await _around(client, conversation, key, of_thread=of_thread))
        except SlackApiError as error:
            if refusal(error) not in NOTHING_THERE:
                raise
            continue
        for message in parts_at(told, "messages"):
            if text_at(message, "ts") == key:
                return message
    return NOTHING


async def _around(
    client: AsyncWebClient, conversation: str, key: str, *, of_thread: bool
) -> AsyncSlackResponse:
    """Ask for one message: for replies Slack has another method than for all others."""
    if of_thread:
        return await client.conversations_replies(
            channel=conversation, ts=key, oldest=key, latest=key, inclusive=True, limit=2
        )
    return await client.conversations_history(
        channel=conversation, oldest=key, latest=key, inclusive=True, limit=1
    )


async def replies_since(
    client: AsyncWebClient, conversation: str, thread: str, oldest: str
) -> list[Payload]:
    """Return a thread's messages after one of them, oldest first, and its first one with them."""
    found: list[Payload] = []
    cursor = ""
    for _ in range(PAGES):
        try:
            response = await client.conversations_replies(
                channel=conversation, ts=thread, oldest=oldest, limit=PAGE, cursor=cursor or None
            )
        except SlackApiError as error:
            if refusal(error) in NOTHING_THERE:
                break
            raise
        told = payload_of(response)
        found.extend(parts_at(told, "messages"))
        cursor = text_at(told, "response_metadata", "next_cursor")
        if not cursor:
            break
    return found


async def reactions_on(client: AsyncWebClient, conversation: str, key: str) -> Payload:
    """Return a message with everybody who reacted to it; nothing where it is gone."""
    try:
        told = await client.reactions_get(channel=conversation, timestamp=key, full=True)
    except SlackApiError as error:
        if refusal(error) in NOTHING_THERE:
            return NOTHING
        raise
    return part_at(payload_of(told), "message")


def as_event(message: Payload, conversation: str) -> Payload:
    """Return a message that was read back as the event that would have brought it."""
    return {**message, "type": "message", "channel": conversation}
