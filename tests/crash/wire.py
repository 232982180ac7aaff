"""What platform and bot say to each other: lines of JSON over a connection on loopback."""

import json
from asyncio import StreamReader, StreamWriter
from collections.abc import Mapping
from typing import Any, TypeAlias

from pydantic import TypeAdapter

from core.feedback import Correction, Feedback
from core.interfaces import Event
from core.messages import Deleted, Edited, Message, Reaction

Line: TypeAlias = dict[str, Any]  # one line; its first key says what it is
LONGEST = 1 << 24  # bytes; a report names every event of a history
KINDS = (Message, Reaction, Feedback, Correction, Edited, Deleted)
ADAPTERS: Mapping[str, TypeAdapter[Any]] = {kind.__name__: TypeAdapter(kind) for kind in KINDS}


def packed(event: Event) -> Line:
    """Return an event as JSON."""
    kind = type(event).__name__
    return {"kind": kind, "payload": ADAPTERS[kind].dump_python(event, mode="json")}


def unpacked(line: Line) -> Event:
    """Return the event that `packed` was given."""
    event: Event = ADAPTERS[line["kind"]].validate_python(line["payload"])
    return event


class Wire:
    """One end of a connection."""

    def __init__(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Take an open connection."""
        self._reader = reader
        self._writer = writer

    def write(self, line: Line) -> None:
        """Hand over a line without waiting; a connection that is gone swallows it."""
        if not self._writer.is_closing():
            self._writer.write(json.dumps(line).encode() + b"\n")

    async def send(self, line: Line) -> None:
        """Hand a line to the operating system, which delivers it even if this process dies."""
        self.write(line)
        await self._writer.drain()

    async def receive(self) -> Line | None:
        """Return the next line; None when the other side is gone."""
        try:
            read = await self._reader.readline()
        except ConnectionError:
            return None
        if not read.endswith(b"\n"):
            return None
        line: Line = json.loads(read)
        return line

    async def close(self) -> None:
        """Hang up."""
        self._writer.close()
        try:
            await self._writer.wait_closed()
        except ConnectionError:
            return
