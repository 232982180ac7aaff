"""Spot: where an answer is to stand in Discord, and how its messages are known again. Pure.

Discord lets a bot number the parts of a message, and keeps the numbers. So the first part of each
of ours has a number that is made of what the message is: nothing else need be remembered.
"""

import base64
import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

import discord

from bot.discord.translation import PLATFORM, place_of, thread_channel
from core.messages import Message, MessageRef

FIRST = 1_000_000  # below, Discord numbers parts by itself
LAST = 2**31 - 1
NONCE = 25  # signs


class Kind(StrEnum):
    """What a message of the bot is."""

    ANSWER = "answer"  # the message with the buttons
    PART = "part"  # one above it, of a long answer
    DRAFT = "draft"
    UNFINISHED = "unfinished"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What a message of the bot is, and of which answer, or to which question."""

    kind: Kind
    about: str
    part: int = 0

    @property
    def number(self) -> int:
        """The number of the message's first part."""
        return FIRST + int.from_bytes(self._digest()[:8]) % (LAST - FIRST)

    def nonce(self, attempt: int = 0) -> str:
        """Return what keeps Discord from posting the same message twice within minutes."""
        return base64.b32encode(self._digest(str(attempt))).decode()[:NONCE]

    def _digest(self, more: str = "") -> bytes:
        told = "\0".join((self.kind.value, self.about, str(self.part), more))
        return hashlib.sha256(told.encode()).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A place in Discord: the channel that it knows messages by, and the conversation and thread in core.

    `reply_to` is the message that is answered, and `since` the id after which anything was said.
    """

    conversation: str
    channel: int
    thread: int | None
    reply_to: int | None
    since: int
    question: str

    @property
    def unfinished(self) -> Mark:
        """The mark of a message that an answer grows in."""
        return Mark(kind=Kind.UNFINISHED, about=self.question)

    @property
    def failed(self) -> Mark:
        """The mark of a message that says why there is no answer."""
        return Mark(kind=Kind.FAILURE, about=self.question)

    def at(self, channel: int) -> "Spot":
        """Return the same place where it is this channel, else that channel, where nothing is replied to."""
        if channel == self.channel:
            return self
        return replace(self, conversation=str(channel), channel=channel, thread=None, reply_to=None)

    def ref(self, message: int) -> MessageRef:
        """Return where a message stands."""
        key = f"{self.thread}/{message}" if self.thread else str(message)
        return MessageRef(platform=PLATFORM, conversation=self.conversation, key=key)


def spot_of(message: Message) -> Spot:
    """Return where the answer to a message stands: as a reply to it, where a message stands."""
    channel, asked = place_of(message.ref)
    return Spot(
        conversation=message.conversation.key,
        channel=channel,
        thread=thread_channel(message.ref),
        reply_to=asked,
        since=asked or before(message.sent_at),
        question=message.ref.id,
    )


def apart(channel: int, message: Message, sent_at: datetime) -> Spot:
    """Return a place in another channel, for the answer to a message; nothing there is replied to."""
    return Spot(
        conversation=str(channel),
        channel=channel,
        thread=None,
        reply_to=None,
        since=before(sent_at),
        question=message.ref.id,
    )


def before(at: datetime) -> int:
    """Return an id that is smaller than that of any message from a time on."""
    return discord.utils.time_snowflake(at)
