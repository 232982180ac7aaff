"""A Slack on loopback that the real SDK and Bolt talk to, with every failure that we know of.

    async with LoopbackSlack() as slack:
        settings = SlackSettings(bot_token=slack.bot_token, app_token=…, api_url=slack.url)
        ana, general = slack.person("Ana"), slack.channel("general")
        asked = await ana.says(general, "@Tavernkeep How do I connect it?")
        answer = await slack.answer(asked)
        await ana.reacts(answer, "thumbsdown")

Events go over Socket Mode, or, after `slack.posts_to(url)`, as signed HTTP requests to that address.
What goes wrong: `slack.faults` for the Web API, `slack.deliveries` and `slack.sockets` for events,
`slack.streams.life`, `slack.web.every` for rate limits, `slack.web.scopes` for what is not granted.
"""

import asyncio
import time
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Self, TypeVar

from aiohttp import web

from tests.servers.slack_chat import Chat
from tests.servers.slack_conversations import Conversations
from tests.servers.slack_deliveries import Ack, Deliveries
from tests.servers.slack_endpoint import Endpoint
from tests.servers.slack_events import Announcer
from tests.servers.slack_interactions import Interactions
from tests.servers.slack_people import People
from tests.servers.slack_person import Person
from tests.servers.slack_post import JSON, Channel, Post, SlackError
from tests.servers.slack_responses import ResponseUrls
from tests.servers.slack_sockets import Sockets
from tests.servers.slack_streams import Streams
from tests.servers.slack_views import Views
from tests.servers.slack_web import Arguments, Method, WebApi
from tests.servers.slack_workspace import Workspace

T = TypeVar("T")
PATIENCE = 10.0  # seconds that `until` waits where nobody says otherwise


class LoopbackSlack:
    """One workspace, and one app in it: Tavernkeep."""

    bot_token = "xoxb-loopback-bot"
    app_token = "xapp-loopback-app"
    signing_secret = "loopback-signing-secret"

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        """Prepare; nothing listens before `async with`. `now` is what timestamps are made of."""
        self.url = ""
        self.commands = {"/ask", "/tavernkeep"}
        self.acks: list[Ack] = []
        """Every acknowledgement, with the seconds that it took."""
        self.workspace = Workspace(now)
        self.sockets = Sockets(self.acks)
        self.endpoint = Endpoint(self.acks, self.signing_secret)
        self.deliveries = Deliveries(self.sockets)
        self.announcer = Announcer(self.workspace, self.deliveries)
        self.chat = Chat(self.workspace, self.announcer)
        self.streams = Streams(self.workspace, self.announcer, self.chat)
        self.people = People(self.workspace, self.announcer)
        self.views = Views(self.workspace)
        self.responses = ResponseUrls(self.workspace, self.announcer, self.chat)
        self.interactions = Interactions(self.workspace, self.responses)
        self.web = WebApi(self._methods(), self.bot_token, self.app_token)
        self.faults = self.web.faults
        self._persons: dict[str, Person] = {}
        self._runner: web.AppRunner | None = None

    def _methods(self) -> dict[str, Method]:
        parts = (
            self.chat,
            self.streams,
            self.people,
            self.views,
            Conversations(self.workspace),
        )
        found = {name: method for part in parts for name, method in part.methods().items()}
        return found | {"apps.connections.open": Method(run=self._connections, app_token=True)}

    async def _connections(self, given: Arguments) -> JSON:
        if not self.sockets.enabled:
            raise SlackError("socket_mode_not_enabled")
        return {"url": self.sockets.open_url()}

    async def __aenter__(self) -> Self:
        """Listen on a free port of loopback."""
        app = web.Application(client_max_size=16 * 2**20)
        app.router.add_route("*", "/api/{method}", self.web.answer)
        app.router.add_get("/link/", self.sockets.connect)
        app.router.add_post("/actions/{key}", self.responses.answer)
        self._runner = web.AppRunner(
            app, access_log=None, shutdown_timeout=0.2, handler_cancellation=True
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        base = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self.url = f"{base}/api/"
        self.sockets.base = self.responses.base = base
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop delivering and listening, and drop every connection."""
        await self.deliveries.stop()
        await self.sockets.stop()
        await self.endpoint.stop()
        if self._runner:
            await self._runner.cleanup()

    def posts_to(self, url: str) -> None:
        """Deliver as signed HTTP requests to an address from now on."""
        self.endpoint.url = url
        self.deliveries.transport = self.endpoint

    # -- who and where ---------------------------------------------------------------------------

    @property
    def names(self) -> dict[str, str]:
        """The users' ids by name."""
        return {one.name: one.id for one in self.workspace.users.values()}

    def person(self, name: str) -> Person:
        """Return somebody by name."""
        return self._persons.setdefault(name, Person(self, self.workspace.user(name)))

    def other_bot(self, name: str) -> Person:
        """Return another bot by name."""
        return self._persons.setdefault(name, Person(self, self.workspace.user(name, bot=True)))

    def channel(
        self,
        name: str,
        *,
        private: bool = False,
        members: Iterable[Person] = (),
        bot: bool = True,
    ) -> Channel:
        """Return a channel by name, new where there is none, with the bot in it."""
        held = {one.name: one for one in self.workspace.channels.values()}
        if name in held:
            return held[name]
        inside = {one.id for one in members} | ({self.workspace.bot.id} if bot else set())
        return self.workspace.conversation("group" if private else "channel", name, inside)

    def dm(self, *people: Person) -> Channel:
        """Return the direct conversation of the bot with one person, or with several."""
        return self.workspace.between({self.workspace.bot.id, *(one.id for one in people)})

    # -- what came of it -------------------------------------------------------------------------

    async def replies(self, channel: Channel, thread: Post | str) -> list[Post]:
        """Return what stands in a thread under its first message, oldest first."""
        root = thread.root if isinstance(thread, Post) else thread
        return [one for one in self.workspace.thread(channel.id, root) if one.ts != root]

    def answers(self, asked: Post) -> list[Post]:
        """Return what the bot has said so far in a message's thread and is through with."""
        inside = self.workspace.thread(asked.channel, asked.root)
        bot = self.workspace.bot.id
        return [one for one in inside if one.user == bot and not one.streaming and one != asked]

    async def answer(self, asked: Post, number: int = 1, seconds: float = PATIENCE) -> Post:
        """Return the bot's first, or another, message in a thread, once it is finished."""
        await self.until(lambda: len(self.answers(asked)) >= number, seconds)
        return self.answers(asked)[number - 1]

    async def until(self, wanted: Callable[[], T | None], seconds: float = PATIENCE) -> T:
        """Wait until something is so, and return it; fail with what stands in the workspace."""
        end = time.monotonic() + seconds
        while not (found := wanted()):
            if time.monotonic() > end:
                raise AssertionError(f"it did not happen in {seconds} s; {self}")
            await asyncio.sleep(0.01)
        return found

    async def settled(self) -> None:
        """Wait until nothing is on its way to the app."""
        await self.deliveries.settled()

    def __str__(self) -> str:
        """Return all that was said and called, for a test that fails."""
        said = [
            f"{one.channel} {one.ts} {one.thread or '-'} {one.user}{' …' * one.streaming}: {one.words}"
            for one in [*self.workspace.posts.values(), *self.workspace.whispers]
        ]
        calls = [f"{one.method} {one.error}".strip() for one in self.web.calls]
        lost = [one.name for one in self.deliveries.all if not one.acknowledged]
        lines = "\n".join(said)
        return f"the workspace holds:\n{lines}\ncalls: {calls}\nnot acknowledged: {lost}"
