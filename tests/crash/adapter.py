"""The tests' platform as the bot sees it: the one module here that speaks with the assistant."""

import asyncio
import itertools
from collections.abc import Callable, Sequence
from typing import TypeAlias

from core.answers import Answer, Placement
from core.assistant import Assistant
from core.interfaces import Event, Reply
from core.messages import Message, MessageRef
from tests.crash.wire import Line, Wire

PLATFORM = "crash"
ReplyTo: TypeAlias = Callable[[Message], Reply]


class Calls:
    """Questions to the platform that wait for what it returns."""

    def __init__(self, wire: Wire) -> None:
        """Take the connection."""
        self._wire = wire
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[str | None]] = {}

    async def call(self, line: Line, heard: Callable[[], None] | None = None) -> str | None:
        """Send a call and return the platform's word; `heard` is called just before."""
        number = next(self._numbers)
        waiting = self._waiting[number] = asyncio.get_running_loop().create_future()
        await self._wire.send({**line, "call": number})
        word: str | None = await waiting
        if heard:
            heard()
        return word

    def returned(self, line: Line) -> None:
        """Hand a returned word to who waits for it."""
        self._waiting.pop(line["returned"]).set_result(line["word"])


class PlatformReply:
    """One answer in the making; only what is finished is sent."""

    parts: Sequence[MessageRef] = ()

    def __init__(self, calls: Calls, message: Message) -> None:
        """Take the message that is replied to."""
        self._calls = calls
        self._message = message

    async def place(self, placement: Placement) -> None:
        """Show it as always."""

    async def revise(self, standing: Sequence[MessageRef], answer: Answer) -> None:
        """Show another answer where one stands."""
        await self._calls.call({"revise": standing[0].key, "answer": answer.id})

    async def progress(self, text: str) -> None:
        """Show nothing."""

    async def append(self, delta: str) -> None:
        """Show nothing."""

    async def posted(self, answer_id: str) -> MessageRef | None:
        """Ask the platform where an answer stands."""
        key = await self._calls.call({"posted": answer_id})
        return self._ref(key) if key else None

    async def finish(self, answer: Answer) -> MessageRef:
        """Post the answer and return where it stands."""
        line = {"post": answer.id, "to": self._message.ref.id}
        return self._ref(str(await self._calls.call(line, self.heard)))

    def heard(self) -> None:
        """Do nothing: here the platform has the post, and the bot is about to learn it."""

    async def fail(self, sentence: str) -> None:
        """Post a sentence."""
        await self._calls.call({"sentence": sentence, "to": self._message.ref.id})

    def _ref(self, key: str) -> MessageRef:
        ref = self._message.ref
        return MessageRef(platform=ref.platform, conversation=ref.conversation, key=key)


class CrashAdapter:
    """Hands events to the assistant, many at once, and acknowledges each once it is durable."""

    def __init__(self, assistant: Assistant, wire: Wire) -> None:
        """Take whom to hand events to, and the connection."""
        self._assistant = assistant
        self._wire = wire
        self._under_way: set[asyncio.Task[None]] = set()
        self.calls = Calls(wire)

    async def resume(self) -> None:
        """See through what was taken in and not handled before the last crash, and go on so."""
        self._assistant.start()
        await self._assistant.resume(PLATFORM, self._reply_to)

    def deliver(self, event: Event) -> None:
        """Start taking an event in."""
        task = asyncio.create_task(self._take(event))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def settle(self) -> None:
        """Wait until every event that was delivered has had its effect."""
        while self._under_way:
            await asyncio.gather(*self._under_way)
        await self._assistant.drain()

    async def acknowledge(self, event_id: str) -> None:
        """Tell the platform that an event need not be delivered again."""
        await self._wire.send({"ack": event_id})

    def _reply_to(self, message: Message) -> PlatformReply:
        return PlatformReply(self.calls, message)

    async def _take(self, event: Event) -> None:
        await self._assistant.receive(event)
        await self.acknowledge(event.event_id)
