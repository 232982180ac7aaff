"""Somebody in the loopback Slack: what a person can do there, and what they see."""

import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tests.servers.slack_deliveries import COMMANDS, INTERACTIVE, Delivery
from tests.servers.slack_events import PLURAL, typed
from tests.servers.slack_interactions import pressed
from tests.servers.slack_post import JSON, TEAM, Channel, Post, SlackError, User, View
from tests.servers.slack_web import Arguments

if TYPE_CHECKING:
    from tests.servers.slack import LoopbackSlack


class Person:
    """A person, or another bot. What they press, submit or type is awaited until Slack has its answer."""

    def __init__(self, slack: "LoopbackSlack", user: User) -> None:
        """Take where, and who."""
        self._slack = slack
        self._workspace = slack.workspace
        self.user = user
        self.looking: list[JSON] = []

    @property
    def id(self) -> str:
        """The user's id."""
        return self.user.id

    @property
    def whispers(self) -> list[Post]:
        """The ephemeral messages that this person sees, oldest first."""
        return [one for one in self._workspace.whispers if one.only_for == self.id]

    @property
    def whisper(self) -> Post | None:
        """The last of them."""
        return self.whispers[-1] if self.whispers else None

    @property
    def modal(self) -> View | None:
        """The modal that is open on top."""
        held = self._workspace.modals.get(self.id)
        return held[-1] if held else None

    @property
    def home(self) -> View | None:
        """The home tab, where the bot made one."""
        return self._workspace.homes.get(self.id)

    # -- messages --------------------------------------------------------------------------------

    async def says(
        self, channel: Channel, text: str, thread: Post | str | None = None, *, legacy: bool = False
    ) -> Post:
        """Write a message; @Name mentions. A bot that is `legacy` writes with the old subtype."""
        channel.members.add(self.id)
        root = thread.root if isinstance(thread, Post) else thread
        post = Post(
            channel=channel.id,
            ts=self._workspace.new_ts(),
            user=self.id,
            text=typed(text, self._slack.names),
            thread=root,
            bot_id=self.user.bot_id,
            app_id=self.user.app_id,
            subtype="bot_message" if legacy else "",
        )
        post.shown.append(post.text)
        self._workspace.posts[channel.id, post.ts] = post
        self._slack.announcer.said(post, self._carried(channel, root))
        return post

    def _carried(self, channel: Channel, root: str | None) -> JSON:
        """Return what a message event carries beside the message."""
        more: JSON = {} if self.user.bot_id else {"client_msg_id": str(uuid.uuid4())}
        first = self._workspace.posts.get((channel.id, root or ""))
        if first is not None:
            more["parent_user_id"] = first.user
        if channel.kind == "im" and self.looking:
            more["app_context"] = {"entities": self.looking}
        return more

    async def edits(self, post: Post, text: str) -> None:
        """Change a message."""
        before = post.json()
        post.text, post.edited = typed(text, self._slack.names), self._workspace.new_ts()
        post.shown.append(post.text)
        self._slack.announcer.changed(post, before)

    async def deletes(self, post: Post) -> None:
        """Delete a message. The first one of a thread with replies becomes a tombstone instead."""
        if post.thread is None and len(self._workspace.thread(post.channel, post.ts)) > 1:
            before = post.json()
            post.subtype, post.text, post.blocks = "tombstone", "This message was deleted.", []
            self._slack.announcer.changed(post, before)
            return
        post.deleted = True
        self._slack.announcer.deleted(post)

    async def reacts(self, post: Post, emoji: str) -> None:
        """Add an emoji, which takes being a member."""
        self._workspace.channels[post.channel].members.add(self.id)
        self._slack.people.react(post, self.id, emoji)

    async def unreacts(self, post: Post, emoji: str) -> None:
        """Take an emoji back."""
        self._slack.people.unreact(post, self.id, emoji)

    # -- buttons, modals, commands ---------------------------------------------------------------

    async def presses(self, what: Post | View, action: str, value: str | None = None) -> Delivery:
        """Press a button, by its action_id or label, and by its value where several have that."""
        if isinstance(what, View):
            said = pressed(what.body["blocks"], action, value)
            return await self._send(self._slack.interactions.press_in_view(self.user, what, said))
        assert what.only_for in {"", self.id}, "nobody else sees this message"
        assert not what.deleted, "the message is gone"
        self._workspace.channels[what.channel].members.add(self.id)
        said = pressed(what.blocks, action, value)
        return await self._send(self._slack.interactions.press(self.user, what, said))

    async def submits(self, view: View | None, given: Mapping[str, Any] | None = None) -> Delivery:
        """Fill a modal in, by action_id or block_id, and submit it; what was prefilled stays."""
        assert view is not None, "no modal is open"
        sent = self._slack.interactions.submission(self.user, view, given or {})
        delivery = await self._send(sent)
        if delivery.acknowledged:
            self._respond(view, delivery.answer)
        return delivery

    def _respond(self, view: View, answer: JSON) -> None:
        """Do with a submitted modal what the app answered; without an answer it closes."""
        stack = self._workspace.modals[self.id]
        action = answer.get("response_action")
        if action == "errors":
            known = {block["block_id"] for block in view.body["blocks"]}
            assert set(answer["errors"]) <= known, "errors name blocks of the modal"
            view.errors = answer["errors"]
        elif action == "update":
            self._slack.views.replace(view, answer["view"])
        elif action == "push":
            stack.append(self._slack.views.made(self.id, answer["view"]))
        elif action == "clear":
            stack.clear()
        elif view in stack:
            stack.remove(view)

    async def closes(self, view: View | None) -> None:
        """Close a modal without submitting it."""
        assert view is not None, "no modal is open"
        self._workspace.modals[self.id].remove(view)
        if view.body.get("notify_on_close"):
            await self._send(self._slack.interactions.closing(self.user, view))

    async def types(self, line: str, channel: Channel) -> Delivery:
        """Type a command into a conversation, such as "/ask How?"."""
        channel.members.add(self.id)
        sent = self._slack.interactions.command(self.user, line, channel)
        assert sent["command"] in self._slack.commands, f"{sent['command']} is not a command"
        delivery = await self._slack.deliveries.send(COMMANDS, sent)
        if delivery.answer.get("text") or delivery.answer.get("blocks"):
            self._slack.responses.take(Arguments(delivery.answer), self.id, channel.id)
        return delivery

    async def uses(self, shortcut: str, post: Post | None = None) -> Delivery:
        """Use a shortcut, by its callback_id: on a message, or from anywhere."""
        return await self._send(self._slack.interactions.shortcut(self.user, shortcut, post))

    async def _send(self, payload: JSON) -> Delivery:
        return await self._slack.deliveries.send(INTERACTIVE, payload)

    # -- places ----------------------------------------------------------------------------------

    async def opens_home(self, tab: str = "home") -> None:
        """Open the app: its home tab, or with "messages" the conversation with it."""
        event: JSON = {"type": "app_home_opened", "user": self.id, "tab": tab}
        event |= {"channel": self._slack.dm(self).id}
        if self.home and tab == "home":
            event["view"] = self.home.json()
        self._slack.announcer.send(event)

    async def looks_at(self, channel: Channel) -> None:
        """Look at a conversation with the app open beside it."""
        entity = {"type": "slack#/types/channel_id", "value": channel.id, "team_id": TEAM}
        self.looking = [entity]
        event = {"type": "app_context_changed", "user": self.id, "channel": self._slack.dm(self).id}
        self._slack.announcer.send({**event, "context": {"entities": [entity]}})

    async def joins(self, channel: Channel) -> None:
        """Become a member."""
        channel.members.add(self.id)
        self._moved(channel, "joined")

    async def leaves(self, channel: Channel) -> None:
        """Stop being a member."""
        channel.members.discard(self.id)
        self._moved(channel, "left")

    def _moved(self, channel: Channel, how: str) -> None:
        subtype = {"joined": "channel_join", "left": "channel_leave"}[how]
        text = f"<@{self.id}> has {how} the channel"
        self._slack.announcer.notice(channel, self.id, subtype, text)
        event = {"type": f"member_{how}_channel", "user": self.id, "channel": channel.id}
        self._slack.announcer.send({**event, "channel_type": channel.id[0], "team": TEAM})

    async def invites(self, channel: Channel) -> None:
        """Bring the bot into a conversation."""
        bot = self._workspace.bot.id
        channel.members |= {self.id, bot}
        event = {"type": "member_joined_channel", "user": bot, "channel": channel.id}
        self._slack.announcer.send({**event, "channel_type": "C", "inviter": self.id})

    async def makes(self, channel: Channel, kind: str) -> None:
        """Make a conversation private ("group") or public ("channel")."""
        name = {"group": "private", "channel": "public"}[kind]
        channel.kind = kind
        text = f"made this channel *{name}*."
        self._slack.announcer.notice(channel, self.id, f"channel_convert_to_{name}", text)

    async def renames(self, channel: Channel, name: str) -> None:
        """Give a conversation another name."""
        before, channel.name = channel.name, name
        self._slack.announcer.notice(
            channel, self.id, "channel_name", "renamed it", old_name=before, name=name
        )
        kind = "channel_rename" if channel.kind == "channel" else "group_rename"
        self._slack.announcer.send(
            {"type": kind, "channel": {"id": channel.id, "name": name, "created": 1700000000}}
        )

    async def archives(self, channel: Channel) -> None:
        """Archive a conversation."""
        if channel.archived:
            raise SlackError("already_archived")
        channel.archived = True
        kind = "channel_archive" if PLURAL[channel.kind] == "channels" else "group_archive"
        self._slack.announcer.send({"type": kind, "channel": channel.id, "user": self.id})

    async def removes(self, channel: Channel) -> None:
        """Delete a conversation with all that stands in it; of its messages Slack tells nothing."""
        kind = "channel_deleted" if PLURAL[channel.kind] == "channels" else "group_deleted"
        self._slack.announcer.send({"type": kind, "channel": channel.id})
        del self._slack.workspace.channels[channel.id]
