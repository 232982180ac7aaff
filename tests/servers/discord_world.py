"""What there is in the loopback Discord: ids, users, servers, channels and messages."""

from collections.abc import Callable, Iterable

from tests.servers.discord_permissions import everybody
from tests.servers.discord_post import (
    DIRECT,
    TEXT,
    Channel,
    Guild,
    Member,
    Post,
    Role,
    User,
    unknown,
)

EPOCH = 1420070400.0
A_YEAR = 365 * 86_400_000 << 22  # in ids, which hold milliseconds: nobody's account is new


class World:
    """Holds everything, and finds it by id."""

    def __init__(self, now: Callable[[], float]) -> None:
        """Take what tells the time: ids are made of it."""
        self.now = now
        self._latest = 0
        self.users: dict[int, User] = {}
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.posts: dict[int, Post] = {}
        self.whispers: list[Post] = []
        self.bot = self.user("Tavernkeep", bot=True)
        self.application = self.bot.id
        self.interactions_url: str | None = None
        self.privileged = False
        """Whether Message Content Intent is switched on."""

    def new_id(self) -> int:
        """Return an id, which grows with time."""
        made = int((self.now() - EPOCH) * 1000) << 22
        self._latest = max(made, self._latest + 1)
        return self._latest

    def user(self, name: str, *, bot: bool = False) -> User:
        """Return somebody by name, new where there is nobody."""
        held = next((one for one in self.users.values() if one.name == name), None)
        if held is None:
            held = User(id=self.new_id() - A_YEAR, name=name, bot=bot)
            self.users[held.id] = held
        return held

    def server(self, name: str, owner: User) -> Guild:
        """Return a new server with the bot in it, and with the role that Discord makes for a bot."""
        made = Guild(id=self.new_id(), name=name, owner=owner.id)
        made.roles[made.id] = Role(id=made.id, name="@everyone", permissions=everybody())
        own = self.role(made, self.bot.name, 0)
        own.bot_id = self.bot.id
        made.members[owner.id] = Member(user=owner)
        made.members[self.bot.id] = Member(user=self.bot, roles={own.id})
        self.guilds[made.id] = made
        return made

    def role(self, guild: Guild, name: str, permissions: int) -> Role:
        """Return a new role of a server."""
        made = Role(id=self.new_id(), name=name, permissions=permissions)
        guild.roles[made.id] = made
        return made

    def open(self, guild: Guild, name: str, kind: int = TEXT) -> Channel:
        """Return a new channel of a server."""
        made = Channel(id=self.new_id(), kind=kind, name=name, guild=guild)
        self.channels[made.id] = made
        return made

    def direct(self, user: User) -> Channel:
        """Return the direct conversation of somebody with the bot."""
        for one in self.channels.values():
            if one.kind == DIRECT and user in one.people:
                return one
        made = Channel(id=self.new_id(), kind=DIRECT, name=user.name, people=[user, self.bot])
        self.channels[made.id] = made
        return made

    def thread(
        self, parent: Channel, name: str, kind: int, owner: User, key: int | None = None
    ) -> Channel:
        """Return a new thread under a channel, of an id where it is started from a message."""
        made = Channel(id=key or self.new_id(), kind=kind, name=name, guild=parent.guild)
        made.parent, made.owner, made.people = parent, owner.id, [owner]
        self.channels[made.id] = made
        return made

    # -- finding ---------------------------------------------------------------------------------

    def guild(self, key: str | int) -> Guild:
        """Return a server that the bot is in."""
        found = self.guilds.get(_number(key))
        if found is None or self.bot.id not in found.members:
            raise unknown("Guild")
        return found

    def channel(self, key: str | int) -> Channel:
        """Return a channel that stands."""
        found = self.channels.get(_number(key))
        if found is None or found.deleted:
            raise unknown("Channel")
        return found

    def post(self, channel: Channel, key: str | int) -> Post:
        """Return a message that stands in a channel."""
        found = self.posts.get(_number(key))
        if found is None or found.deleted or found.channel is not channel:
            raise unknown("Message")
        return found

    def said_in(self, channel: Channel) -> list[Post]:
        """Return what stands in a channel, oldest first."""
        held = (one for one in self.posts.values() if one.channel is channel)
        return sorted((one for one in held if not one.deleted), key=lambda one: one.id)

    def channels_of(self, guild: Guild) -> Iterable[Channel]:
        """Return the channels and threads of a server that stand."""
        return [one for one in self.channels.values() if one.guild is guild and not one.deleted]


def _number(key: str | int) -> int:
    return int(key) if str(key).isdecimal() else 0
