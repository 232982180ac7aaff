"""The announcer of the loopback Discord: who is told what happened, and how much of it."""

from typing import TYPE_CHECKING

from tests.servers.discord_gateway import (
    DM_MESSAGES,
    DM_REACTIONS,
    GUILDS,
    MEMBERS,
    MESSAGES,
    REACTIONS,
    Gateway,
)
from tests.servers.discord_permissions import VIEW, allowed
from tests.servers.discord_post import (
    DIRECT,
    EPHEMERAL,
    JSON,
    REPLY,
    Channel,
    Guild,
    Member,
    Post,
    Role,
    iso,
)
from tests.servers.discord_sessions import Session
from tests.servers.discord_world import World

if TYPE_CHECKING:
    from tests.servers.discord_post import User


class Announcer:
    """Tells the bot what happens where it may look."""

    def __init__(self, world: World) -> None:
        """Take what there is; `gateway` is set before anything happens."""
        self._world = world
        self.gateway: Gateway

    # -- how things read -------------------------------------------------------------------------

    def message(self, post: Post, *, content: bool, whole: bool = True) -> JSON:
        """Return a message as the bot reads it: without its words where it may not know them."""
        told: JSON = {
            "id": str(post.id),
            "channel_id": str(post.channel.id),
            "author": post.author.json(),
            "type": post.kind,
            "timestamp": iso(post.created),
            "edited_timestamp": iso(post.edited) if post.edited else None,
            "tts": False,
            "mention_everyone": post.mention_everyone,
            "mentions": [self._mentioned(post, user) for user in post.mentions],
            "mention_roles": [str(role) for role in post.mention_roles],
            "pinned": post.pinned,
            "flags": post.flags,
            "attachments": [],
        }
        shown = content or self._shows(post)
        told["content"] = post.content if shown else ""
        told["embeds"] = post.embeds if shown else []
        told["components"] = post.components if shown else []
        if post.webhook:
            told["webhook_id"] = str(post.webhook)
        if post.application:
            told["application_id"] = str(post.application)
        if post.reactions:
            told["reactions"] = self._reactions(post)
        if post.thread is not None and not post.thread.deleted:
            told["thread"] = post.thread.json()
        return told | (self._referenced(post, content=content) if whole else {})

    def _shows(self, post: Post) -> bool:
        bot = self._world.bot
        return post.author is bot or post.channel.kind == DIRECT or bot in post.mentions

    def _mentioned(self, post: Post, user: "User") -> JSON:
        held = post.channel.guild.members.get(user.id) if post.channel.guild else None
        return user.json() | ({"member": held.json(user=False)} if held else {})

    def _referenced(self, post: Post, *, content: bool) -> JSON:
        if post.reply_to is None:
            return {}
        where = post.channel
        reference: JSON = {"type": 0, "message_id": str(post.reply_to), "channel_id": str(where.id)}
        if where.guild:
            reference["guild_id"] = str(where.guild.id)
        if post.kind != REPLY:
            return {"message_reference": reference}
        held = self._world.posts.get(post.reply_to)
        stands = held is not None and not held.deleted
        replied = self.message(held, content=content, whole=False) if held and stands else None
        return {"message_reference": reference, "referenced_message": replied}

    def _reactions(self, post: Post) -> list[JSON]:
        return [
            {
                "emoji": emoji(name),
                "count": len(users),
                "count_details": {"normal": len(users), "burst": 0},
                "burst_colors": [],
                "me_burst": False,
                "burst_count": 0,
                "me": self._world.bot.id in users,
            }
            for name, users in post.reactions.items()
            if users
        ]

    # -- messages --------------------------------------------------------------------------------

    def said(self, post: Post) -> None:
        """Tell that somebody wrote."""
        self._about("MESSAGE_CREATE", post)

    def changed(self, post: Post) -> None:
        """Tell that a message is another one now."""
        self._about("MESSAGE_UPDATE", post)

    def _about(self, event: str, post: Post) -> None:
        if post.flags & EPHEMERAL or not self._looks(post.channel):
            return
        more = _where(post.channel)
        if post.nonce is not None and event == "MESSAGE_CREATE":
            more["nonce"] = post.nonce
        held = post.channel.guild.members.get(post.author.id) if post.channel.guild else None
        if held is not None:
            more["member"] = held.json(user=False)
        intent = MESSAGES if post.channel.guild else DM_MESSAGES
        # Read now: what it says when it is sent may be something later.
        told = {flag: self.message(post, content=flag) | more for flag in (False, True)}
        self.gateway.tell(event, lambda content: told[content], _guild(post.channel), intent)

    def deleted(self, *posts: Post) -> None:
        """Tell that messages are gone: one, or several at once."""
        channel = posts[0].channel
        if not self._looks(channel):
            return
        ids = [str(post.id) for post in posts]
        which: JSON = {"id": ids[0]} if len(ids) == 1 else {"ids": ids}
        event = "MESSAGE_DELETE" if len(ids) == 1 else "MESSAGE_DELETE_BULK"
        intent = MESSAGES if channel.guild else DM_MESSAGES
        self._tell(
            event, which | {"channel_id": str(channel.id)} | _where(channel), channel, intent
        )

    def reacted(self, post: Post, user: int, name: str, *, added: bool) -> None:
        """Tell of a reaction, or that it is gone; only a new one says who wrote the message."""
        told: JSON = {"user_id": str(user), "emoji": emoji(name), "type": 0, "burst": False}
        if added:
            told["message_author_id"] = str(post.author.id)
            held = post.channel.guild.members.get(user) if post.channel.guild else None
            told |= {"member": held.json()} if held else {}
        self._reaction("ADD" if added else "REMOVE", post, told)

    def cleared(self, post: Post, name: str | None = None) -> None:
        """Tell that all reactions to a message are gone, or all of one emoji."""
        told: JSON = {"emoji": emoji(name)} if name else {}
        self._reaction("REMOVE_EMOJI" if name else "REMOVE_ALL", post, told)

    def _reaction(self, what: str, post: Post, told: JSON) -> None:
        if not self._looks(post.channel):
            return
        told |= {"message_id": str(post.id), "channel_id": str(post.channel.id)}
        intent = REACTIONS if post.channel.guild else DM_REACTIONS
        event = f"MESSAGE_REACTION_{what}"
        self._tell(event, told | _where(post.channel), post.channel, intent)

    # -- places and people -----------------------------------------------------------------------

    def channel(self, what: str, channel: Channel) -> None:
        """Tell that a channel or a thread was made ("CREATE"), changed ("UPDATE") or is gone."""
        kind = "THREAD" if channel.is_thread else "CHANNEL"
        if channel.is_thread and what != "DELETE" and not self._looks(channel):
            return
        told = channel.json(self._world.bot.id)
        if kind == "THREAD" and what == "CREATE":
            told["newly_created"] = True
        self._tell(f"{kind}_{what}", told, channel, GUILDS)

    def role(self, what: str, guild: Guild, role: Role) -> None:
        """Tell that a role was made, changed or is gone."""
        told: JSON = {"guild_id": str(guild.id)}
        told |= {"role_id": str(role.id)} if what == "DELETE" else {"role": role.json()}
        self.gateway.tell(f"GUILD_ROLE_{what}", lambda _: told, guild.id, GUILDS)

    def member(self, what: str, guild: Guild, member: Member) -> None:
        """Tell that somebody came, changed or left: to who asked for members, or it is the bot."""
        told = {"user": member.user.json()} if what == "REMOVE" else member.json()
        told |= {"guild_id": str(guild.id)}
        own = member.user is self._world.bot
        intent = GUILDS if own and what == "UPDATE" else MEMBERS
        self.gateway.tell(f"GUILD_MEMBER_{what}", lambda _: told, guild.id, intent)

    def guild(self, guild: Guild, *, gone: bool = False, away: bool = False) -> None:
        """Tell what there is of a server, or that the bot is out of it, or that it does not answer."""
        if gone or away:
            told: JSON = {"id": str(guild.id)} | ({"unavailable": True} if away else {})
            self.gateway.tell("GUILD_DELETE", lambda _: told, guild.id, GUILDS)
            return
        whole = self.whole(guild)
        self.gateway.tell("GUILD_CREATE", lambda _: whole, guild.id, GUILDS)

    def whole(self, guild: Guild) -> JSON:
        """Return a server as a bot gets it: its channels, its threads, and of members only itself."""
        held = self._world.channels_of(guild)
        threads = [one for one in held if one.is_thread and not one.archived and self._looks(one)]
        own = guild.members.get(self._world.bot.id)
        return guild.json() | {
            "joined_at": "2024-01-01T00:00:00+00:00",
            "large": False,
            "unavailable": False,
            "member_count": len(guild.members),
            "members": [own.json()] if own else [],
            "channels": [one.json() for one in held if not one.is_thread],
            "threads": [one.json() for one in threads],
            "voice_states": [],
            "presences": [],
            "stage_instances": [],
            "guild_scheduled_events": [],
            "soundboard_sounds": [],
        }

    def ready(self, session: Session) -> None:
        """Tell a new session who the bot is, and what there is."""
        mine = [one for one in self._world.guilds.values() if self._world.bot.id in one.members]
        mine = [one for one in mine if session.hears(one.id, GUILDS)]
        ready: JSON = {
            "v": 10,
            "user": self._world.bot.json()
            | {"verified": True, "mfa_enabled": False, "email": None},
            "guilds": [{"id": str(one.id), "unavailable": True} for one in mine],
            "session_id": session.id,
            "resume_gateway_url": f"{self.gateway.base}/gateway/",
            "shard": list(session.shard),
            "application": {"id": str(self._world.application), "flags": 0},
            "private_channels": [],
            "session_type": "normal",
        }
        session.tell("READY", ready)
        for one in mine:
            if not one.unavailable:
                session.tell("GUILD_CREATE", self.whole(one))

    def _looks(self, channel: Channel) -> bool:
        return bool(allowed(channel, self._world.bot.id) & VIEW)

    def _tell(self, event: str, told: JSON, channel: Channel, intent: int) -> None:
        self.gateway.tell(event, lambda _: told, _guild(channel), intent)


def emoji(name: str) -> JSON:
    """Return an emoji as the wire shows it: a sign, or "name:id" of a server's own."""
    word, _, key = name.partition(":")
    return {"id": key or None, "name": word}


def _guild(channel: Channel) -> int | None:
    return channel.guild.id if channel.guild else None


def _where(channel: Channel) -> JSON:
    return {"guild_id": str(channel.guild.id)} if channel.guild else {}
