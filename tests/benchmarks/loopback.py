"""A chat platform's adapter on loopback: lines of JSON in, an acknowledgement out once it is durable."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, TypeAlias

from core.answers import Answer, Placement
from core.interfaces import Event
from core.messages import Conversation, Message, MessageRef, Person, Reaction
from core.settings import CHECKOUT

PLATFORM = "loopback"
HALL = Conversation(platform=PLATFORM, key="hall", name="The hall")
POST = MessageRef(platform=PLATFORM, conversation=HALL.key, key="answer-first")
Take: TypeAlias = Callable[[dict[str, Any]], Awaitable[None]]


def event_of(line: dict[str, Any]) -> Event:
    """Translate what the platform sent."""
    now = datetime.now(UTC)
    person = Person(platform=PLATFORM, key=line["person"], name=line["person"])
    if line["kind"] == "reaction":
        return Reaction(
            event_id=line["id"], ref=POST, person=person, emoji="👍", added=line["added"], at=now
        )
    return Message(
        event_id=line["id"],
        ref=MessageRef(platform=PLATFORM, conversation=HALL.key, key=line["id"]),
        conversation=HALL,
        person=person,
        text=line["text"],
        sent_at=now,
        addressed=line["kind"] == "question",
    )


class QuietReply:
    """A reply on a platform that takes everything at once."""

    parts: Sequence[MessageRef] = ()

    def __init__(self, message: Message) -> None:
        """Take the message that is replied to."""
        self._key = f"answer-{message.ref.key}"

    async def place(self, placement: Placement) -> None:
        """Show it as always."""

    async def revise(self, standing: Sequence[MessageRef], answer: Answer) -> None:
        """Show nothing."""

    async def progress(self, text: str) -> None:
        """Show nothing."""

    async def append(self, delta: str) -> None:
        """Show nothing."""

    async def posted(self, answer_id: str) -> MessageRef | None:
        """Say that nothing was posted before."""

    async def finish(self, answer: Answer) -> MessageRef:
        """Post the answer."""
        return MessageRef(platform=PLATFORM, conversation=HALL.key, key=self._key)

    async def fail(self, sentence: str) -> None:
        """Post a sentence."""


class Loopback:
    """Listens, hands every line to who takes it, many at once, and then acknowledges it."""

    def __init__(self, take: Take) -> None:
        """Take what stores an event durably."""
        self._take = take
        self._under_way: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[int]:
        """Yield the port."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        async with server:
            yield server.sockets[0].getsockname()[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            task = asyncio.create_task(self._one(json.loads(line), writer))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
        writer.close()

    async def _one(self, line: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        await self._take(line)
        writer.write(f"{line['id']}\n".encode())


async def sent_through(
    take: Take, rate: int, seconds: int, burst: int, settled: Callable[[], Awaitable[None]]
) -> dict[str, Any]:
    """Let the platform send to whoever takes; return what it saw, once all has settled."""
    async with Loopback(take).listening() as port:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.benchmarks.sender"),
            *map(str, (port, rate, seconds, burst)),
            cwd=CHECKOUT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdin
        assert process.stdout
        line = await process.stdout.readline()
        await settled()
        process.stdin.close()
        await process.wait()
    seen: dict[str, Any] = json.loads(line)
    return seen
