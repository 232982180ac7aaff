"""What the loopback Discord holds: users, roles, servers, channels, messages, and how they read on the wire."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

JSON = dict[str, Any]
TEXT, DIRECT, CATEGORY, NEWS, NEWS_THREAD, THREAD, PRIVATE_THREAD, FORUM = (
    0,
    1,
    4,
    5,
    10,
    11,
    12,
    15,
)
THREADS = frozenset({NEWS_THREAD, THREAD, PRIVATE_THREAD})
EPHEMERAL, LOADING, NO_EMBEDS, SILENT, V2 = 1 << 6, 1 << 7, 1 << 2, 1 << 12, 1 << 15
REPLY, TOLD_OF_THREAD, THREAD_STARTER, COMMAND = 19, 18, 21, 20


class DiscordError(Exception):
    """What Discord refuses a call with."""

    def __init__(self, status: int, code: int, message: str, errors: JSON | None = None) -> None:
        """Take the HTTP status, Discord's own code, its sentence, and what is wrong with which field."""
        super().__init__(message)
        self.status, self.code, self.errors = status, code, errors or {}

    def json(self) -> JSON:
        """Return the body of the answer."""
        told: JSON = {"message": str(self), "code": self.code}
        return told | ({"errors": self.errors} if self.errors else {})


def unknown(what: str) -> DiscordError:
    """Return that there is no such thing."""
    codes = {"Channel": 10003, "Guild": 10004, "Member": 10007, "Message": 10008, "User": 10013}
    more = {"Webhook": 10015, "Interaction": 10062, "Emoji": 10014, "Application Command": 10063}
    return DiscordError(404, (codes | more)[what], f"Unknown {what}")


def invalid(where: str, code: str, message: str) -> DiscordError:
    """Return that a field of what was sent is not as it must be."""
    errors: JSON = {"_errors": [{"code": code, "message": message}]}
    for name in reversed(where.split(".")):
        errors = {name: errors}
    return DiscordError(400, 50035, "Invalid Form Body", errors)


def iso(at: float) -> str:
    """Return a time as Discord writes it."""
    return datetime.fromtimestamp(at, UTC).isoformat()


@dataclass(eq=False, kw_only=True)
class User:
    """A person or a bot; `takes_dms` is whether somebody lets the bot write to them."""

    id: int
    name: str
    bot: bool = False
    takes_dms: bool = True

    def json(self) -> JSON:
        """Return the user as the wire shows it."""
        return {
            "id": str(self.id),
            "username": self.name.lower(),
            "global_name": self.name,
            "discriminator": "0",
            "avatar": None,
            "bot": self.bot,
            "public_flags": 0,
        }


@dataclass(eq=False, kw_only=True)
class Role:
    """A role of a server; everybody's has the server's id."""

    id: int
    name: str
    permissions: int
    bot_id: int | None = None

    def json(self) -> JSON:
        """Return the role as the wire shows it."""
        none: JSON = {"secondary_color": None, "tertiary_color": None}
        told: JSON = {
            "id": str(self.id),
            "name": self.name,
            "permissions": str(self.permissions),
            "position": 1,
            "color": 0,
            "colors": {"primary_color": 0, **none},
            "hoist": False,
            "managed": self.bot_id is not None,
            "mentionable": True,
            "flags": 0,
        }
        return told | ({"tags": {"bot_id": str(self.bot_id)}} if self.bot_id else {})


@dataclass(eq=False, kw_only=True)
class Member:
    """Somebody in a server."""

    user: User
    roles: set[int] = field(default_factory=set)
    nick: str | None = None

    def json(self, *, user: bool = True) -> JSON:
        """Return the member as the wire shows it, with or without the user."""
        told: JSON = {
            "nick": self.nick,
            "avatar": None,
            "roles": [str(role) for role in sorted(self.roles)],
            "joined_at": "2024-01-01T00:00:00+00:00",
            "premium_since": None,
            "deaf": False,
            "mute": False,
            "pending": False,
            "flags": 0,
            "communication_disabled_until": None,
        }
        return told | ({"user": self.user.json()} if user else {})


@dataclass(eq=False, kw_only=True)
class Guild:
    """A server."""

    id: int
    name: str
    owner: int
    roles: dict[int, Role] = field(default_factory=dict)
    members: dict[int, Member] = field(default_factory=dict)
    unavailable: bool = False

    def json(self) -> JSON:
        """Return the server as the wire shows it, without channels and members."""
        return {
            "id": str(self.id),
            "name": self.name,
            "owner_id": str(self.owner),
            "icon": None,
            "roles": [role.json() for role in self.roles.values()],
            "emojis": [],
            "stickers": [],
            "features": ["COMMUNITY"],
            "preferred_locale": "en-US",
            "verification_level": 1,
            "default_message_notifications": 1,
            "explicit_content_filter": 0,
            "mfa_level": 0,
            "nsfw_level": 0,
            "premium_tier": 0,
            "system_channel_flags": 0,
            "afk_timeout": 300,
            "premium_progress_bar_enabled": False,
        }


