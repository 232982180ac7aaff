"""Translation: what discord.py tells into core's events, once; pure functions.

How Discord's places become references:

- `conversation` is the id of the channel, of the direct conversation, or of the text, news or forum
  channel that a thread hangs under. A private thread is a conversation of its own, by its own id,
  closed to all but its members.
- `key` is the message's id; of a message inside a Discord thread it is "THREAD/MESSAGE". So a
  reference alone tells which channel Discord knows the message by: `place_of(ref)` returns it.
  A forum's first message has the thread's id, so its key is "T/T"; the message of a text channel
  that a thread was started from stands in that channel, so its key is "T".
- `thread` is the key of the message that the talk began with. In a plain channel that is the first
  one of its chain of replies, as far back as a few look-ups reach. In a Discord thread of a text
  channel it is what the thread's first message ("T") belongs to: the beginning of its own chain of
  replies, or "T" itself; in a forum "T/T". It is None for a beginning itself.
- A slash command is no message: its key is "command-INTERACTION", in a thread
  "THREAD/command-INTERACTION". What stands only in an interaction's ephemeral answer has the key of
  that ephemeral message, which Discord also numbers.

What an event does not hold is given. A function returns None for what is no event of ours.
"""

from dataclasses import dataclass, replace
from datetime import datetime

import discord

from bot.discord.mentions import plain
from core.messages import Conversation, Deleted, Edited, Message, MessageRef, Person, Reaction

PLATFORM = "discord"
# Messages that people write; every other type is Discord telling of something.
SPOKEN = frozenset({discord.MessageType.default, discord.MessageType.reply})


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a message stands: the conversation, and the Discord thread in it, if it is in one.

    A thread of a forum is a `post`: its first message stands in it.
    """

    conversation: Conversation
    thread: int | None = None
    post: bool = False

    @property
    def channel(self) -> int:
        """The channel that Discord knows messages here by."""
        return self.thread or int(self.conversation.key)

    def ref(self, message: int | str) -> MessageRef:
        """Return where the message of an id stands."""
        key = f"{self.thread}/{message}" if self.thread else str(message)
        return MessageRef(platform=PLATFORM, conversation=self.conversation.key, key=key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """Who the bot is: `user` writes its messages; `allowed` bots and webhooks may ask."""

    user: int
    name: str = "tavernkeep"
    allowed: frozenset[str] = frozenset()

    def ignores(self, message: discord.Message) -> bool:
        """Say whether a message is by the bot itself, or by another bot that may not ask."""
        if message.author.id == self.user:
            return True
        by_bot = message.author.bot or message.webhook_id is not None
        return by_bot and str(message.author.id) not in self.allowed


def place_of(ref: MessageRef) -> tuple[int, int | None]:
    """Return the channel and the id that Discord knows a message by; a command has no id."""
    thread, _, key = ref.key.rpartition("/")
    return int(thread or ref.conversation), int(key) if key.isdecimal() else None


def thread_channel(ref: MessageRef) -> int | None:
    """Return the id of the Discord thread that a message stands in, or None."""
    thread, _, _ = ref.key.rpartition("/")
    return int(thread) if thread else None


def person_of(user: discord.abc.User) -> Person:
    """Return somebody as Discord shows them."""
    return Person(
        platform=PLATFORM,
        key=str(user.id),
        name=user.display_name,
        bot=user.bot,
        since=discord.utils.snowflake_time(user.id),
    )


def is_spoken(message: discord.Message, own: Own) -> bool:
    """Say whether a message was written by somebody who may ask, and not by Discord itself."""
    return message.type in SPOKEN and not own.ignores(message)


def mentions(message: discord.Message, own: Own) -> bool:
    """Say whether a message names the bot, or the role that Discord made for it."""
    named = any(user.id == own.user for user in message.mentions)
    return named or any(is_own_role(role, own) for role in message.role_mentions)


def is_own_role(role: discord.Role, own: Own) -> bool:
    """Say whether a role is the one that Discord made for the bot when it was invited."""
    return role.tags is not None and role.tags.bot_id == own.user


def replied_to(message: discord.Message) -> int | None:
    """Return the id of the message in the same channel that a message is a reply to."""
    reference = message.reference
    if message.type is not discord.MessageType.reply or reference is None:
        return None
    return reference.message_id if reference.channel_id == message.channel.id else None


def author_replied_to(message: discord.Message) -> int | None:
    """Return who wrote what a message is a reply to, as far as Discord tells with it."""
    resolved = message.reference.resolved if message.reference and replied_to(message) else None
    return resolved.author.id if isinstance(resolved, discord.Message) else None


def text_of(message: discord.Message, place: Place, own: Own) -> str:
    """Return what a message says, as people read it; a forum's first one begins with its title."""
    named = {str(user.id): user.display_name for user in message.mentions}
    named |= {str(one.id): one.name for one in (*message.role_mentions, *message.channel_mentions)}
    roles = [str(role.id) for role in message.role_mentions if is_own_role(role, own)]
    said = plain(message.content, [str(own.user), *roles], named)
    if place.post and message.id == place.thread and isinstance(message.channel, discord.Thread):
        return f"{message.channel.name}\n\n{said}".strip()
    return said


