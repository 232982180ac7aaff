"""A Discord on loopback that the real discord.py talks to, with every failure that we know of.

    async with LoopbackDiscord() as discord:
        settings = DiscordSettings(token=discord.token, api_url=discord.url)
        ana, general = discord.person("Ana"), discord.channel("general")
        asked = await ana.says(general, "@Tavernkeep How do I connect it?")
        answer = await discord.answer(asked)
        await ana.reacts(answer, "👎")

What goes wrong: `discord.rest.faults` for calls, `discord.gateway` for events, `discord.rest.window`
and `discord.rest.most` for limits, `discord.interactions.deadline` and `.life` for interactions.
"""

import asyncio
import time
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Self, TypeVar

from aiohttp import web

from tests.servers.discord_commands import Commands
from tests.servers.discord_events import Announcer
from tests.servers.discord_gateway import CONTENT, Gateway
from tests.servers.discord_interactions import Interactions, Used
from tests.servers.discord_messages import Messages
from tests.servers.discord_permissions import HISTORY, VIEW
from tests.servers.discord_person import Person
from tests.servers.discord_places import Places
from tests.servers.discord_post import FORUM, TEXT, Channel, Guild, Member, Post, Role
from tests.servers.discord_rest import Rest
from tests.servers.discord_world import World
from tests.servers.discord_writing import Writing

T = TypeVar("T")
PATIENCE = 10.0  # seconds that `until` waits where nobody says otherwise