@dataclass(eq=False, kw_only=True)
class Channel:
    """A channel, a thread, or a direct conversation; `allow` and `deny` are by role or user."""

    id: int
    kind: int
    name: str
    guild: Guild | None = None
    parent: "Channel | None" = None
    allow: dict[int, int] = field(default_factory=dict)
    deny: dict[int, int] = field(default_factory=dict)
    people: list[User] = field(default_factory=list)
    """Who is in a thread, or in a direct conversation, with the bot."""
    owner: int = 0
    archived: bool = False
    locked: bool = False
    tags: list[JSON] = field(default_factory=list)
    deleted: bool = False
    last: int | None = None
    count: int = 0

    @property
    def is_thread(self) -> bool:
        """Whether it hangs under another channel."""
        return self.kind in THREADS

    def json(self, bot: int = 0) -> JSON:
        """Return the channel as the wire shows it to a bot."""
        told: JSON = {"id": str(self.id), "type": self.kind, "flags": 0}
        told["last_message_id"] = str(self.last) if self.last else None
        if self.kind == DIRECT:
            return told | {"recipients": [one.json() for one in self.people if one.id != bot]}
        told |= {"name": self.name, "guild_id": str(self.guild.id if self.guild else 0)}
        told |= {"parent_id": str(self.parent.id) if self.parent else None}
        return told | (self._thread() if self.is_thread else self._channel())

    def _thread(self) -> JSON:
        return {
            "owner_id": str(self.owner),
            "message_count": self.count,
            "total_message_sent": self.count,
            "member_count": len(self.people),
            "rate_limit_per_user": 0,
            "applied_tags": [],
            "thread_metadata": {
                "archived": self.archived,
                "locked": self.locked,
                "auto_archive_duration": 1440,
                "archive_timestamp": "2026-01-01T00:00:00+00:00",
                "create_timestamp": "2026-01-01T00:00:00+00:00",
                **({"invitable": True} if self.kind == PRIVATE_THREAD else {}),
            },
        }

    def _channel(self) -> JSON:
        roles = self.guild.roles if self.guild else {}
        told: JSON = {"position": 0, "topic": None, "nsfw": False, "rate_limit_per_user": 0}
        told["permission_overwrites"] = [
            {
                "id": str(key),
                "type": 0 if key in roles else 1,
                "allow": str(self.allow.get(key, 0)),
                "deny": str(self.deny.get(key, 0)),
            }
            for key in {**self.allow, **self.deny}
        ]
        if self.kind == FORUM:
            told |= {"available_tags": self.tags, "default_reaction_emoji": None}
            told |= {"default_sort_order": None, "default_forum_layout": 0}
        return told


@dataclass(eq=False, kw_only=True)
class Post:
    """A message; `shown` is every text that it had, `only_for` who alone sees an ephemeral one."""

    id: int
    channel: Channel
    author: User
    created: float
    content: str = ""
    components: list[JSON] = field(default_factory=list)
    embeds: list[JSON] = field(default_factory=list)
    flags: int = 0
    kind: int = 0
    edited: float | None = None
    nonce: str | int | None = None
    reply_to: int | None = None
    mentions: list[User] = field(default_factory=list)
    mention_roles: list[int] = field(default_factory=list)
    mention_everyone: bool = False
    reactions: dict[str, list[int]] = field(default_factory=dict)
    pinned: bool = False
    webhook: int | None = None
    only_for: int | None = None
    deleted: bool = False
    thread: Channel | None = None
    application: int | None = None
    shown: list[str] = field(default_factory=list)

    @property
    def words(self) -> str:
        """All that the message says, in components too."""
        said = [str(one["content"]) for one in self.parts if one["type"] == 10]
        return "\n".join([self.content] * bool(self.content) + said)

    @property
    def parts(self) -> list[JSON]:
        """Its components, those inside of others too."""
        return nested(self.components)

    @property
    def buttons(self) -> list[JSON]:
        """What can be pressed or chosen from, links left out."""
        return [one for one in self.parts if one.get("custom_id")]

    @property
    def is_v2(self) -> bool:
        """Whether the message is made of components alone."""
        return bool(self.flags & V2)


def nested(components: list[JSON]) -> list[JSON]:
    """Return components with all that is inside them, in the order of reading."""
    found: list[JSON] = []
    for one in components:
        inside = list(one.get("components") or [])
        inside += [one[name] for name in ("accessory", "component") if one.get(name)]
        found += [one, *nested(inside)]
    return found
