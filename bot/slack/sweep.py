"""Sweep: what happened to the bot's answers while it was away, read back from Slack.

Slack delivers an event a few times and then no more. So reactions to the answers of the last days,
replies in their threads and who may read their conversations are compared after every start, and
every hour; what was missed has its effect then, once.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta

from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.client import UNREACHABLE
from bot.slack.history import as_event, reactions_on, replies_since
from bot.slack.identity import Identities
from bot.slack.payload import NOTHING, PLATFORM, Payload, parts_at, text_at
from bot.slack.translation import standing_of, users_of
from bot.slack.workspace import Workspace
from core.assistant import Assistant
from core.errors import LedgerError, PlatformAwayError
from core.messages import Conversation, Reopened
from core.sweeping import Post

log = logging.getLogger(__name__)
SINCE = timedelta(days=7)
EVERY = 3600.0  # seconds
PACE = 1.3  # seconds between two calls: Slack allows fifty of a kind a minute


class Sweep:
    """Reads back what was missed. Each run does the same as if nothing had been missed: nothing."""

    def __init__(
        self,
        *,
        assistant: Assistant,
        client: AsyncWebClient,
        workspace: Workspace,
        identities: Identities,
        happened: Callable[[Payload, Payload], Awaitable[None]],
        now: Callable[[], datetime],
        pace: float = PACE,
    ) -> None:
        """Take where to read and who takes what was missed; `pace` is seconds between two calls."""
        self._assistant = assistant
        self._client = client
        self._workspace = workspace
        self._identities = identities
        self._happened = happened
        self._now = now
        self._pace = pace
        self._told: dict[str, Conversation] = {}  # how each conversation was last stored

    async def keep_up(self) -> None:
        """Run now and every hour, until cancelled."""
        while True:
            try:
                await self.run()
            except (LedgerError, PlatformAwayError, *UNREACHABLE) as error:
                log.warning("What was missed in Slack is read again in an hour: %s", error)
            await asyncio.sleep(EVERY)

    async def run(self) -> None:
        """Read everything back once, conversations first: who reads what comes before all else."""
        posts = await self._assistant.posts_since(PLATFORM, self._now() - SINCE)
        for conversation in dict.fromkeys(post.ref.conversation for post in posts):
            await self._reread(conversation)
        for post in posts:
            await self._reactions(post)
        for (conversation, thread), oldest in _threads(posts).items():
            await self._replies(conversation, thread, oldest)

    async def _reread(self, key: str) -> None:
        at = self._now()
        conversation = await self._identities.reread(key)
        if self._told.get(key) != conversation:
            identity = f"looked-up:{conversation.id}:{at.isoformat()}"
            await self._assistant.receive(
                Reopened(event_id=identity, conversation=conversation, at=at)
            )
            self._told[key] = conversation
        await asyncio.sleep(self._pace)

    async def _reactions(self, post: Post) -> None:
        at = self._now()
        message = await reactions_on(self._client, post.ref.conversation, post.ref.key)
        if message is not NOTHING:
            keys = (key for told in parts_at(message, "reactions") for key in users_of(told))
            people = await self._identities.people(keys)
            people.pop(self._workspace.user, None)
            await self._assistant.sweep(post.ref, standing_of(message, post.ref, people, at), at)
        await asyncio.sleep(self._pace)

    async def _replies(self, conversation: str, thread: str, oldest: str) -> None:
        for message in await replies_since(self._client, conversation, thread, oldest):
            if text_at(message, "ts") > oldest:
                await self._happened(NOTHING, as_event(message, conversation))
        await asyncio.sleep(self._pace)


def _threads(posts: Iterable[Post]) -> dict[tuple[str, str], str]:
    """Return the threads of answers, each with the key of its oldest answer."""
    found: dict[tuple[str, str], str] = {}
    for post in posts:
        thread = (post.ref.conversation, post.thread or post.ref.key)
        found[thread] = min(post.ref.key, found.get(thread, post.ref.key))
    return found
