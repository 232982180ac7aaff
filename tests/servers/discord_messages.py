"""Messages over the loopback Discord's REST API: read, written, changed, deleted, reacted to."""

from collections.abc import Mapping

from tests.servers.discord_events import Announcer
from tests.servers.discord_gateway import CONTENT
from tests.servers.discord_permissions import (
    ADD_REACTIONS,
    HISTORY,
    MANAGE_MESSAGES,
    VIEW,
    allowed,
    demand,
)
from tests.servers.discord_post import DIRECT, JSON, Channel, DiscordError, Post, invalid, unknown
from tests.servers.discord_rest import Answered, Call, Route
from tests.servers.discord_world import World
from tests.servers.discord_writing import Writing

MESSAGES = "/channels/{channel}/messages"
ONE = f"{MESSAGES}/{{message}}"
REACTIONS = f"{ONE}/reactions"


class Messages:
    """Answers what is asked about messages."""

    def __init__(self, world: World, announcer: Announcer, writing: Writing) -> None:
        """Take what there is, whom to tell, and who takes what the bot writes."""
        self._world = world
        self._announcer = announcer
        self._writing = writing

    def routes(self) -> Mapping[str, Route]:
        """Return the calls by name."""
        return {
            f"GET {MESSAGES}": Route(run=self._list, limit=10),
            f"POST {MESSAGES}": Route(run=self._write),
            f"POST {MESSAGES}/bulk-delete": Route(run=self._delete_many),
            f"GET {ONE}": Route(run=self._get, limit=10),
            f"PATCH {ONE}": Route(run=self._change),
            f"DELETE {ONE}": Route(run=self._delete),
            f"PUT {MESSAGES}/pins/{{message}}": Route(run=self._pin),
            "POST /channels/{channel}/typing": Route(run=self._type),
            f"GET {REACTIONS}/{{emoji}}": Route(run=self._reactors, limit=10),
            f"PUT {REACTIONS}/{{emoji}}/@me": Route(run=self._react),
            f"DELETE {REACTIONS}/{{emoji}}/@me": Route(run=self._unreact),
            f"DELETE {REACTIONS}/{{emoji}}/{{user}}": Route(run=self._unreact),
            f"DELETE {REACTIONS}": Route(run=self._clear),
        }

    @property
    def _content(self) -> bool:
        return self._world.privileged and any(
            session.intents & CONTENT for session in self._announcer.gateway.sessions.values()
        )

    def told(self, post: Post) -> JSON:
        """Return a message as the bot reads it; what it may not know by the gateway it may not here."""
        told = self._announcer.message(post, content=self._content)
        return told | ({"nonce": post.nonce} if post.nonce is not None else {})

    def _place(self, call: Call, *wanted: int) -> Channel:
        channel = self._world.channel(call.path["channel"])
        demand(channel, self._world.bot.id, *wanted)
        return channel

    def _post(self, call: Call, *wanted: int) -> Post:
        return self._world.post(self._place(call, *wanted), call.path["message"])

    async def _list(self, call: Call) -> Answered:
        channel = self._place(call)
        if not allowed(channel, self._world.bot.id) & HISTORY:
            return []
        held = self._world.said_in(channel)
        limit = call.number("limit", 50, 100)
        if "after" in call.query:
            later = [one for one in held if one.id > int(call.query["after"])]
            return [self.told(one) for one in reversed(later[:limit])]
        if "around" in call.query:
            key = int(call.query["around"])
            near = sorted(held, key=lambda one: abs(one.id - key))[:limit]
            return [self.told(one) for one in sorted(near, key=lambda one: -one.id)]
        before = int(call.query.get("before") or 1 << 63)
        earlier = [one for one in held if one.id < before]
        return [self.told(one) for one in reversed(earlier[-limit:])]

    async def _get(self, call: Call) -> Answered:
        return self.told(self._post(call, HISTORY))

    async def _write(self, call: Call) -> Answered:
        channel = self._world.channel(call.path["channel"])
        return self.told(self._writing.write(channel, call.body))

    async def _change(self, call: Call) -> Answered:
        post = self._post(call, VIEW)
        self._writing.change(post, call.body)
        self._announcer.changed(post)
        return self.told(post)

    async def _delete(self, call: Call) -> Answered:
        post = self._post(call, VIEW)
        if post.author is not self._world.bot:
            demand(post.channel, self._world.bot.id, MANAGE_MESSAGES)
        post.deleted = True
        self._announcer.deleted(post)
        return None

    async def _delete_many(self, call: Call) -> Answered:
        channel = self._place(call, MANAGE_MESSAGES)
        if not 2 <= len(call.body["messages"]) <= 100:
            raise invalid("messages", "BASE_TYPE_BAD_LENGTH", "between 2 and 100")
        posts = [self._world.post(channel, key) for key in call.body["messages"]]
        for post in posts:
            post.deleted = True
        self._announcer.deleted(*posts)
        return None

    async def _pin(self, call: Call) -> Answered:
        post = self._post(call, MANAGE_MESSAGES)
        post.pinned = True
        self._announcer.changed(post)
        return None

    async def _type(self, call: Call) -> Answered:
        self._place(call)
        return None

    # -- reactions -------------------------------------------------------------------------------

    async def _reactors(self, call: Call) -> Answered:
        post = self._post(call, HISTORY)
        users = sorted(post.reactions.get(call.path["emoji"], []))
        after = int(call.query.get("after") or 0)
        later = [key for key in users if key > after][: call.number("limit", 25, 100)]
        return [self._world.users[key].json() for key in later]

    async def _react(self, call: Call) -> Answered:
        post = self._post(call, HISTORY)
        if call.path["emoji"] not in post.reactions and post.channel.kind != DIRECT:
            demand(post.channel, self._world.bot.id, ADD_REACTIONS)
        self.react(post, self._world.bot.id, call.path["emoji"])
        return None

    async def _unreact(self, call: Call) -> Answered:
        user = int(call.path.get("user") or self._world.bot.id)
        post = self._post(call, *((MANAGE_MESSAGES,) if "user" in call.path else (HISTORY,)))
        self.unreact(post, user, call.path["emoji"])
        return None

    async def _clear(self, call: Call) -> Answered:
        self.clear(self._post(call, MANAGE_MESSAGES))
        return None

    def react(self, post: Post, user: int, emoji: str) -> None:
        """Let somebody react; a second time nothing happens. A word is no emoji."""
        if emoji.isascii() and not emoji.partition(":")[2].isdecimal():
            raise unknown("Emoji")
        users = post.reactions.setdefault(emoji, [])
        if len(post.reactions) > 20:
            raise DiscordError(403, 30010, "Maximum number of reactions reached (20)")
        if user not in users:
            users.append(user)
            self._announcer.reacted(post, user, emoji, added=True)

    def unreact(self, post: Post, user: int, emoji: str) -> None:
        """Let a reaction be taken back, which must be there."""
        if user not in post.reactions.get(emoji, []):
            raise unknown("Emoji")
        post.reactions[emoji].remove(user)
        self._announcer.reacted(post, user, emoji, added=False)

    def clear(self, post: Post, emoji: str | None = None) -> None:
        """Take all reactions away, or all of one emoji."""
        if emoji is None:
            post.reactions.clear()
        else:
            post.reactions.pop(emoji, None)
        self._announcer.cleared(post, emoji)
