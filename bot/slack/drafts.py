"""Drafts: where they are decided upon, and what stands there afterwards."""

from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.blocks import decided_blocks
from bot.slack.history import message_at
from bot.slack.press import undone
from core.feedback import Choice, Decision


async def settle_draft(client: AsyncWebClient, channel: str, key: str, decision: Decision) -> None:
    """Take the buttons off a draft, and say what became of it."""
    done = "Dismissed" if decision.choice is Choice.DISMISS else "Published"
    edited = ", edited," if decision.text else ""
    with undone():
        draft = await message_at(client, channel, key)
        await client.chat_update(
            channel=channel,
            ts=key,
            blocks=decided_blocks(draft, f"{done}{edited} by {decision.person.name}."),
            text=f"{done}.",
        )
