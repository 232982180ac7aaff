"""A chat platform on loopback that outlives the bot: it delivers events and keeps what is posted.

It has the contract of the real ones. An event counts as acknowledged only when the bot said so; what
is not acknowledged is delivered again, and now and then also what is; events overtake each other. A
post is kept as soon as the platform has it, whether or not the bot lives to hear of it, and the
platform can be asked whether an answer was posted.
"""

import asyncio
import itertools
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from core.interfaces import Event
from core.messages import Message, MessageRef
from tests.crash.adapter import PLATFORM
from tests.crash.truth import Truth
from tests.crash.wire import LONGEST, Line, Wire, packed

DUPLICATED = 0.08  # share of events that are delivered twice at once
RENAMED = 0.04  # share of events that are delivered a second time under another identity
REPEATED = 0.05  # share of events with which an old, acknowledged one is delivered again
OVERTAKEN = 0.15  # share of events that later ones overtake
LATE_SECONDS = 0.06
PATIENCE_SECONDS = 3.0  # after so long an event that is not acknowledged is delivered again


@dataclass(slots=True)
class Delivery:
    """One event on its way; `names` are the identities under which it was delivered."""

    event: Event
    names: list[str]
    sent: int = 0
    acknowledged: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """Something that the bot posted: an answer, or a sentence (then `answer_id` is empty)."""

    key: str
    to: str
    answer_id: str
    sentence: str = ""


