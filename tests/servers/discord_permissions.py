"""Who may do what in the loopback Discord: roles, overwrites of channels, and membership of threads."""

from collections.abc import Iterator

from tests.servers.discord_post import DIRECT, PRIVATE_THREAD, Channel, DiscordError, Guild

ADMINISTRATOR = 1 << 3
MANAGE_CHANNELS = 1 << 4
ADD_REACTIONS = 1 << 6
VIEW = 1 << 10
SEND = 1 << 11
MANAGE_MESSAGES = 1 << 13
EMBED = 1 << 14
HISTORY = 1 << 16
CONNECT = 1 << 20
MANAGE_THREADS = 1 << 34
PUBLIC_THREADS = 1 << 35
PRIVATE_THREADS = 1 << 36
IN_THREADS = 1 << 38
ALL = (1 << 50) - 1
EVERYBODY = (
    *(VIEW, SEND, HISTORY, ADD_REACTIONS, EMBED, CONNECT),
    *(PUBLIC_THREADS, PRIVATE_THREADS, IN_THREADS),
)


def everybody() -> int:
    """Return what everybody may do in a new server."""
    return sum(EVERYBODY)


def allowed(channel: Channel, user: int) -> int:
    """Return what somebody may do in a channel; nothing where they are not in the server."""
    if channel.kind == DIRECT:
        inside = any(one.id == user for one in channel.people)
        return sum(EVERYBODY) if inside else 0
    guild = channel.guild
    if guild is None or user not in guild.members:
        return 0
    may = in_server(guild, user)
    if may != ALL:
        above = channel.parent if channel.parent and channel.is_thread else channel
        may = overwritten(above, user, may)
    inside = any(one.id == user for one in channel.people)
    hidden = channel.kind == PRIVATE_THREAD and not (inside or may & MANAGE_THREADS)
    return may if may & VIEW and not hidden else 0


def in_server(guild: Guild, user: int) -> int:
    """Return what somebody may do in a server as such."""
    if user == guild.owner:
        return ALL
    held = [guild.roles[guild.id], *(guild.roles[one] for one in guild.members[user].roles)]
    may = 0
    for role in held:
        may |= role.permissions
    return ALL if may & ADMINISTRATOR else may


def overwritten(channel: Channel, user: int, base: int) -> int:
    """Return permissions after a channel's overwrites: everybody's, then roles', then the user's."""
    guild = channel.guild
    assert guild is not None, "only channels of a server have overwrites"
    for allow, deny in _layers(channel, sorted(guild.members[user].roles), guild.id, user):
        base = base & ~deny | allow
    return base


def _layers(
    channel: Channel, roles: list[int], everybodys: int, user: int
) -> Iterator[tuple[int, int]]:
    yield channel.allow.get(everybodys, 0), channel.deny.get(everybodys, 0)
    allow = deny = 0
    for role in roles:
        allow |= channel.allow.get(role, 0)
        deny |= channel.deny.get(role, 0)
    yield allow, deny
    yield channel.allow.get(user, 0), channel.deny.get(user, 0)


def demand(channel: Channel, user: int, *wanted: int) -> None:
    """Raise what Discord answers to somebody who may not do something in a channel."""
    may = allowed(channel, user)
    if not may & VIEW:
        raise DiscordError(403, 50001, "Missing Access")
    if any(not may & one for one in wanted):
        raise DiscordError(403, 50013, "Missing Permissions")