class LoopbackDiscord:
    """One server (and more, if wanted), and one bot in it: Tavernkeep."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        """Prepare; nothing listens before `async with`. `now` is what ids are made of."""
        self.url = ""
        self.token = "loopback.discord.token"
        self.world = World(now)
        self.announcer = Announcer(self.world)
        self.gateway = self.announcer.gateway = Gateway(
            ready=self.announcer.ready,
            token=lambda: self.token,
            reset_token=self._reset_token,
            granted=lambda: CONTENT if self.world.privileged else 0,
        )
        self.writing = Writing(self.world, self.announcer)
        self.messages = Messages(self.world, self.announcer, self.writing)
        self.interactions = Interactions(self.world, self.announcer, self.writing)
        self.interactions.shown = self._shown
        self.commands = Commands(self.world)
        self.rest = Rest(token=lambda: self.token)
        self.faults = self.rest.faults
        places = Places(self.world, self.announcer, self.writing)
        for part in (places, self.messages, self.interactions, self.commands):
            self.rest.routes |= part.routes()
        self.owner = self.world.user("Owner")
        self.guild = self.world.server("Tavern", self.owner)
        self._persons: dict[str, Person] = {}
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        """Listen on a free port of loopback."""
        app = web.Application(client_max_size=16 * 2**20)
        self.rest.served_by(app)
        app.router.add_get("/gateway/", self.gateway.connect)
        self._runner = web.AppRunner(
            app, access_log=None, shutdown_timeout=0.2, handler_cancellation=True
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        where = f"127.0.0.1:{self._runner.addresses[0][1]}"
        self.url = f"http://{where}/api/v10"
        self.gateway.base = f"ws://{where}"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop listening, and cut every connection."""
        await self.gateway.stop()
        if self._runner:
            await self._runner.cleanup()

    def _reset_token(self) -> None:
        self.token = "reset.because.of.too.many.identifies"

    def _shown(self, used: Used) -> None:
        self.person(used.user.name).modal = used

    # -- who and where ---------------------------------------------------------------------------

    def person(self, name: str, *, guild: Guild | None = None) -> Person:
        """Return somebody by name, who is in the server."""
        if name not in self._persons:
            user = self.world.user(name)
            self._persons[name] = Person(self, user)
            self.guild.members.setdefault(user.id, Member(user=user))
        if guild is not None:
            user = self._persons[name].user
            guild.members.setdefault(user.id, Member(user=user))
        return self._persons[name]

    def other_bot(self, name: str) -> Person:
        """Return another bot by name."""
        self.world.user(name, bot=True)
        return self.person(name)

    def stranger(self, name: str) -> Person:
        """Return somebody who is not in the server."""
        return Person(self, self.world.user(name))

    def channel(
        self,
        name: str,
        *,
        private: bool = False,
        members: Iterable[Person] = (),
        bot: bool = True,
        guild: Guild | None = None,
        kind: int = TEXT,
    ) -> Channel:
        """Return a channel by name, new where there is none; a private one is open to its members."""
        inside = guild or self.guild
        held = [one for one in self.world.channels_of(inside) if one.name == name]
        if held:
            return held[0]
        made = self.world.open(inside, name, kind)
        if private:
            own = [role.id for role in inside.roles.values() if role.bot_id and bot]
            made.deny[inside.id] = VIEW
            for key in (*own, *(one.user.id for one in members)):
                made.allow[key] = VIEW | HISTORY
        if self.gateway.sessions:
            self.announcer.channel("CREATE", made)
        return made

    def forum(self, name: str) -> Channel:
        """Return a forum by name."""
        return self.channel(name, kind=FORUM)

    def server(self, name: str) -> Guild:
        """Return another server with the bot in it."""
        made = self.world.server(name, self.owner)
        if self.gateway.sessions:
            self.announcer.guild(made)
        return made

    async def closes(self, channel: Channel, *people: Person) -> None:
        """Let nobody but some people, and the bot, read a channel."""
        guild = channel.guild or self.guild
        own = [role.id for role in guild.roles.values() if role.bot_id]
        channel.deny[guild.id] = VIEW
        for key in (*own, *(one.user.id for one in people)):
            channel.allow[key] = VIEW | HISTORY
        self.announcer.channel("UPDATE", channel)

    async def opens(self, channel: Channel) -> None:
        """Let everybody read a channel."""
        channel.deny.clear()
        channel.allow.clear()
        self.announcer.channel("UPDATE", channel)

    async def removes(self, channel: Channel) -> None:
        """Delete a channel or a thread."""
        for gone in [one for one in self.world.channels.values() if one.parent is channel]:
            gone.deleted = True  # of which nobody tells
        channel.deleted = True
        self.announcer.channel("DELETE", channel)

    async def grants(self, person: Person, role: Role, *, taken: bool = False) -> None:
        """Give somebody a role, or take it away."""
        member = self.guild.members[person.user.id]
        (member.roles.discard if taken else member.roles.add)(role.id)
        self.announcer.member("UPDATE", self.guild, member)

    async def changes(self, role: Role, permissions: int) -> None:
        """Let a role do other things."""
        role.permissions = permissions
        self.announcer.role("UPDATE", self.guild, role)

    # -- what came of it -------------------------------------------------------------------------

    def said_by_bot(self, channel: Channel) -> list[Post]:
        """Return all that the bot said in a channel and that stands, oldest first."""
        return [one for one in self.world.said_in(channel) if one.author is self.world.bot]

    def replies(self, asked: Post) -> list[Post]:
        """Return what the bot said to a message: as a reply, in its thread, or after it alone there."""
        near = [one for one in self.said_by_bot(asked.channel) if one.id > asked.id]
        here = [one for one in near if one.reply_to in (None, asked.id)]
        inside = self.said_by_bot(asked.thread) if asked.thread is not None else []
        return [*here, *inside]

    def answers(self, asked: Post) -> list[Post]:
        """Return those of them that are finished: they have something to press."""
        return [one for one in self.replies(asked) if one.buttons]

    async def answer(self, asked: Post, number: int = 1, seconds: float = PATIENCE) -> Post:
        """Return the bot's first, or another, finished answer to a message."""
        found = await self.until(lambda: self.answers(asked)[number - 1 :], seconds)
        return found[0]

    async def reply(self, asked: Post, number: int = 1, seconds: float = PATIENCE) -> Post:
        """Return the first, or another, thing that the bot said to a message, finished or not."""
        found = await self.until(lambda: self.replies(asked)[number - 1 :], seconds)
        return found[0]

    def failed(self, used: Used) -> bool:
        """Say whether somebody was told "This interaction failed"."""
        late = self.world.now() - used.created > self.interactions.deadline
        return used.answered is None and late

    async def until(self, wanted: Callable[[], T | None], seconds: float = PATIENCE) -> T:
        """Wait until something is so, and return it; fail with all that was said."""
        end = time.monotonic() + seconds
        while not (found := wanted()):
            if time.monotonic() > end:
                raise AssertionError(f"it did not happen in {seconds} s; {self}")
            await asyncio.sleep(0.01)
        return found

    async def connected(self, seconds: float = PATIENCE) -> None:
        """Wait until the bot is connected and has read what it was told."""
        await self.until(lambda: self.gateway.connected, seconds)
        await self.settled()

    async def settled(self) -> None:
        """Wait until the bot has read all that it was told."""
        await self.gateway.settled()

    def __str__(self) -> str:
        """Return all that was said and called, for a test that fails."""
        held = [*self.world.posts.values(), *self.world.whispers]
        said = [
            f"{one.channel.name} {one.id} {'gone ' * one.deleted}{one.author.name}: {one.words}"
            for one in held
        ]
        calls = [f"{one.route} {one.status}" for one in self.rest.calls[-60:]]
        late = [one.data for one in self.interactions.all if self.failed(one)]
        lines = "\n".join(said)
        return f"it holds:\n{lines}\ncalls: {calls}\nfailed interactions: {late}"
