"""The whole bot in a Slack on loopback, over either transport: opened, stopped and opened again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from bot.app import App, open_app
from bot.platforms import platforms
from bot.service import scheduled
from core.interfaces import Embedder
from core.scheduler import silent
from core.settings import Settings
from tests.servers.claude import LoopbackClaude, streamed
from tests.servers.claude_wire import JSON
from tests.servers.slack import LoopbackSlack
from tests.servers.slack_post import Channel, Post

ANSWER, PART, DRAFT = "tavernkeep_answer", "tavernkeep_part", "tavernkeep_draft"
PATIENCE = 30.0


class PensiveClaude(LoopbackClaude):
    """A Claude that pauses after its first words, so that Slack shows them before the others come."""

    async def _stream(self, request: web.Request, body: JSON, behaviour: str) -> web.StreamResponse:
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        pauses = iter((0.0, 0.7, 0.7))
        async for event in streamed(body, behaviour):
            await asyncio.sleep(next(pauses, 0.0) if b"text_delta" in event else 0.0)
            await response.write(event)
        await response.write_eof()
        return response


class SlackBot:
    """The bot as the service opens it, in one Slack."""

    def __init__(self, slack: LoopbackSlack, settings: Settings, embedder: Embedder) -> None:
        """Take where it works; nothing is open yet."""
        self.slack = slack
        self._settings = settings
        self._embedder = embedder
        self._app: App | None = None

    @property
    def app(self) -> App:
        """The opened bot."""
        assert self._app is not None, "the bot is not open"
        return self._app

    def with_claude(self, claude: LoopbackClaude) -> "SlackBot":
        """Return the same bot, which Claude answers for."""
        section = type(self._settings.anthropic)
        given = section.model_validate({"api_key": "sk-secret", "base_url": claude.url})
        settings = self._settings.model_copy(update={"anthropic": given})
        return SlackBot(self.slack, settings, self._embedder)

    def with_section(self, name: str, **given: Any) -> "SlackBot":
        """Return the same bot with other settings in one section."""
        section = getattr(self._settings, name)
        settings = self._settings.model_copy(update={name: section.model_copy(update=given)})
        return SlackBot(self.slack, settings, self._embedder)

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[App]:
        """Open the bot, let it read its documents, and connect it; closed, it leaves Slack."""
        said: list[str] = []
        async with (
            open_app(self._settings, embedder=self._embedder) as app,
            scheduled(app) as first,
        ):
            await first
            async with platforms(app, said.append) as adapters:
                self._app = app
                await self.slack.until(lambda: bool(said), PATIENCE)
                assert said == ["Slack is connected."], said
                url = getattr(adapters[0], "url", "")
                if url:
                    self.slack.posts_to(url)
                yield app
                self._app = None

    async def run(self, job: str) -> None:
        """Run a job, after all that was said had its effect."""
        await self.slack.settled()
        await self.app.assistant.drain()
        await self.app.assistant.run_job(job, silent)

    def answers(self, channel: Channel, thread: Post | None = None) -> list[Post]:
        """Return the finished answers of a channel, or of a thread of it, oldest first."""
        return [one for one in self.marked(channel, thread) if kind(one) == ANSWER]

    def marked(self, channel: Channel, thread: Post | None = None) -> list[Post]:
        """Return all that the bot said in a channel, or in a thread of it, oldest first."""
        said = said_by_bot(self.slack, channel)
        return [one for one in said if thread is None or one.root == thread.root]

    async def said(self, channel: Channel, number: int) -> Post:
        """Return the first, or another, message of the bot's in a channel, once it stands."""
        return (await self.slack.until(lambda: self.marked(channel)[number - 1 :], PATIENCE))[0]

    async def answer(self, channel: Channel, asked: Post, number: int = 1) -> Post:
        """Return the first, or another, finished answer in a thread."""
        found = await self.slack.until(lambda: self.answers(channel, asked)[number - 1 :], PATIENCE)
        return found[0]


def said_by_bot(slack: LoopbackSlack, channel: Channel) -> list[Post]:
    """Return all that the bot said in a channel and that stands, oldest first."""
    said = [one for one in slack.workspace.posts.values() if one.user == slack.workspace.bot.id]
    return sorted(
        (one for one in said if one.channel == channel.id and not one.deleted),
        key=lambda one: one.ts,
    )


def kind(post: Post) -> str:
    """Return what the bot marked a message as."""
    return str((post.metadata or {}).get("event_type", ""))
