"""DiscordAdapter: Discord as a chat platform, put together from its parts."""

import asyncio
import logging
import time
from collections.abc import Callable, Collection
from contextlib import AsyncExitStack
from datetime import datetime

from bot.adapter import Capability
from bot.background import Background
from bot.discord.actions import ask_question, ask_why, register
from bot.discord.audiences import Audiences
from bot.discord.client import UNREACHABLE, pointed
from bot.discord.commands import SlashCommands, slash_commands
from bot.discord.deliveries import Deliveries
from bot.discord.gateway import Gateway, TavernkeepClient, client_of, log_in
from bot.discord.identifying import Identifying
from bot.discord.identity import Identities
from bot.discord.intake import Intake
from bot.discord.interactions import Interactions
from bot.discord.marks import Marks
from bot.discord.pace import Pace
from bot.discord.proposals import Proposals
from bot.discord.recent import Recent
from bot.discord.refusals import Refusals
from bot.discord.reply import DiscordReply
from bot.discord.sweep import PACE, Sweep
from bot.discord.sync import synchronise
from bot.discord.translation import PLATFORM, Own
from bot.replies import Replies
from core.assistant import Assistant
from core.errors import PlatformAwayError
from core.feedback import Proposal
from core.messages import Message, Reaction
from core.settings import Settings

log = logging.getLogger(__name__)
CAPABILITIES = frozenset(Capability) - {
    *(Capability.SOURCE_PAGE, Capability.HISTORY, Capability.LEARNED, Capability.HOME),
}


class DiscordAdapter:
    """Receives what happens in the servers that the bot is in, and answers there."""

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

        `speed` is how many times quicker than Discord and people bear it the bot writes and reads.
        """
        self._settings = settings
        self._assistant = assistant
        self._now = now
        self._speed = speed
        self._opened = AsyncExitStack()
        self._deliveries = Deliveries(speed)
        self.own: Own | None = None

    async def start(self) -> None:
        """Connect, take up what was left, and read back what was missed.

        Raises `PlatformError` for what somebody must put right, and `PlatformAwayError` where
        Discord does not answer: then it can be started again.
        """
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

    async def drain(self) -> None:
        """Wait until all that Discord told so far is stored."""
        await self._deliveries.drain()

    async def _start(self) -> None:
        chosen = self._settings.discord
        self._opened.enter_context(pointed(chosen.api_url))
        clock = time.monotonic
        client = client_of(chosen, Refusals(clock), Identifying(clock, self._speed), self._speed)
        gateway = Gateway(client, self._now, self._speed)
        self._opened.push_async_callback(gateway.close)
        await log_in(client, chosen)
        identities = Identities(client, self._now, chosen.guilds)
        self._opened.push_async_callback(identities.close)
        background = Background("Discord", UNREACHABLE)
        self._opened.push_async_callback(background.close)
        sweep = self._listen(client, identities, background)
        replies = self._answer(client, identities)
        await sweep.begin()
        background.start(self._assistant.resume(PLATFORM, replies))
        await asyncio.sleep(0)  # from here on the assistant knows where Discord's answers go
        await gateway.open()
        background.start(self._settled(client, sweep))
        background.start(_told_of_the_end(gateway))

    def _listen(
        self, client: TavernkeepClient, identities: Identities, background: Background
    ) -> Sweep:
        """Take every event from the first on; return what reads back what came before."""
        own = self.own = own_of(client, self._settings.discord.allowed_bots)
        recent = Recent(client, own, self._assistant.thread_of)
        deliveries = self._deliveries = Deliveries(self._speed)
        self._opened.push_async_callback(deliveries.close)
        intake = Intake(
            assistant=self._assistant,
            own=own,
            identities=identities,
            recent=recent,
            marks=self._marks(client, own, identities, recent, background),
            audiences=Audiences(self._assistant, identities),
            deliveries=deliveries,
            now=self._now,
        )
        intake.listen(client)
        client.begins_anew.append(recent.begun_anew)
        return Sweep(
            assistant=self._assistant,
            own=own,
            identities=identities,
            recent=recent,
            written=intake.written,
            guilds=lambda: client.guilds,
            now=self._now,
            pace=PACE / self._speed,
        )

    def _marks(
        self,
        client: TavernkeepClient,
        own: Own,
        identities: Identities,
        recent: Recent,
        background: Background,
    ) -> Marks:
        async def asked_why(reaction: Reaction) -> None:
            answer = await self._assistant.asks_why(reaction)
            if answer is not None:
                await ask_why(client, reaction, answer)

        async def asked_question(proposal: Proposal) -> None:
            await ask_question(client, proposal)

        proposals = Proposals(
            assistant=self._assistant,
            own=own,
            identities=identities,
            recent=recent,
            background=background,
            on_pinned=asked_question,
        )
        return Marks(
            assistant=self._assistant,
            own=own,
            identities=identities,
            recent=recent,
            proposals=proposals,
            background=background,
            settings=self._settings,
            on_answer_marked=asked_why,
        )

    def _answer(
        self, client: TavernkeepClient, identities: Identities
    ) -> Callable[[Message], DiscordReply]:
        """Take commands and presses; return what makes the reply to a message."""
        interactions = Interactions()
        typed = SlashCommands(self._assistant, identities, interactions).typed
        for command in slash_commands(typed, self._assistant.commands):
            client.tree.add_command(command)
        register(
            client,
            self._assistant,
            identities=identities,
            interactions=interactions,
            moderators=self._settings.discord.moderators,
            now=self._now,
        )
        pace = Pace(speed=self._speed)

        def made(message: Message, opened: datetime) -> DiscordReply:
            return DiscordReply(
                client,
                message,
                settings=self._settings.discord,
                identities=identities,
                interactions=interactions,
                now=self._now,
                links=self._settings.conversations.links,
                pace=pace,
                opened=opened,
            )

        replies = Replies(made, pace, self._now)
        self._opened.push_async_callback(replies.close)
        return replies.reply_to

    async def _settled(self, client: TavernkeepClient, sweep: Sweep) -> None:
        """Let Discord show the commands, and keep up with what is missed while it tells nothing."""
        await client.let_in.wait()
        try:
            await synchronise(client, client.tree)
        except PlatformAwayError as error:
            log.warning("Discord shows the commands that it knew before: %s", error)
        await sweep.keep_up(client.settled)


def own_of(client: TavernkeepClient, allowed: Collection[str]) -> Own:
    """Return who the bot is, as Discord told when it logged in."""
    if client.user is None:
        raise PlatformAwayError("Discord does not tell who the bot is.")
    return Own(user=client.user.id, name=client.user.display_name, allowed=frozenset(allowed))


async def _told_of_the_end(gateway: Gateway) -> None:
    """Log why Discord tells nothing more, once it has ended the connection for good."""
    log.error("The bot is not in Discord any more: %s", await gateway.ended())
    await gateway.close()
