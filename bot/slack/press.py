"""Presses: a button that was pressed, read from what Slack tells of it; and what is told in return."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from slack_sdk.models.blocks import Block
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.blocks import WITHIN, sentence_blocks
from bot.slack.client import UNREACHABLE
from bot.slack.payload import NOTHING, Payload, part_at, parts_at, text_at

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """One press: who pressed what, at which message, in which thread."""

    event_id: str
    user: str
    channel: str
    key: str
    thread: str
    trigger: str
    value: str


def press_of(body: Payload) -> Press:
    """Return the press that a payload tells of; its identity is the same however often it comes."""
    action = next(iter(parts_at(body, "actions")), NOTHING)
    user = text_at(body, "user", "id")
    container, block = part_at(body, "container"), text_at(action, "block_id")
    channel = text_at(body, "channel", "id") or text_at(container, "channel_id")
    within = block.removeprefix(WITHIN) if block.startswith(WITHIN) else ""
    named, at = text_at(action, "action_id"), text_at(action, "action_ts")
    return Press(
        event_id=f"press:{user}:{channel}:{at or text_at(body, 'trigger_id')}:{named}",
        user=user,
        channel=channel,
        key=text_at(container, "message_ts"),
        thread=text_at(container, "thread_ts") or text_at(body, "message", "thread_ts") or within,
        trigger=text_at(body, "trigger_id"),
        value=text_at(action, "value"),
    )


async def tell(
    client: AsyncWebClient,
    *,
    channel: str,
    user: str,
    said: str | Sequence[Block],
    thread: str = "",
    text: str = "",
) -> None:
    """Show somebody alone a sentence, or blocks with the `text` that notifications have of them."""
    blocks = sentence_blocks(said) if isinstance(said, str) else said
    with undone():
        await client.chat_postEphemeral(
            channel=channel,
            user=user,
            thread_ts=thread or None,
            blocks=blocks,
            text=text or (said if isinstance(said, str) else ""),
        )


@contextmanager
def undone() -> Iterator[None]:
    """Log that Slack did not take something that can be left undone."""
    try:
        yield
    except UNREACHABLE as error:
        log.warning("Something in Slack was left undone: %s", error)
