"""Typed lines come one at a time, from wherever they are typed."""

import asyncio
import io
import os
from pathlib import Path
from typing import TextIO

from bot.terminal.lines import Lines


async def every(source: TextIO) -> list[str]:
    """Return all lines."""
    lines = Lines(source)
    read = []
    while (line := await lines.next()) is not None:
        read.append(line)
    return read


async def test_a_pipe_gives_its_lines() -> None:
    """Lines that come in pieces, several at once, empty or without an end are all given."""
    reads, writes = os.pipe()
    with os.fdopen(reads) as source:
        reading = asyncio.create_task(every(source))
        for piece in ("fir", "st\n\nküche\nla", "st"):
            os.write(writes, piece.encode())
            await asyncio.sleep(0.01)
        os.close(writes)
        assert await asyncio.wait_for(reading, 5) == ["first", "", "küche", "last"]


async def test_a_file_and_a_text_in_memory_give_their_lines(tmp_path: Path) -> None:
    """What can be read at once needs no waiting; the last line may have no end."""
    text = "first\n\nlast"
    path = tmp_path / "typed"
    path.write_text(text)
    with os.fdopen(os.open(path, os.O_RDONLY)) as source:
        assert await every(source) == ["first", "", "last"]
    assert await every(io.StringIO(text)) == ["first", "", "last"]


async def test_waiting_can_be_cancelled() -> None:
    """Nothing keeps waiting for a line afterwards, and later ones can still be read."""
    reads, writes = os.pipe()
    with os.fdopen(reads) as source:
        lines = Lines(source)
        waiting = asyncio.create_task(lines.next())
        await asyncio.sleep(0.01)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        os.write(writes, b"later\n")
        os.close(writes)
        assert await lines.next() == "later"
        assert await lines.next() is None
