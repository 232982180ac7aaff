"""What stands in a Slack workspace: users, conversations, messages, views, and Slack's refusals."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

JSON: TypeAlias = dict[str, Any]

TEAM = "T0TAVERN"
APP = "A0TAVERN"


class SlackError(Exception):
    """What Slack answers with `"ok": false`: its own code, and what else stands in the answer."""

    def __init__(self, code: str, **more: Any) -> None:
        """Take the code."""
        super().__init__(code)
        self.code = code
        self.more = more


def wrong(*messages: str) -> SlackError:
    """Return the error for arguments that Slack does not accept, each with its sentence."""
    return SlackError(
        "invalid_arguments", response_metadata={"messages": [f"[ERROR] {one}" for one in messages]}
    )


@dataclass
class User:
    """Somebody in the workspace; a bot has a `bot_id`, too."""

    id: str
    name: str
    bot_id: str = ""
    app_id: str = ""
    guest: bool = False

    def json(self) -> JSON:
        """Return the user as users.info does."""
        return {
            "id": self.id,
            "team_id": TEAM,
            "name": self.name.lower(),
            "deleted": False,
            "real_name": self.name,
            "is_bot": bool(self.bot_id),
            "is_restricted": self.guest,
            "is_ultra_restricted": False,
            "tz": "Europe/Berlin",
            "profile": {"real_name": self.name, "display_name": self.name, "team": TEAM},
        }


@dataclass
class Channel:
    """A conversation: kind is "channel", "group" (private), "im" or "mpim", as in events."""

    id: str
    name: str
    kind: str = "channel"
    members: set[str] = field(default_factory=set)
    archived: bool = False

    def json(self, viewer: str) -> JSON:
        """Return the conversation as conversations.info does."""
        seen: JSON = {
            "id": self.id,
            "created": 1700000000,
            "is_archived": self.archived,
            "is_channel": self.kind == "channel",
            "is_group": self.kind == "group",
            "is_im": self.kind == "im",
            "is_mpim": self.kind == "mpim",
            "is_private": self.kind != "channel",
            "is_ext_shared": False,
            "is_org_shared": False,
            "context_team_id": TEAM,
        }
        if self.kind == "im":
            return seen | {"user": next(iter(self.members - {viewer}))}
        return seen | {
            "name": self.name,
            "name_normalized": self.name,
            "is_general": self.name == "general",
            "is_member": viewer in self.members,
            "num_members": len(self.members),
        }


@dataclass
class Post:
    """One message, as it stands now; `shown` are all texts that it had, oldest first."""

    channel: str
    ts: str
    user: str
    text: str = ""
    thread: str | None = None
    bot_id: str = ""
    app_id: str = ""
    subtype: str = ""
    blocks: list[JSON] = field(default_factory=list)
    attachments: list[JSON] = field(default_factory=list)
    metadata: JSON | None = None
    reactions: dict[str, list[str]] = field(default_factory=dict)
    arguments: JSON = field(default_factory=dict)
    edited: str = ""
    deleted: bool = False
    only_for: str = ""
    """The user who alone sees it, where it is ephemeral."""
    streaming: bool = False
    tasks: dict[str, JSON] = field(default_factory=dict)
    """The task updates of a stream, by id, as they stand."""
    shown: list[str] = field(default_factory=list)

    @property
    def root(self) -> str:
        """The key of the thread that it stands in, or begins."""
        return self.thread or self.ts

    @property
    def words(self) -> str:
        """Everything that people read: the blocks' texts where there are blocks, else the text."""
        return "\n".join([self.text, *texts(self.blocks)] if self.streamed else self._rendered())

    @property
    def streamed(self) -> bool:
        """Whether it was streamed, which leaves the text standing above the blocks."""
        return self.streaming or bool(self.arguments.get("streamed"))

    def _rendered(self) -> list[str]:
        return list(texts(self.blocks)) or [self.text]

    def json(self, *, whole_metadata: bool = True) -> JSON:
        """Return the message as it stands in events and in conversations.history."""
        said: JSON = {"type": "message", "user": self.user, "text": self.text, "ts": self.ts}
        said |= {"team": TEAM, "blocks": self._all_blocks()}
        optional = {
            "subtype": self.subtype,
            "bot_id": self.bot_id,
            "app_id": self.app_id,
            "thread_ts": self.thread,
            "attachments": self.attachments,
            "edited": {"user": self.user, "ts": self.edited} if self.edited else None,
        }
        said |= {key: value for key, value in optional.items() if value}
        if self.metadata:
            kept = self.metadata if whole_metadata else {}
            said["metadata"] = {"event_type": self.metadata["event_type"], **kept}
        if self.subtype == "bot_message":
            del said["user"]
        return said

    def _all_blocks(self) -> list[JSON]:
        done = task_blocks(self.tasks, self.arguments.get("task_display_mode", ""))
        if self.text and (not self.blocks or self.streamed):
            return [*done, rich_text(self.text), *self.blocks]
        return [*done, *self.blocks]


def task_blocks(tasks: dict[str, JSON], mode: str) -> list[JSON]:
    """Return the blocks that a stream's tasks are shown by: one each, or all in a plan."""
    cards = [
        {"type": "task_card", "task_id": key, "title": one["title"], "status": one["status"]}
        for key, one in tasks.items()
    ]
    if mode == "plan" and cards:
        return [{"type": "plan", "title": cards[0]["title"], "tasks": cards}]
    return cards


def rich_text(text: str) -> JSON:
    """Return the block that Slack makes of plain text."""
    inner = [{"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}]
    return {"type": "rich_text", "block_id": "auto", "elements": inner}


def texts(held: Any) -> Iterator[str]:
    """Yield every text that people read in blocks, in order."""
    if isinstance(held, list):
        for one in held:
            yield from texts(one)
    elif isinstance(held, dict):
        for key, value in sorted(held.items(), key=lambda item: item[0] == "negative_button"):
            if key in {"text", "title", "alt_text", "label"} and isinstance(value, str):
                yield value
            elif key not in {"value", "action_id", "block_id", "url", "private_metadata"}:
                yield from texts(value)


@dataclass
class View:
    """A modal or a home tab that somebody has open."""

    id: str
    user: str
    body: JSON
    hash: str = ""
    errors: JSON = field(default_factory=dict)

    @property
    def words(self) -> str:
        """Everything that is read in it."""
        return "\n".join(texts(self.body))

    def json(self) -> JSON:
        """Return the view as payloads and answers carry it."""
        held: JSON = {
            "id": self.id,
            "team_id": TEAM,
            "app_id": APP,
            "hash": self.hash,
            "root_view_id": self.id,
            "previous_view_id": None,
            "bot_id": "B0TAVERN",
            "app_installed_team_id": TEAM,
            "state": {"values": {}},
            "callback_id": "",
            "private_metadata": "",
            "external_id": "",
        }
        return held | self.body
