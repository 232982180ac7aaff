"""What the app is told of: which events, in Slack's shape, and which it is not subscribed to."""

import itertools
import re

from tests.servers.slack_deliveries import EVENTS, Deliveries
from tests.servers.slack_post import APP, JSON, TEAM, Channel, Post
from tests.servers.slack_workspace import Workspace

PLURAL = {"channel": "channels", "group": "groups", "im": "im", "mpim": "mpim"}
URL = re.compile(r"(?<![<|])https?://[^\s<>|]+")


def typed(text: str, names: dict[str, str]) -> str:
    """Return what Slack makes of a typed text: signs escaped, @names and addresses in brackets."""
    for sign, escaped in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(sign, escaped)
    text = URL.sub(lambda found: f"<{found[0]}>", text)
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(f"@{name}", f"<@{names[name]}>")
    return text


class Announcer:
    """Tells the app what happens in the conversations that the bot is in."""

    def __init__(self, workspace: Workspace, deliveries: Deliveries) -> None:
        """Take whom to tell."""
        self._workspace = workspace
        self._deliveries = deliveries
        self._mention_first = itertools.cycle((True, False))
        self.unsubscribed: set[str] = set()
        """Events that the app did not ask for, such as "message.groups"."""

    def send(self, event: JSON, subscription: str = "") -> None:
        """Tell of an event, if the app asked for its kind."""
        if (subscription or str(event["type"])) in self.unsubscribed:
            return
        moment = event.get("event_ts") or self._workspace.new_ts()
        envelope = {
            "token": "verification",
            "team_id": TEAM,
            "context_team_id": TEAM,
            "context_enterprise_id": None,
            "api_app_id": APP,
            "event": {"event_ts": moment, **event},
            "type": "event_callback",
            "event_id": self._workspace.new_id("Ev"),
            "event_time": int(float(moment)),
            "authorizations": [
                {
                    "enterprise_id": None,
                    "team_id": TEAM,
                    "user_id": self._workspace.bot.id,
                    "is_bot": True,
                    "is_enterprise_install": False,
                }
            ],
            "is_ext_shared_channel": False,
            "event_context": "4-event",
        }
        self._deliveries.send(EVENTS, envelope)

    def said(self, post: Post, more: JSON | None = None) -> None:
        """Tell of a message; of a mention twice, by two events that come in any order."""
        channel = self._here(post)
        if channel is None:
            return
        said = {**post.json(), "channel": post.channel, "event_ts": post.ts, **(more or {})}
        mention = f"<@{self._workspace.bot.id}>" in post.text and channel.kind != "im"
        told = [({**said, "channel_type": channel.kind}, f"message.{PLURAL[channel.kind]}")]
        if mention and post.user != self._workspace.bot.id:
            first = next(self._mention_first)
            told.insert(0 if first else 1, ({**said, "type": "app_mention"}, "app_mention"))
        for event, subscription in told:
            self.send(event, subscription)

    def changed(self, post: Post, before: JSON) -> None:
        """Tell that a message is another now."""
        self._hidden(
            post, {"subtype": "message_changed", "message": post.json(), "previous_message": before}
        )

    def deleted(self, post: Post) -> None:
        """Tell that a message is gone."""
        self._hidden(
            post,
            {
                "subtype": "message_deleted",
                "deleted_ts": post.ts,
                "previous_message": post.json(),
            },
        )

    def _hidden(self, post: Post, what: JSON) -> None:
        channel = self._here(post)
        if channel is None:
            return
        moment = self._workspace.new_ts()
        event = {"type": "message", "hidden": True, "channel": post.channel, "ts": moment, **what}
        event |= {"event_ts": moment, "channel_type": channel.kind}
        self.send(event, f"message.{PLURAL[channel.kind]}")

    def reacted(self, post: Post, user: str, emoji: str, *, added: bool) -> None:
        """Tell of an emoji that came or went."""
        if self._here(post) is None:
            return
        self.send(
            {
                "type": "reaction_added" if added else "reaction_removed",
                "user": user,
                "reaction": emoji,
                "item": {"type": "message", "channel": post.channel, "ts": post.ts},
                "item_user": post.user,
            }
        )

    def notice(self, channel: Channel, user: str, subtype: str, text: str, **more: object) -> Post:
        """Post what Slack itself writes into a conversation, such as that somebody left."""
        post = Post(
            channel=channel.id,
            ts=self._workspace.new_ts(),
            user=user,
            text=text,
            subtype=subtype,
        )
        self._workspace.posts[channel.id, post.ts] = post
        self.said(post, dict(more))
        return post

    def _here(self, post: Post) -> Channel | None:
        """Return the message's conversation, if the bot is told what happens there."""
        channel = self._workspace.channels[post.channel]
        member = self._workspace.bot.id in channel.members
        return channel if member and not post.only_for else None
