"""How the bot's messages come about in the loopback Discord: checked, kept, told of, changed."""

import re
from typing import Any

from tests.servers.discord_components import check_message, numbered
from tests.servers.discord_events import Announcer
from tests.servers.discord_permissions import HISTORY, IN_THREADS, SEND, allowed, demand
from tests.servers.discord_post import (
    DIRECT,
    FORUM,
    JSON,
    NO_EMBEDS,
    REPLY,
    SILENT,
    V2,
    Channel,
    DiscordError,
    Post,
    User,
    invalid,
)
from tests.servers.discord_world import World

LONGEST = 2000
REPEATED = 300.0  # seconds in which the same nonce is the same message


class Writing:
    """Takes what the bot writes."""

    def __init__(self, world: World, announcer: Announcer) -> None:
        """Take what there is, and whom to tell."""
        self._world = world
        self._announcer = announcer

    def write(self, channel: Channel, given: JSON) -> Post:
        """Return the message that the bot writes; one that it wrote already where the nonce says so."""
        self._demand_place(channel)
        nonce = given.get("nonce")
        if nonce is not None and len(str(nonce)) > 25:
            raise invalid("nonce", "NONCE_TYPE_TOO_LONG", "Nonces must be 25 characters or less.")
        former = self._former(channel, nonce) if given.get("enforce_nonce") else None
        if former is not None:
            return former
        post = self.composed(channel, given)
        post.nonce = nonce
        self._reply(post, given)
        self.keep(post)
        return post

    def composed(self, channel: Channel, given: JSON) -> Post:
        """Return a message as it was sent, checked, but not kept yet."""
        post = Post(
            id=self._world.new_id(),
            channel=channel,
            author=self._world.bot,
            created=self._world.now(),
            application=self._world.application,
        )
        post.flags = int(given.get("flags") or 0) & (V2 | NO_EMBEDS | SILENT)
        self._fill(post, given)
        return post

    def keep(self, post: Post) -> None:
        """Let a message stand, and tell of it; an archived thread is open again."""
        channel = post.channel
        self._world.posts[post.id] = post
        channel.last = post.id
        channel.count += 1
        if channel.archived:
            channel.archived = False
            self._announcer.channel("UPDATE", channel)
        self._announcer.said(post)

    def change(self, post: Post, given: JSON) -> None:
        """Change a message of the bot's; one made of components alone stays such a one."""
        if post.author is not self._world.bot:
            raise DiscordError(403, 50005, "Cannot edit a message authored by another user")
        wanted = int(given.get("flags") or 0)
        if post.is_v2 and "flags" in given and not wanted & V2:
            raise invalid("flags", "MESSAGE_CANNOT_REMOVE_COMPONENTS_V2_FLAG", "it stays V2")
        kept = post.flags & ~NO_EMBEDS if "flags" in given else post.flags
        post.flags = kept | wanted & (V2 | NO_EMBEDS)
        self._fill(post, given)
        post.edited = self._world.now()

    def _fill(self, post: Post, given: JSON) -> None:
        content = given.get("content", post.content) or ""
        components: list[JSON] = given.get("components", post.components) or []
        embeds: list[JSON] = given.get("embeds", post.embeds) or []
        if post.is_v2 and (content or embeds):
            code = "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"
            raise invalid("content", code, "components alone")
        if len(content) > LONGEST:
            told = f"Must be {LONGEST} or fewer in length."
            raise invalid("content", "BASE_TYPE_MAX_LENGTH", told)
        check_message(components, v2=post.is_v2)
        if not (content.strip() or components or embeds):
            raise DiscordError(400, 50006, "Cannot send an empty message")
        post.content, post.components, post.embeds = content, numbered(components), embeds
        post.shown.append(post.words)
        self._mention(post, given.get("allowed_mentions"))

    def _mention(self, post: Post, wanted: Any) -> None:
        """Note whom the message calls, as far as it may: all whom it names, where nothing is said."""
        parse = ["users", "roles", "everyone"] if wanted is None else wanted.get("parse") or []
        said = post.words
        named = [int(key) for key in re.findall(r"<@!?(\d+)>", said)]
        chosen = {int(key) for key in (wanted or {}).get("users") or []}
        users = [key for key in named if "users" in parse or key in chosen]
        post.mentions = [self._world.users[key] for key in users if key in self._world.users]
        roles = [int(key) for key in re.findall(r"<@&(\d+)>", said)]
        post.mention_roles = roles if "roles" in parse else []
        loud = "@everyone" in said or "@here" in said
        post.mention_everyone = loud and "everyone" in parse

    def _reply(self, post: Post, given: JSON) -> None:
        reference = given.get("message_reference")
        if not reference or reference.get("type"):
            return
        if post.channel.guild:
            demand(post.channel, self._world.bot.id, HISTORY)
        key = int(reference["message_id"])
        held = self._world.posts.get(key)
        if held is None or held.deleted or held.channel is not post.channel:
            if reference.get("fail_if_not_exists", True):
                raise invalid("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
            return
        post.reply_to, post.kind = key, REPLY
        wanted = given.get("allowed_mentions")
        pings = wanted is None or wanted.get("replied_user")
        if pings and held.author not in post.mentions:
            post.mentions.append(held.author)

    def _demand_place(self, channel: Channel) -> None:
        if channel.kind == DIRECT:
            if not all(one.takes_dms for one in channel.people):
                raise DiscordError(403, 50007, "Cannot send messages to this user")
            return
        if channel.kind == FORUM:
            raise DiscordError(400, 50008, "Cannot send messages in a non-text channel")
        demand(channel, self._world.bot.id, IN_THREADS if channel.is_thread else SEND)
        if channel.archived and channel.locked:
            raise DiscordError(400, 50083, "Thread is archived")

    def _former(self, channel: Channel, nonce: object) -> Post | None:
        if nonce is None:
            return None
        since = self._world.now() - REPEATED
        held = (one for one in self._world.posts.values() if one.channel is channel)
        mine = (one for one in held if one.author is self._world.bot and one.created > since)
        return next((one for one in mine if str(one.nonce) == str(nonce)), None)


def typed(text: str, users: dict[str, User]) -> str:
    """Return what somebody typed, with @Name as Discord writes it."""
    for name, user in sorted(users.items(), key=lambda one: -len(one[0])):
        text = text.replace(f"@{name}", f"<@{user.id}>")
    return text


def may_write(channel: Channel, user: int) -> bool:
    """Say whether somebody may write in a channel."""
    return bool(allowed(channel, user) & (IN_THREADS if channel.is_thread else SEND))
