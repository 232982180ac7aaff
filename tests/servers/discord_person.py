"""Somebody in the loopback Discord: what a person can do there, and what they see."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tests.servers.discord_commands import MESSAGE_MENU
from tests.servers.discord_components import SELECTS
from tests.servers.discord_interactions import COMPLETED, PRESSED, SUBMITTED, TYPED, Used
from tests.servers.discord_permissions import HISTORY, VIEW, allowed, demand
from tests.servers.discord_post import (
    DIRECT,
    FORUM,
    JSON,
    PRIVATE_THREAD,
    REPLY,
    THREAD,
    Channel,
    Member,
    Post,
    User,
    nested,
)
from tests.servers.discord_submitting import submitted
from tests.servers.discord_writing import may_write, typed

if TYPE_CHECKING:
    from tests.servers.discord import LoopbackDiscord


class Person:
    """A person, or another bot. What they press, submit or type is awaited until the bot took it."""

    def __init__(self, discord: "LoopbackDiscord", user: User) -> None:
        """Take where, and who."""
        self._discord = discord
        self._world = discord.world
        self.user = user
        self.modal: Used | None = None
        """What opened the modal that they look at."""

    @property
    def id(self) -> str:
        """The user's id."""
        return str(self.user.id)

    @property
    def whispers(self) -> list[Post]:
        """The ephemeral messages that this person sees, oldest first."""
        held = [one for one in self._world.whispers if one.only_for == self.user.id]
        return [one for one in held if not one.deleted]

    @property
    def whisper(self) -> Post | None:
        """The last of them."""
        return self.whispers[-1] if self.whispers else None

    def dm(self) -> Channel:
        """Return their direct conversation with the bot."""
        return self._world.direct(self.user)

    def sees(self, channel: Channel) -> bool:
        """Say whether they may read a channel."""
        return bool(allowed(channel, self.user.id) & VIEW)

    # -- messages --------------------------------------------------------------------------------

    async def says(
        self, channel: Channel, text: str, reply_to: Post | None = None, *, ping: bool = True
    ) -> Post:
        """Write a message; @Name mentions. A reply calls who is replied to, unless `ping` is off."""
        assert may_write(channel, self.user.id), f"{self.user.name} may not write there"
        post = self._written(channel, text)
        if reply_to is not None:
            assert reply_to.channel is channel, "a reply stands in the same channel"
            post.reply_to, post.kind = reply_to.id, REPLY
            if ping and reply_to.author not in post.mentions:
                post.mentions.append(reply_to.author)
        if channel.is_thread and self.user not in channel.people:
            channel.people.append(self.user)
        self._discord.writing.keep(post)
        return post

    def _written(self, channel: Channel, text: str, key: int | None = None) -> Post:
        post = Post(
            id=key or self._world.new_id(),
            channel=channel,
            author=self.user,
            created=self._world.now(),
        )
        self._put(post, text)
        return post

    def _put(self, post: Post, text: str) -> None:
        named = {one.name: one for one in self._world.users.values()}
        post.content = typed(text, named)
        post.mentions = [one for one in named.values() if f"<@{one.id}>" in post.content]
        post.mention_everyone = "@everyone" in text
        roles = self._discord.guild.roles
        post.mention_roles = [key for key in roles if f"<@&{key}>" in text]
        post.shown.append(post.content)

    async def edits(self, post: Post, text: str) -> None:
        """Change a message of theirs."""
        assert post.author is self.user, "only one's own messages can be changed"
        self._put(post, text)
        post.edited = self._world.now()
        self._discord.announcer.changed(post)

    async def deletes(self, *posts: Post) -> None:
        """Delete a message, or several at once."""
        for post in posts:
            post.deleted = True
        self._discord.announcer.deleted(*posts)

    async def reacts(self, post: Post, emoji: str) -> None:
        """Add an emoji."""
        demand(post.channel, self.user.id, VIEW, HISTORY)
        assert post.only_for is None, "nobody reacts to an ephemeral message"
        self._discord.messages.react(post, self.user.id, emoji)

    async def unreacts(self, post: Post, emoji: str) -> None:
        """Take an emoji back."""
        self._discord.messages.unreact(post, self.user.id, emoji)

    async def clears(self, post: Post, emoji: str | None = None) -> None:
        """Take all emoji away, or all of one, as a moderator does."""
        self._discord.messages.clear(post, emoji)

    async def pins(self, post: Post) -> None:
        """Pin a message to the channel."""
        post.pinned = True
        self._discord.announcer.changed(post)

    # -- buttons, modals, commands ---------------------------------------------------------------

    async def presses(self, post: Post, what: str, choice: str | None = None) -> Used:
        """Press a button by its label or custom_id, or choose from a menu by an option's label."""
        assert post.only_for in {None, self.user.id}, "nobody else sees this message"
        assert not post.deleted, "the message is gone"
        part = _part(post, what)
        assert not part.get("disabled"), f"{what} is disabled"
        data: JSON = {"custom_id": part["custom_id"], "component_type": part["type"]}
        data["id"] = part.get("id", 1)
        if part["type"] in SELECTS:
            options = [one for one in part["options"] if choice in (one["label"], one["value"])]
            data["values"] = [options[0]["value"]]
        return await self._use(PRESSED, post.channel, data, post)

    async def submits(
        self, values: Mapping[str, str | list[str]], modal: Used | None = None
    ) -> Used:
        """Submit the open modal, with what is written by label or custom_id; the rest stays as it was."""
        opened = modal or self.modal
        assert opened is not None, "no modal is open"
        assert opened.modal is not None, "it opened no modal"
        self.modal = None
        data = submitted(opened.modal, values)
        return await self._use(SUBMITTED, opened.channel, data, opened.post)

    async def types(self, line: str, channel: Channel) -> Used:
        """Type a slash command."""
        return await self._use(TYPED, channel, self._discord.commands.typed(line))

    async def begins(self, line: str, channel: Channel) -> list[JSON]:
        """Type the beginning of a command's text; return what Discord offers."""
        data = self._discord.commands.typed(line)
        for option in data.setdefault("options", []):
            option["focused"] = True
        used = await self._use(COMPLETED, channel, data)
        return used.choices

    async def uses(self, menu: str, post: Post) -> Used:
        """Choose from the menu of a message; the bot is given the message with its words."""
        data = self._discord.commands.menu(menu, MESSAGE_MENU, post.id)
        told = self._discord.announcer.message(post, content=True)
        data["resolved"] = {"messages": {str(post.id): told}}
        return await self._use(TYPED, post.channel, data)

    async def _use(self, kind: int, channel: Channel, data: JSON, post: Post | None = None) -> Used:
        assert channel.kind == DIRECT or self.sees(channel), "nobody uses what they do not see"
        used = self._discord.interactions.use(kind, self.user, channel, data, post)
        await self._discord.until(
            lambda: used.answered or self._discord.failed(used),
            self._discord.interactions.deadline + 1,
        )
        return used

    # -- places ----------------------------------------------------------------------------------

    async def joins(self) -> None:
        """Come into the server."""
        held = Member(user=self.user)
        self._discord.guild.members[self.user.id] = held
        self._discord.announcer.member("ADD", self._discord.guild, held)

    async def leaves(self) -> None:
        """Leave the server."""
        held = self._discord.guild.members.pop(self.user.id)
        self._discord.announcer.member("REMOVE", self._discord.guild, held)

    async def starts(self, where: Post | Channel, name: str, text: str = "") -> Channel:
        """Start a thread from a message, or a post in a forum, which begins with a text."""
        parent = where.channel if isinstance(where, Post) else where
        key = where.id if isinstance(where, Post) else None
        thread = self._world.thread(parent, name, THREAD, self.user, key)
        if isinstance(where, Post):
            where.thread = thread
        self._discord.announcer.channel("CREATE", thread)
        if parent.kind == FORUM:
            self._discord.writing.keep(self._written(thread, text, key=thread.id))
        return thread

    async def whispers_in(self, parent: Channel, name: str, *people: "Person") -> Channel:
        """Start a private thread with the bot and others."""
        thread = self._world.thread(parent, name, PRIVATE_THREAD, self.user)
        thread.people += [self._world.bot, *(one.user for one in people)]
        self._discord.announcer.channel("CREATE", thread)
        return thread

    async def archives(self, thread: Channel, *, locked: bool = False) -> None:
        """Close a thread."""
        thread.archived, thread.locked = True, locked
        self._discord.announcer.channel("UPDATE", thread)


def _part(post: Post, what: str) -> JSON:
    """Return what can be pressed, by label or custom_id."""
    held = [one for one in nested(post.components) if one.get("custom_id")]
    wanted = [one for one in held if what in (one["custom_id"], one.get("label"))]
    wanted = wanted or [one for one in held if what in str(one.get("emoji", {}).get("name"))]
    known = [one.get("label") or one["custom_id"] for one in held]
    assert wanted, f"nothing {what!r} to press among {known}"
    return wanted[0]
