"""Users, servers, channels, threads and members over the loopback Discord's REST API."""

from collections.abc import Mapping

from tests.servers.discord_events import Announcer
from tests.servers.discord_permissions import (
    IN_THREADS,
    MANAGE_THREADS,
    PRIVATE_THREADS,
    PUBLIC_THREADS,
    SEND,
    VIEW,
    demand,
)
from tests.servers.discord_post import (
    DIRECT,
    FORUM,
    JSON,
    NEWS,
    NEWS_THREAD,
    PRIVATE_THREAD,
    TEXT,
    THREAD,
    Channel,
    DiscordError,
    Member,
    invalid,
    unknown,
)
from tests.servers.discord_rest import Answered, Call, Route
from tests.servers.discord_world import World
from tests.servers.discord_writing import Writing

CONTENT_LIMITED = 1 << 19


class Places:
    """Answers who and where."""

    def __init__(self, world: World, announcer: Announcer, writing: Writing) -> None:
        """Take what there is, whom to tell, and who takes what the bot writes."""
        self._world = world
        self._announcer = announcer
        self._writing = writing

    def routes(self) -> Mapping[str, Route]:
        """Return the calls by name."""
        return {
            "GET /users/@me": Route(run=self._me),
            "GET /users/@me/guilds": Route(run=self._guilds),
            "POST /users/@me/channels": Route(run=self._direct),
            "GET /users/{user}": Route(run=self._user, limit=30),
            "GET /oauth2/applications/@me": Route(run=self._application),
            "GET /applications/@me": Route(run=self._application),
            "GET /gateway/bot": Route(run=self._gateway),
            "GET /guilds/{guild}": Route(run=self._guild),
            "GET /guilds/{guild}/channels": Route(run=self._channels),
            "GET /guilds/{guild}/roles": Route(run=self._roles),
            "GET /guilds/{guild}/threads/active": Route(run=self._active),
            "GET /guilds/{guild}/members/{user}": Route(run=self._member, limit=10),
            "GET /channels/{channel}": Route(run=self._channel, limit=10),
            "PATCH /channels/{channel}": Route(run=self._change),
            "POST /channels/{channel}/threads": Route(run=self._start),
            "POST /channels/{channel}/messages/{message}/threads": Route(run=self._start_from),
            "GET /channels/{channel}/thread-members/{user}": Route(run=self._in_thread),
            "PUT /channels/{channel}/thread-members/{user}": Route(run=self._join),
        }

    # -- who -------------------------------------------------------------------------------------

    async def _me(self, call: Call) -> Answered:
        return self._world.bot.json() | {"verified": True, "mfa_enabled": False, "email": None}

    async def _user(self, call: Call) -> Answered:
        key = call.path["user"]
        found = self._world.users.get(int(key) if key.isdecimal() else 0)
        if found is None:
            raise unknown("User")
        return found.json()

    async def _application(self, call: Call) -> Answered:
        return {
            "id": str(self._world.application),
            "name": self._world.bot.name,
            "icon": None,
            "description": "",
            "summary": "",
            "bot_public": False,
            "bot_require_code_grant": False,
            "verify_key": "0" * 64,
            "flags": CONTENT_LIMITED if self._world.privileged else 0,
            "interactions_endpoint_url": self._world.interactions_url,
            "owner": self._world.bot.json(),
            "bot": self._world.bot.json(),
            "team": None,
            "hook": True,
        }

    async def _gateway(self, call: Call) -> Answered:
        return await self._announcer.gateway.bot()

    async def _direct(self, call: Call) -> Answered:
        found = self._world.users.get(int(call.body["recipient_id"]))
        if found is None or found.bot:
            raise DiscordError(400, 50033, "Invalid Recipient(s)")
        return self._world.direct(found).json(self._world.bot.id)

    # -- servers ---------------------------------------------------------------------------------

    async def _guilds(self, call: Call) -> Answered:
        mine = [one for one in self._world.guilds.values() if self._world.bot.id in one.members]
        return [
            {
                "id": str(one.id),
                "name": one.name,
                "icon": None,
                "owner": False,
                "permissions": "0",
                "features": [],
            }
            for one in mine
        ]

    async def _guild(self, call: Call) -> Answered:
        return self._world.guild(call.path["guild"]).json()

    async def _channels(self, call: Call) -> Answered:
        held = self._world.channels_of(self._world.guild(call.path["guild"]))
        return [one.json() for one in held if not one.is_thread]

    async def _roles(self, call: Call) -> Answered:
        return [one.json() for one in self._world.guild(call.path["guild"]).roles.values()]

    async def _active(self, call: Call) -> Answered:
        held = self._world.channels_of(self._world.guild(call.path["guild"]))
        active = [one.json() for one in held if one.is_thread and not one.archived]
        return {"threads": active, "members": []}

    async def _member(self, call: Call) -> Answered:
        return self._found(call.path["guild"], call.path["user"]).json()

    def _found(self, guild: str, user: str) -> Member:
        key = self._world.bot.id if user == "@me" else int(user)
        if key not in self._world.users:
            raise unknown("User")
        found = self._world.guild(guild).members.get(key)
        if found is None:
            raise unknown("Member")
        return found

    # -- channels and threads --------------------------------------------------------------------

    def _place(self, call: Call, *wanted: int) -> Channel:
        channel = self._world.channel(call.path["channel"])
        demand(channel, self._world.bot.id, *wanted)
        return channel

    async def _channel(self, call: Call) -> Answered:
        return self._place(call).json(self._world.bot.id)

    async def _change(self, call: Call) -> Answered:
        channel = self._place(call)
        if not channel.is_thread or channel.owner != self._world.bot.id:
            demand(channel, self._world.bot.id, MANAGE_THREADS)
        channel.archived = bool(call.body.get("archived", channel.archived))
        channel.locked = bool(call.body.get("locked", channel.locked))
        channel.name = str(call.body.get("name") or channel.name)
        self._announcer.channel("UPDATE", channel)
        return channel.json()

    async def _start(self, call: Call) -> Answered:
        parent = self._place(call)
        name = _name(call.body)
        if parent.kind == FORUM:
            return self._post_in_forum(parent, name, call.body)
        kind = int(call.body.get("type") or PRIVATE_THREAD)
        demand(
            parent,
            self._world.bot.id,
            PRIVATE_THREADS if kind == PRIVATE_THREAD else PUBLIC_THREADS,
        )
        made = self._world.thread(parent, name, kind, self._world.bot)
        self._announcer.channel("CREATE", made)
        return made.json()

    def _post_in_forum(self, forum: Channel, name: str, given: JSON) -> JSON:
        demand(forum, self._world.bot.id, SEND)
        made = self._world.thread(forum, name, THREAD, self._world.bot)
        first = self._writing.composed(made, given["message"])
        first.id = made.id
        self._announcer.channel("CREATE", made)
        self._writing.keep(first)
        return made.json() | {"message": self._announcer.message(first, content=True)}

    async def _start_from(self, call: Call) -> Answered:
        parent = self._place(call, PUBLIC_THREADS)
        post = self._world.post(parent, call.path["message"])
        if parent.kind not in (TEXT, NEWS):
            raise DiscordError(400, 50024, "Cannot execute action on this channel type")
        if post.thread is not None:
            told = "A thread has already been created for this message"
            raise DiscordError(400, 160004, told)
        kind = NEWS_THREAD if parent.kind == NEWS else THREAD
        made = self._world.thread(parent, _name(call.body), kind, self._world.bot, key=post.id)
        post.thread = made
        self._announcer.channel("CREATE", made)
        return made.json()

    async def _in_thread(self, call: Call) -> Answered:
        channel = self._place(call, VIEW)
        key = self._world.bot.id if call.path["user"] == "@me" else int(call.path["user"])
        if not any(one.id == key for one in channel.people):
            raise unknown("Member")
        joined = "2026-01-01T00:00:00+00:00"
        ids = {"id": str(channel.id), "user_id": str(key)}
        return ids | {"join_timestamp": joined, "flags": 0}

    async def _join(self, call: Call) -> Answered:
        channel = self._place(call, IN_THREADS)
        user = self._world.bot
        if call.path["user"] != "@me":
            user = self._world.users[int(call.path["user"])]
        if user not in channel.people and channel.kind != DIRECT:
            channel.people.append(user)
        return None


def _name(given: JSON) -> str:
    name = str(given.get("name") or "")
    if not 1 <= len(name) <= 100:
        raise invalid("name", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.")
    return name
