"""What a Slack workspace holds: people, conversations, messages, modals, and how each is found."""

import itertools
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.servers.slack_post import APP, JSON, Channel, Post, SlackError, User, View

TRIGGER_SECONDS = 3.0


@dataclass
class Trigger:
    """What opens a modal, once and within three seconds."""

    user: str
    made: float
    view: View | None = None
    used: bool = False


class Workspace:
    """Everything that there is, and how it is found."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        """Begin with the bot alone."""
        self.now = now
        self.bot = User(id="U0TAVERN", name="Tavernkeep", bot_id="B0TAVERN", app_id=APP)
        self.users = {self.bot.id: self.bot}
        self.channels: dict[str, Channel] = {}
        self.posts: dict[tuple[str, str], Post] = {}
        self.whispers: list[Post] = []
        self.modals: dict[str, list[View]] = {}
        self.homes: dict[str, View] = {}
        self.statuses: list[tuple[str, str, JSON]] = []
        self.prompts: dict[str, JSON] = {}
        self.titles: dict[tuple[str, str], str] = {}
        self.triggers: dict[str, Trigger] = {}
        self.trigger_seconds = TRIGGER_SECONDS
        self._numbers = itertools.count(1)
        self._last = 0

    # -- making ----------------------------------------------------------------------------------

    def new_id(self, letter: str) -> str:
        """Return an id that nobody has."""
        return f"{letter}{next(self._numbers):08d}"

    def new_ts(self) -> str:
        """Return a timestamp later than all before: the key of a message."""
        self._last = max(self._last + 1, int(self.now() * 1_000_000))
        return f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"

    def user(self, name: str, *, bot: bool = False) -> User:
        """Return somebody by name, new where there is none."""
        found = next((one for one in self.users.values() if one.name == name), None)
        if found is None:
            ids = (self.new_id("B"), self.new_id("A")) if bot else ("", "")
            found = User(id=self.new_id("U"), name=name, bot_id=ids[0], app_id=ids[1])
            self.users[found.id] = found
        return found

    def conversation(self, kind: str, name: str, members: set[str]) -> Channel:
        """Return a new conversation."""
        letter = "D" if kind == "im" else "C"
        made = Channel(id=self.new_id(letter), name=name, kind=kind, members=set(members))
        self.channels[made.id] = made
        return made

    def between(self, members: set[str]) -> Channel:
        """Return the direct conversation of these, new where there is none."""
        kind = "im" if len(members) == 2 else "mpim"
        held = [one for one in self.channels.values() if one.kind == kind]
        found = next((one for one in held if one.members == members), None)
        name = "" if kind == "im" else f"mpdm-{'--'.join(sorted(members))}-1"
        return found or self.conversation(kind, name, members)

    def trigger(self, user: str, view: View | None = None) -> str:
        """Return an id by which a modal can be opened, for three seconds."""
        made = f"{next(self._numbers)}.{secrets.randbelow(10**6)}.{secrets.token_hex(8)}"
        self.triggers[made] = Trigger(user=user, made=time.monotonic(), view=view)
        return made

    # -- finding ---------------------------------------------------------------------------------

    def channel(self, key: str, *, reading: bool = False) -> Channel:
        """Return a conversation that the bot may use; raise what Slack answers where it may not."""
        found = self.channels.get(key)
        if found is None or (found.kind != "channel" and self.bot.id not in found.members):
            raise SlackError("channel_not_found")
        if self.bot.id not in found.members and not reading:
            raise SlackError("not_in_channel")
        if found.archived and not reading:
            raise SlackError("is_archived")
        return found

    def post(self, channel: str, ts: str) -> Post:
        """Return a message that stands; raise `message_not_found`."""
        found = self.posts.get((channel, ts))
        if found is None or found.deleted:
            raise SlackError("message_not_found")
        return found

    def thread(self, channel: str, root: str) -> list[Post]:
        """Return the messages of a thread that stand, oldest first, its first message among them."""
        inside = [one for one in self.posts.values() if one.channel == channel and one.root == root]
        return sorted((one for one in inside if not one.deleted), key=lambda one: one.ts)
