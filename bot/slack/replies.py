"""Replies: makes the reply to each message, and ends in order what is left open."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.identity import Identities
from bot.slack.pace import Pace
from bot.slack.reply import SlackReply
from bot.slack.workspace import Workspace
from core.messages import Message
from core.settings import SlackSettings


class Replies:
    """All replies of a process: they share how often Slack is asked to show something."""

    def __init__(
        self,
        client: AsyncWebClient,
        *,
        workspace: Workspace,
        identities: Identities,
        settings: SlackSettings,
        now: Callable[[], datetime],
        links: Sequence[str] = (),
        pace: Pace | None = None,
    ) -> None:
        """Begin: what was written before now may have been answered in part by another process."""
        self._client = client
        self._workspace = workspace
        self._identities = identities
        self._settings = settings
        self._now = now
        self._links = links
        self._pace = pace or Pace()
        self._opened = now()

    def reply_to(self, message: Message) -> SlackReply:
        """Return where a message's answer will stand."""
        return SlackReply(
            self._client,
            message,
            settings=self._settings,
            workspace=self._workspace,
            identities=self._identities,
            now=self._now,
            pace=self._pace,
            links=self._links,
            opened=self._opened,
        )

    async def close(self) -> None:
        """End every message that still grows; whoever answers later goes on in it."""
        await asyncio.gather(*(message.close() for message in self._pace.growing))