@dataclass(slots=True)
class Platform:
    """One workspace with one bot. `note` is told everything that happens, in order."""

    random: Random
    note: Callable[..., None]
    truth: Truth = field(default_factory=Truth)
    deliveries: dict[str, Delivery] = field(default_factory=dict)
    posts: list[Post] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    port: int = 0
    _server: asyncio.Server | None = None
    _wire: Wire | None = None
    _open: bool = False
    _said: asyncio.Queue[Line] = field(default_factory=asyncio.Queue)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _keys: Any = field(default_factory=lambda: itertools.count(1))
    _time: datetime = field(default_factory=lambda: datetime.now(UTC))

    async def start(self) -> None:
        """Listen on a port of loopback that is free."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=LONGEST)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Hang up and listen no more."""
        await self.hang_up()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    # -- people --------------------------------------------------------------------------------

    def now(self) -> datetime:
        """Return the time; no two events happen at the same."""
        self._time = max(self._time + timedelta(microseconds=1), datetime.now(UTC))
        return self._time

    def new_key(self) -> str:
        """Return a key that nothing here has."""
        return f"k{next(self._keys)}"

    def happens(self, event: Event) -> None:
        """Let a person do something; it is delivered once the bot listens."""
        self.truth.take(event)
        self.note("happens", **packed(event))
        self.deliveries[event.event_id] = Delivery(event, [event.event_id])
        self.counts["events"] += 1
        if self._open:
            self._deliver_soon(event.event_id)

    @property
    def waiting(self) -> int:
        """How many events are not acknowledged."""
        return sum(not one.acknowledged for one in self.deliveries.values())

    # -- the bot -------------------------------------------------------------------------------

    async def heard(self, what: str, seconds: float) -> Line | None:
        """Return the bot's next line of a kind, or None when it is gone or too slow."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    line = await self._said.get()
                    if what in line:
                        return line
                    if "gone" in line:
                        return None
        except TimeoutError:
            return None

    async def tell(self, line: Line) -> None:
        """Say something to the bot; a bot that is gone does not hear it."""
        if self._wire is not None:
            try:
                await self._wire.send(line)
            except ConnectionError:
                self.note("deaf", **line)

    def open(self) -> None:
        """Begin to deliver, first and in any order what was not acknowledged."""
        self._open = True
        left = [id_ for id_, one in self.deliveries.items() if not one.acknowledged]
        self.random.shuffle(left)
        for event_id in left:
            self._deliver_soon(event_id)

    async def quiet(self, seconds: float) -> bool:
        """Wait until every event is acknowledged; say whether that came to pass."""
        try:
            async with asyncio.timeout(seconds):
                while self.waiting and self._wire is not None:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return False
        return not self.waiting

    async def hang_up(self) -> None:
        """Close the connection; the bot stops in order."""
        if self._wire is not None:
            await self._wire.close()

    async def left(self) -> None:
        """Wait until the bot's connection has ended and everything that it sent is read."""
        while self._wire is not None:
            self._changed.clear()
            await self._changed.wait()

    def forget_lines(self) -> None:
        """Drop what a former bot said."""
        self._said = asyncio.Queue()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        wire = self._wire = Wire(reader, writer)
        try:
            while (line := await wire.receive()) is not None:
                await self._hear(line)
        finally:
            self._wire, self._open = None, False
            self.note("gone")
            self._said.put_nowait({"gone": True})
            self._changed.set()
            writer.close()

    async def _hear(self, line: Line) -> None:
        if "ack" in line:
            self.acknowledged(line["ack"])
        elif "call" in line:
            word = self.look(line["posted"]) if "posted" in line else self._keep(line)
            await self.tell({"returned": line["call"], "word": word})
        else:
            self._said.put_nowait(line)

    def _keep(self, line: Line) -> str:
        if "revise" in line:
            return self.revise(line["revise"], line["answer"])
        return self.keep(line["to"], line.get("post", ""), line.get("sentence", ""))

    def acknowledged(self, name: str) -> None:
        """Hear that an event was taken in under one of its identities."""
        self.note("ack", id=name)
        self.deliveries[name.partition("~")[0]].acknowledged = True
        self._changed.set()

    def look(self, answer_id: str) -> str | None:
        """Return the key under which an answer was posted, or None."""
        self.counts["looks"] += 1
        found = [one.key for one in self.posts if one.answer_id == answer_id]
        self.note("look", answer=answer_id, found=found)
        return found[0] if found else None

    def keep(self, to: str, answer_id: str, sentence: str = "") -> str:
        """Keep what the bot posts in reply to a message, and return its key."""
        post = Post(key=self.new_key(), to=to, answer_id=answer_id, sentence=sentence)
        self.posts.append(post)
        self.note("post", key=post.key, to=to, answer=answer_id, sentence=sentence)
        said = self.truth.messages.get(to)
        if answer_id and said is not None:
            self.truth.posts[self.place(post, said.message).id] = answer_id
        return post.key

    def revise(self, key: str, answer_id: str) -> str:
        """Show another answer where one stands, and return its key."""
        (number,) = (number for number, one in enumerate(self.posts) if one.key == key)
        self.posts[number] = post = replace(self.posts[number], answer_id=answer_id)
        self.note("revise", key=key, answer=answer_id)
        said = self.truth.messages[post.to]
        self.truth.revise(self.place(post, said.message).id, answer_id)
        return key

    def place(self, post: Post, asked: Message) -> MessageRef:
        """Return where a post stands."""
        return MessageRef(platform=PLATFORM, conversation=asked.ref.conversation, key=post.key)

    # -- deliveries ----------------------------------------------------------------------------

    def _deliver_soon(self, event_id: str) -> None:
        late = self.random.random() < OVERTAKEN
        self._later(self.random.uniform(0, LATE_SECONDS) if late else 0, event_id)
        if self.random.random() < DUPLICATED:
            self.counts["duplicates"] += 1
            self._later(self.random.uniform(0, LATE_SECONDS), event_id)
        if self.random.random() < RENAMED:
            self.counts["renamed"] += 1
            self._later(self.random.uniform(0, LATE_SECONDS), event_id, renamed=True)
        old = [id_ for id_, one in self.deliveries.items() if one.acknowledged]
        if old and self.random.random() < REPEATED:
            self.counts["repetitions"] += 1
            self._later(self.random.uniform(0, LATE_SECONDS), self.random.choice(old))

    def _later(self, seconds: float, event_id: str, *, renamed: bool = False) -> None:
        later = asyncio.get_running_loop().call_later
        later(seconds, self._deliver, self._wire, event_id, renamed)

    def _deliver(self, wire: Wire | None, event_id: str, renamed: bool = False) -> None:
        if wire is None or wire is not self._wire:
            return  # the bot that this was on its way to is gone
        delivery = self.deliveries[event_id]
        delivery.sent += 1
        self.counts["deliveries"] += 1
        event = delivery.event
        if renamed:
            event = replace(event, event_id=f"{event_id}~{delivery.sent}")
            delivery.names.append(event.event_id)
        self.note("deliver", id=event.event_id, time=delivery.sent)
        wire.write({"deliver": packed(event)})
        if not delivery.acknowledged:
            asyncio.get_running_loop().call_later(PATIENCE_SECONDS, self._again, wire, event_id)

    def _again(self, wire: Wire, event_id: str) -> None:
        if not self.deliveries[event_id].acknowledged:
            self.counts["retries"] += wire is self._wire
            self._deliver(wire, event_id)
