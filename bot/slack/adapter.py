"""SlackAdapter: Slack as a chat platform, put together from its parts."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import datetime

from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.adapter import Capability
from bot.background import Background
from bot.replies import Replies
from bot.slack.actions import ask_question, ask_why, register_actions
from bot.slack.client import UNREACHABLE, close, sdk_logger, web_client
from bot.slack.home import Home
from bot.slack.http_mode import HttpMode
from bot.slack.identity import Identities
from bot.slack.intake import Intake
from bot.slack.marks import Marks
from bot.slack.pace import Pace
from bot.slack.payload import PLATFORM
from bot.slack.proposals import Proposals
from bot.slack.reply import SlackReply
from bot.slack.socket_mode import SocketMode
from bot.slack.sweep import PACE, Sweep
from bot.slack.tokens import connection_address, introduced, missing_token
from bot.slack.workspace import Workspace
from core.assistant import Assistant
from core.errors import PlatformError
from core.feedback import Proposal
from core.messages import Message, Reaction
from core.settings import Settings

CAPABILITIES = frozenset(Capability) - {
    Capability.SOURCE_PAGE,
    Capability.HISTORY,
    Capability.LEARNED,
}


class SlackAdapter:
    """Receives what happens in one workspace, and answers there."""

    platform = PLATFORM
    capabilities = CAPABILITIES

    def __init__(
        self,
        settings: Settings,
        assistant: Assistant,
        now: Callable[[], datetime],
        speed: float = 1.0,
    ) -> None:
        """Take whom to hand events to; nothing is connected yet.

        `speed` is how many times quicker than Slack and people bear it the bot writes and reads.
        """
        self._settings = settings
        self._assistant = assistant
        self._now = now
        self._speed = speed
        self._opened = AsyncExitStack()
        self.workspace: Workspace | None = None
        self.url = ""  # where Slack's requests are taken, once it listens for them

    async def start(self) -> None:
        """Connect or listen, take up what was left, and read back what was missed.

        Raises `PlatformError` for what somebody must put right, and `PlatformAwayError` where
        Slack does not answer: then it can be started again.
        """
        missing = missing_token(self._settings.slack)
        if missing:
            raise PlatformError(missing)
        started = False
        try:
            await self._start()
            started = True
        finally:
            if not started:
                await self.stop()

    async def stop(self) -> None:
        """Take no more events, end what is under way, and leave no task and no connection behind."""
        opened, self._opened = self._opened, AsyncExitStack()
        await opened.aclose()

    async def _start(self) -> None:
        client = web_client(self._settings.slack)
        self._opened.push_async_callback(close, client)
        chosen = self._settings.slack
        self.workspace = (await introduced(client, chosen.allowed_bots)).workspace
        app_token = chosen.app_token.get_secret_value()
        socket = chosen.transport == "socket"
        address = await connection_address(client, app_token) if socket else ""
        identities = Identities(client, self._now)
        self._opened.push_async_callback(identities.close)
        replies = self._replies(client, self.workspace, identities)
        self._opened.push_async_callback(replies.close)
        background = Background("Slack", UNREACHABLE)
        self._opened.push_async_callback(background.close)
        intake = self._intake(client, self.workspace, identities, background)
        background.start(self._assistant.resume(PLATFORM, replies.reply_to))
        await asyncio.sleep(0)  # from here on the assistant knows where Slack's answers go
        await self._open(client, intake, identities, address)
        sweep = Sweep(
            assistant=self._assistant,
            client=client,
            workspace=self.workspace,
            identities=identities,
            happened=intake.happened,
            now=self._now,
            pace=PACE / self._speed,
        )
        background.start(sweep.keep_up())

    def _intake(
        self,
        client: AsyncWebClient,
        workspace: Workspace,
        identities: Identities,
        background: Background,
    ) -> Intake:
        async def asked_why(reaction: Reaction) -> None:
            answer = await self._assistant.asks_why(reaction)
            if answer is not None:
                await ask_why(client, reaction, answer)

        async def asked_question(proposal: Proposal) -> None:
            await ask_question(client, proposal)

        marks = Marks(
            assistant=self._assistant,
            workspace=workspace,
            identities=identities,
            proposals=Proposals(client, workspace, identities),
            background=background,
            settings=self._settings.conversations,
            on_answer_marked=asked_why,
            on_pinned=asked_question,
        )
        return Intake(
            assistant=self._assistant,
            workspace=workspace,
            identities=identities,
            marks=marks,
            home=Home(client, self._assistant, identities),
            background=background,
            now=self._now,
        )

    def _replies(
        self, client: AsyncWebClient, workspace: Workspace, identities: Identities
    ) -> Replies[SlackReply]:
        pace = Pace(speed=self._speed)

        def made(message: Message, opened: datetime) -> SlackReply:
            return SlackReply(
                client,
                message,
                workspace=workspace,
                identities=identities,
                settings=self._settings.slack,
                now=self._now,
                links=self._settings.conversations.links,
                pace=pace,
                opened=opened,
            )

        return Replies(made, pace, self._now)

    async def _open(
        self, client: AsyncWebClient, intake: Intake, identities: Identities, address: str
    ) -> None:
        """Let events come in, each through `intake` first; to an address, or by HTTP without one."""
        chosen = self._settings.slack
        app = AsyncApp(
            client=client,
            signing_secret=chosen.signing_secret.get_secret_value(),
            before_authorize=intake.commit,
            logger=sdk_logger(),
            name=PLATFORM,
        )
        register_actions(
            app,
            self._assistant,
            identities=identities,
            moderators=chosen.moderators,
            now=self._now,
        )
        if not address:
            http = HttpMode(app, chosen.host, chosen.port)
            await http.open()
            self._opened.push_async_callback(http.close)
            self.url = http.url
            return
        socket = SocketMode(app, client, chosen.app_token.get_secret_value())
        self._opened.push_async_callback(socket.close)
        await socket.open(address)
