"""Lines that are typed, read without a thread: one that waits for a line would outlive Ctrl+C."""

import asyncio
import io
import os
from typing import TextIO


class Lines:
    """The lines of a terminal, a pipe or a file, without their ends."""

    def __init__(self, source: TextIO) -> None:
        """Take where they come from; nothing else may read it."""
        self._source = source
        self._held = b""

    async def next(self) -> str | None:
        """Return the next line when it is there, and None after the last one."""
        try:
            handle = self._source.fileno()
        except io.UnsupportedOperation:  # text in memory, which never keeps anybody waiting
            line = self._source.readline()
            return line.rstrip("\n") if line else None
        ended = False
        while b"\n" not in self._held and not ended:
            read = await self._more(handle)
            self._held += read
            ended = not read
        if ended and not self._held:
            return None
        typed, _, self._held = self._held.partition(b"\n")
        return typed.decode("utf-8", "replace")

    async def _more(self, handle: int) -> bytes:
        """Return what is there as soon as something is; nothing at the end."""
        ready = asyncio.Event()
        loop = asyncio.get_running_loop()
        try:
            # The handle stays blocking: a terminal shares that with what is printed on it.
            loop.add_reader(handle, ready.set)
        except PermissionError:  # a file cannot be waited for, and is always ready
            return os.read(handle, 1 << 16)
        try:
            await ready.wait()
        finally:
            loop.remove_reader(handle)
        return os.read(handle, 1 << 16)