def message_of(
    message: discord.Message, place: Place, thread: str | None, own: Own
) -> Message | None:
    """Return a written message; None for one whose words the bot is not told, nor meant by.

    What is no conversation with the bot alone must mention it, or reply to it, to be addressed to it.
    """
    said = text_of(message, place, own)
    named = place.conversation.direct or mentions(message, own)
    if not (said or named):
        return None
    replied = author_replied_to(message)
    addressed = named or replied == own.user
    person = replace(person_of(message.author), bot=False)  # a bot that may ask is answered, too
    return Message(
        event_id=f"message:{message.id}",
        ref=place.ref(message.id),
        conversation=place.conversation,
        person=person,
        text=said,
        sent_at=message.created_at,
        thread=thread,
        addressed=addressed,
        to_others=not addressed and calls_others(message, replied),
    )


def calls_others(message: discord.Message, replied: int | None) -> bool:
    """Say whether a message names anybody but the bot, or replies to somebody but its own writer."""
    named = message.mentions or message.role_mentions or message.mention_everyone
    return bool(named) or replied not in (None, message.author.id)


def edited_of(message: discord.Message, place: Place, own: Own) -> Edited | None:
    """Return the new text of a message; None where its words did not change, or are not told."""
    said = text_of(message, place, own) if message.content else ""
    if message.edited_at is None or not said:
        return None
    return Edited(
        event_id=f"edited:{message.id}:{message.edited_at.isoformat()}",
        ref=place.ref(message.id),
        text=said,
        at=message.edited_at,
    )


def deleted_of(place: Place, message: int, at: datetime) -> Deleted:
    """Return that a message was taken away."""
    return Deleted(event_id=f"deleted:{message}", ref=place.ref(message), at=at)


def reaction_of(
    told: discord.RawReactionActionEvent, place: Place, person: Person, at: datetime
) -> Reaction:
    """Return an emoji that was added to, or taken from, a message; Discord tells no time of it."""
    added = told.event_type == "REACTION_ADD"
    emoji = emoji_of(told.emoji)
    about = f"{told.message_id}:{person.key}:{emoji}:{'on' if added else 'off'}"
    return Reaction(
        event_id=f"reaction:{about}:{at.isoformat()}",
        ref=place.ref(told.message_id),
        person=person,
        emoji=emoji,
        added=added,
        at=at,
    )


def standing_of(ref: MessageRef, emoji: str, person: Person, at: datetime) -> Reaction:
    """Return a reaction that stands on a message just now."""
    identity = f"looked-up:{ref.id}:{person.key}:{emoji}:{at.isoformat()}"
    return Reaction(event_id=identity, ref=ref, person=person, emoji=emoji, added=True, at=at)


def emoji_of(emoji: discord.PartialEmoji | discord.Emoji | str) -> str:
    """Return an emoji as core knows it: the sign itself, or the name of a server's own."""
    return emoji if isinstance(emoji, str) else emoji.name
