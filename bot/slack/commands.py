"""Slash commands: what is typed after them becomes a question, or one of the bot's commands."""

from datetime import datetime

from slack_bolt.response import BoltResponse

from bot.slack.identity import Identities
from bot.slack.payload import Payload, text_at
from bot.slack.translation import ref_of
from bot.slack.workspace import Workspace
from core.messages import Message

ASK, OWN = "/ask", "/tavernkeep"
NAMES = (ASK, OWN)
USAGE = "Write your question after the command: `/ask How do I renew the certificate?`"
NOT_HERE = (
    "I am not in this conversation, so I cannot answer here. Invite me with `/invite @{name}`, "
    "or ask me in a direct message."
)
NOT_STORED = "Sorry, this could not be taken just now. Please try it again in a moment."


class SlashCommands:
    """Translates slash commands; what they say is seen by nobody but the one who typed them."""

    def __init__(self, workspace: Workspace, identities: Identities) -> None:
        """Take who the bot is."""
        self._workspace = workspace
        self._identities = identities

    async def message_of(self, body: Payload, at: datetime) -> Message | str:
        """Return the message that a command is, or the sentence for who typed it otherwise.

        Raises `PlatformAwayError` where Slack does not tell who reads the conversation.
        """
        typed = text_at(body, "text").strip()
        text = typed if text_at(body, "command") == ASK else f"/{typed.removeprefix('/') or 'help'}"
        if not text:
            return USAGE
        key, trigger = text_at(body, "channel_id"), text_at(body, "trigger_id")
        if not await self._identities.takes_part(key):
            return NOT_HERE.format(name=self._workspace.name)
        return Message(
            event_id=f"command-{trigger}",
            ref=ref_of(key, f"command-{trigger}"),
            conversation=await self._identities.conversation(key),
            person=await self._identities.person(text_at(body, "user_id")),
            text=text,
            sent_at=at,
            addressed=True,
            private=True,
        )


def told(sentence: str) -> BoltResponse:
    """Return the acknowledgement that says a sentence to whoever typed the command."""
    return BoltResponse(status=200, body={"response_type": "ephemeral", "text": sentence})
