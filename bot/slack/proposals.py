"""Proposals: a message that somebody pins becomes an answer, where a question belongs to it."""

from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.client import away
from bot.slack.history import as_event, message_at
from bot.slack.identity import Identities
from bot.slack.mrkdwn import plain, text_of
from bot.slack.payload import Payload, instant, text_at
from bot.slack.translation import (
    conversation_key,
    event_id,
    named_in,
    ref_of,
    speaker,
    thread_of,
)
from bot.slack.workspace import Workspace
from core.feedback import Proposal
from core.messages import Person


class Proposals:
    """Reads a pinned message back, and the first one of its thread, which is the question."""

    def __init__(
        self, client: AsyncWebClient, workspace: Workspace, identities: Identities
    ) -> None:
        """Take where messages are read."""
        self._client = client
        self._workspace = workspace
        self._identities = identities

    async def of(self, body: Payload, event: Payload, person: Person) -> Proposal | None:
        """Return what a person proposed by an emoji; None where there is nothing to be kept.

        Its `question` is None where the message starts no thread and stands in none. Raises
        `PlatformAwayError` where Slack cannot be asked.
        """
        conversation, key = conversation_key(event), text_at(event, "item", "ts")
        at = instant(text_at(event, "event_ts"))
        with away():
            message = await message_at(self._client, conversation, key)
            question = await self._question(message, conversation)
        if at is None or self._workspace.ignores(message) or not text_of(message):
            return None
        return Proposal(
            event_id=f"{event_id(body, event)}:proposal",
            ref=ref_of(conversation, key),
            conversation=await self._identities.conversation(conversation),
            person=person,
            author=await self._identities.person(speaker(message)),
            text=await self._read(message, conversation),
            question=question,
            thread=thread_of(message),
            at=at,
        )

    async def _question(self, message: Payload, conversation: str) -> str | None:
        """Return what the first message of a message's thread asks."""
        thread = thread_of(message)
        if thread is None:
            return None
        first = await message_at(self._client, conversation, thread)
        if self._workspace.ignores(first):
            return None
        return await self._read(first, conversation) or None

    async def _read(self, message: Payload, conversation: str) -> str:
        people = await self._identities.people(named_in(as_event(message, conversation)))
        names = {key: person.name for key, person in people.items()}
        return plain(text_of(message), self._workspace.user, names)
