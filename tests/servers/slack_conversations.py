"""conversations.*: what the bot can read of channels, threads and their members."""

from collections.abc import Callable, Sequence
from typing import Any

from tests.servers.slack_events import PLURAL
from tests.servers.slack_post import JSON, Post, SlackError
from tests.servers.slack_web import Arguments, Method
from tests.servers.slack_workspace import Workspace

LISTED = 50  # reactors that a message lists; reactions.get lists all


def of_channel(workspace: Workspace, verb: str) -> Callable[[Arguments], str]:
    """Return what names the scope that a call needs, which depends on the kind of conversation."""

    def scope(given: Arguments) -> str:
        channel = workspace.channels.get(given.text("channel"))
        return f"{PLURAL[channel.kind] if channel else 'channels'}:{verb}"

    return scope


def reactions(post: Post, *, listed: int | None) -> JSON:
    """Return a message's reactions as it lists them; the count is whole, the names may not be."""
    found = [
        {"name": name, "users": users[:listed], "count": len(users)}
        for name, users in post.reactions.items()
        if users
    ]
    return {"reactions": found} if found else {}


class Conversations:
    """Reads conversations, page by page."""

    def __init__(self, workspace: Workspace) -> None:
        """Take what is read."""
        self._workspace = workspace

    def methods(self) -> dict[str, Method]:
        """Return the methods by name."""
        history, info = (of_channel(self._workspace, verb) for verb in ("history", "read"))
        return {
            "conversations.info": Method(run=self._info, scope=info, needs=("channel",)),
            "conversations.history": Method(run=self._history, scope=history, needs=("channel",)),
            "conversations.replies": Method(
                run=self._replies, scope=history, needs=("channel", "ts")
            ),
            "conversations.members": Method(run=self._members, scope=info, needs=("channel",)),
            "conversations.list": Method(run=self._list, scope="channels:read"),
            "users.conversations": Method(run=self._mine, scope="channels:read"),
            "conversations.open": Method(run=self._open, scope="im:write"),
        }

    async def _info(self, given: Arguments) -> JSON:
        channel = self._workspace.channel(given.text("channel"), reading=True)
        return {"channel": channel.json(self._workspace.bot.id)}

    async def _history(self, given: Arguments) -> JSON:
        channel = self._workspace.channel(given.text("channel"), reading=True)
        if self._workspace.bot.id not in channel.members:
            raise SlackError("not_in_channel")
        roots = [
            one
            for one in self._workspace.posts.values()
            if one.channel == channel.id and not one.deleted and not one.thread
        ]
        roots.sort(key=lambda one: one.ts, reverse=True)
        return self._told(roots, given, 100)

    async def _replies(self, given: Arguments) -> JSON:
        channel = self._workspace.channel(given.text("channel"), reading=True)
        if self._workspace.bot.id not in channel.members:
            raise SlackError("not_in_channel")
        root = self._workspace.posts.get((channel.id, given.text("ts")))
        if root is None or (root.deleted and not self._workspace.thread(channel.id, root.ts)):
            raise SlackError("thread_not_found")
        inside = [root] if root.thread else self._workspace.thread(channel.id, root.ts)
        return self._told(inside, given, 1000)

    def _told(self, posts: Sequence[Post], given: Arguments, most: int) -> JSON:
        oldest, latest = given.text("oldest") or "0", given.text("latest") or "9999999999"
        between = [one for one in posts if self._within(one, oldest, latest, given)]
        shown, more = page(between, given, most)
        whole = given.flag("include_all_metadata")
        return {"messages": [self._seen(one, whole=whole) for one in shown], **more}

    def _within(self, post: Post, oldest: str, latest: str, given: Arguments) -> bool:
        moment = float(post.ts)
        if given.flag("inclusive"):
            return float(oldest) <= moment <= float(latest)
        return float(oldest) < moment < float(latest) or post.ts == given.get("ts")

    def _seen(self, post: Post, *, whole: bool) -> JSON:
        seen = post.json(whole_metadata=whole) | reactions(post, listed=LISTED)
        replies = self._workspace.thread(post.channel, post.ts)[1:] if not post.thread else []
        if replies:
            seen |= {"thread_ts": post.ts, "reply_count": len(replies)}
            seen |= {"latest_reply": replies[-1].ts}
        return seen

    async def _members(self, given: Arguments) -> JSON:
        channel = self._workspace.channel(given.text("channel"), reading=True)
        shown, more = page(sorted(channel.members), given, 100)
        return {"members": shown, **more}

    async def _list(self, given: Arguments) -> JSON:
        bot = self._workspace.bot.id
        wanted = set((given.text("types") or "public_channel").split(","))
        kinds = {"public_channel": "channel", "private_channel": "group", "im": "im"}
        found = [
            one.json(bot)
            for one in self._workspace.channels.values()
            if one.kind in {kinds.get(kind, kind) for kind in wanted}
            and (one.kind == "channel" or bot in one.members)
        ]
        shown, more = page(found, given, 100)
        return {"channels": shown, **more}

    async def _mine(self, given: Arguments) -> JSON:
        user = given.text("user") or self._workspace.bot.id
        whole = await self._list(Arguments({**given, "limit": 1000, "cursor": ""}))
        inside = {one.id for one in self._workspace.channels.values() if user in one.members}
        shown, more = page([one for one in whole["channels"] if one["id"] in inside], given, 100)
        return {"channels": shown, **more}

    async def _open(self, given: Arguments) -> JSON:
        if given.get("channel"):
            return {"channel": {"id": self._workspace.channel(given.text("channel")).id}}
        users = {one.strip() for one in given.text("users").split(",")}
        if not users <= self._workspace.users.keys():
            raise SlackError("user_not_found")
        channel = self._workspace.between(users | {self._workspace.bot.id})
        return {"channel": {"id": channel.id}}


def page(found: Sequence[Any], given: Arguments, most: int) -> tuple[list[Any], JSON]:
    """Return one page of what was found, and the cursor of the next."""
    try:
        begin = int(given.text("cursor").removeprefix("next:") or 0)
    except ValueError as error:
        raise SlackError("invalid_cursor") from error
    limit = min(given.number("limit", most), 999)
    shown = list(found[begin : begin + limit])
    more = begin + limit < len(found)
    cursor = f"next:{begin + limit}" if more else ""
    return shown, {"has_more": more, "response_metadata": {"next_cursor": cursor}}
