"""What Discord's gateway sends, as discord.py reads it: servers, channels, messages, without a network."""

from typing import Any

import discord

BOT, ANA, BEN, OTHER_BOT = 100, 201, 202, 300
GUILD, GENERAL, CLOSED, HELP = 10, 20, 21, 22
OWN_ROLE, STAFF = 11, 12
READS = str(discord.Permissions(view_channel=True, read_message_history=True).value)
NAMES = {BOT: "Tavernkeep", ANA: "Ana", BEN: "Ben", OTHER_BOT: "Jira"}


def client() -> discord.Client:
    """Return a client that was never connected, and knows one server."""
    made = discord.Client(intents=discord.Intents.none(), max_messages=None)
    made._connection.user = discord.ClientUser(
        state=made._connection, data=user(BOT) | {"verified": True}
    )
    made._connection._add_guild_from_data(server())
    return made


def user(key: int) -> Any:
    """Return a user."""
    bot = key in (BOT, OTHER_BOT)
    return {
        "id": str(key),
        "username": NAMES[key].lower(),
        "global_name": NAMES[key],
        "discriminator": "0",
        "avatar": None,
        "bot": bot,
    }


def role(key: int, name: str, permissions: str = "0", **more: Any) -> Any:
    """Return a role."""
    return {
        "id": str(key),
        "name": name,
        "permissions": permissions,
        "position": 0 if key == GUILD else 1,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "managed": "tags" in more,
        "mentionable": True,
        "flags": 0,
        **more,
    }


def server(key: int = GUILD) -> Any:
    """Return a server with an open channel, a closed one and a forum."""
    hidden = [{"id": str(key), "type": 0, "allow": "0", "deny": READS}]
    return {
        "id": str(key),
        "name": "Tavern",
        "roles": [
            role(key, "@everyone", READS),
            role(OWN_ROLE, "Tavernkeep", tags={"bot_id": str(BOT)}),
            role(STAFF, "Staff"),
        ],
        "channels": [
            channel(GENERAL, "general"),
            channel(CLOSED, "closed", permission_overwrites=hidden),
            channel(HELP, "help", kind=15),
        ],
        "threads": [],
        "members": [],
        "member_count": 3,
        "owner_id": str(ANA),
        "emojis": [],
        "stickers": [],
        "features": [],
    }


def channel(key: int, name: str, kind: int = 0, **more: Any) -> Any:
    """Return a channel: of text, or by its number another kind."""
    return {
        "id": str(key),
        "type": kind,
        "name": name,
        "position": 0,
        "permission_overwrites": [],
        "guild_id": str(GUILD),
        **more,
    }


def thread(key: int, parent: int, name: str = "a talk", kind: int = 11) -> Any:
    """Return a thread under a channel; of the kind 12 it is private."""
    return {
        "id": str(key),
        "type": kind,
        "guild_id": str(GUILD),
        "parent_id": str(parent),
        "owner_id": str(ANA),
        "name": name,
        "message_count": 0,
        "member_count": 1,
        "thread_metadata": {
            "archived": False,
            "auto_archive_duration": 1440,
            "archive_timestamp": "2026-06-01T12:00:00+00:00",
            "locked": False,
        },
    }


def opened_thread(held: discord.Client, key: int, parent: int, **more: Any) -> discord.Thread:
    """Return a thread that a client was told of."""
    held._connection.parse_thread_create(thread(key, parent, **more))
    found = held.get_channel(key)
    assert isinstance(found, discord.Thread)
    return found


def direct_channel(held: discord.Client, key: int = 50) -> discord.DMChannel:
    """Return the direct conversation with Ana."""
    data: Any = {"id": str(key), "type": 1, "recipients": [user(ANA)], "last_message_id": None}
    me: Any = held._connection.user
    return discord.DMChannel(me=me, state=held._connection, data=data)


def said(text: str, key: int, by: int, at: int) -> dict[str, Any]:
    """Return what the gateway says of a plain message."""
    return {
        "id": str(key),
        "channel_id": str(at),
        "author": user(by),
        "content": text,
        "timestamp": "2026-06-01T12:00:00+00:00",
        "edited_timestamp": None,
        "tts": False,
        "mention_everyone": False,
        "mentions": [],
        "mention_roles": [],
        "attachments": [],
        "embeds": [],
        "pinned": False,
        "type": 0,
    }


def written(
    held: discord.Client,
    text: str,
    *,
    key: int = 1000,
    by: int = ANA,
    at: int = GENERAL,
    **more: Any,
) -> discord.Message:
    """Return a message by the client's eyes; `more` is what else the gateway says of it."""
    where: Any = held.get_channel(at) or direct_channel(held, at)
    data: Any = said(text, key, by, at) | more
    if isinstance(where, discord.abc.GuildChannel | discord.Thread):
        data["guild_id"] = str(where.guild.id)
    return discord.Message(state=held._connection, channel=where, data=data)


def reply(to: int, at: int = GENERAL, by: int | None = None) -> dict[str, Any]:
    """Return what makes a message a reply to another; `by` wrote it, where Discord tells."""
    reference = {"message_id": str(to), "channel_id": str(at), "guild_id": str(GUILD), "type": 0}
    told: dict[str, Any] = {"message_reference": reference, "type": 19}
    return told if by is None else told | {"referenced_message": said("", to, by, at)}
