"""Recent messages: whose they are, and where the talk that they belong to began."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import discord

from bot.discord.client import away, within
from bot.discord.translation import PLATFORM, Own, Place, replied_to
from core.messages import MessageRef

MOST = 20_000  # messages that are remembered
HOPS = 6  # replies that are looked up where they are not remembered
PATIENCE = 5.0  # seconds of one look-up
GONE = (discord.NotFound, discord.Forbidden)


@dataclass(frozen=True, slots=True)
class Seen:
    """What is remembered of a message: whether the bot wrote it, and what it is a reply to."""

    own: bool
    reply_to: int | None


class Recent:
    """Remembers the messages that came by; one that did not is asked for once, if it matters."""

    def __init__(
        self,
        client: discord.Client,
        own: Own,
        thread_of: Callable[[MessageRef], Awaitable[str | None]],
    ) -> None:
        """Begin with nothing remembered; `thread_of` tells what is stored of a talk's beginning."""
        self._client = client
        self._own = own
        self._thread_of = thread_of
        self._seen: OrderedDict[int, Seen | None] = OrderedDict()
        self._newest: dict[int, int] = {}
        self._lost: dict[int, int] = {}
        self._whole: set[int] = set()  # channels without a gap since the connection began anew
        self.begun = 0
        """How often the connection began anew, or stood again after that."""

    def begun_anew(self) -> None:
        """Remember that something may have been said in every channel that was not told of.

        What is being read back just now is no proof of the contrary: it may have been read before.
        """
        self.begun += 1
        self._whole.clear()

    def note(self, message: discord.Message) -> None:
        """Remember a message, and the one that came with it."""
        self._put(message.id, Seen(message.author.id == self._own.user, replied_to(message)))
        resolved = message.reference.resolved if message.reference else None
        if isinstance(resolved, discord.Message) and not _is_cut(resolved):
            self._put(resolved.id, Seen(resolved.author.id == self._own.user, replied_to(resolved)))

    def saw(self, message: discord.Message) -> None:
        """Remember that a channel was heard up to a message, if no gap before it is still to be read."""
        if message.channel.id in self._whole:
            self.read(message)

    def read(self, message: discord.Message) -> None:
        """Remember that a channel was read back up to a message."""
        channel = message.channel.id
        self._newest[channel] = max(message.id, self._newest.get(channel, 0))

    def lost(self, message: discord.Message) -> None:
        """Remember that a message was heard and could not be stored."""
        channel = message.channel.id
        self._lost[channel] = min(message.id, self._lost.get(channel, message.id))

    def heard_up_to(self, channel: int) -> int:
        """Return the last message that a channel was heard up to without a gap; 0 where there is none."""
        newest = self._newest.get(channel, 0)
        return min(newest, self._lost.get(channel, newest + 1) - 1)

    def caught_up(self, channel: int, begun: int) -> None:
        """Remember that a channel was read to its end, which began when `begun` was what it is told."""
        if self._lost.get(channel, 0) <= self._newest.get(channel, 0):
            self._lost.pop(channel, None)
        if begun == self.begun:
            self._whole.add(channel)

    def known(self, message: int) -> Seen | None:
        """Return what is remembered of a message."""
        return self._seen.get(message)

    async def is_own(self, channel: int, message: int) -> bool:
        """Say whether the bot wrote a message; raise `PlatformAwayError` where nobody tells."""
        seen = await self._look_up(channel, message)
        return seen is not None and seen.own

    async def beginning(self, message: discord.Message, place: Place) -> str | None:
        """Return the key of the message that a message's talk began with; None for that one itself.

        Raises `PlatformAwayError` where Discord cannot be asked, and `LedgerError`.
        """
        if place.thread is None:
            first = replied_to(message)
            return None if first is None else str(await self._first(place.channel, first))
        if place.post:
            return None if message.id == place.thread else f"{place.thread}/{place.thread}"
        parent = int(place.conversation.key)
        if parent == place.thread:  # a private thread: no message of the channel begins it
            return str(place.thread)
        return str(await self._first(parent, place.thread))

    async def _first(self, channel: int, message: int) -> int:
        """Follow replies back: to what is stored, freely what is remembered, and by a few look-ups."""
        asked = 0
        while asked < HOPS:
            if message not in self._seen:
                stored = await self._thread_of(_ref(channel, message))
                if stored is not None and stored.isdecimal():
                    return int(stored)
                asked += 1
            seen = await self._look_up(channel, message)
            # What is replied to is older; a reference to what is not would lead round in circles.
            if seen is None or seen.reply_to is None or seen.reply_to >= message:
                break
            message = seen.reply_to
        return message

    async def _look_up(self, channel: int, message: int) -> Seen | None:
        """Return what there is to know of a message; None of one that is gone, or never was."""
        if message in self._seen:
            self._seen.move_to_end(message)
            return self._seen[message]
        asked = self._client.get_partial_messageable(channel).fetch_message(message)
        with away():
            try:
                self.note(await within(PATIENCE, asked))
            except GONE:
                self._put(message, None)
        return self._seen.get(message)

    def _put(self, key: int, seen: Seen | None) -> None:
        self._seen[key] = seen
        self._seen.move_to_end(key)
        while len(self._seen) > MOST:
            self._seen.popitem(last=False)


def _ref(channel: int, message: int) -> MessageRef:
    """Return where a message of a channel stands that is no thread."""
    return MessageRef(platform=PLATFORM, conversation=str(channel), key=str(message))


def _is_cut(message: discord.Message) -> bool:
    """Say whether Discord left out what a message is a reply to."""
    return message.type is discord.MessageType.reply and message.reference is None
