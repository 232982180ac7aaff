"""A way to a server on loopback that can be cut, slowed down and mended."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit


class Proxy:
    """Passes bytes on between whoever connects and a server, as long as it lets them."""

    def __init__(self, address: str) -> None:
        """Take the server's address; nothing listens yet."""
        self._target = urlsplit(address)
        self._whole = asyncio.Event()
        self._whole.set()
        self._delay: float | None = None
        self._passing: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._port = 0

    @property
    def address(self) -> str:
        """Where to connect to instead of the server."""
        return f"http://127.0.0.1:{self._port}"

    async def start(self) -> None:
        """Listen, on the same port each time."""
        self._server = await asyncio.start_server(self._pass, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """Break every connection and refuse new ones, as a server that was stopped does."""
        if self._server is not None:
            self._server.close()
        for task in list(self._passing):
            task.cancel()
        await asyncio.gather(*self._passing, return_exceptions=True)
        self._server = None

    def hang(self) -> None:
        """Keep connections and pass nothing on, as a network that swallows everything does."""
        self._whole.clear()
        self._delay = None

    def slow(self, seconds: float) -> None:
        """Hold back each piece for so long."""
        self._whole.clear()
        self._delay = seconds

    def mend(self) -> None:
        """Pass everything on at once again."""
        self._whole.set()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._passing.add(task)
        others: list[asyncio.StreamWriter] = [writer]
        try:
            there, back = await asyncio.open_connection(self._target.hostname, self._target.port)
            others.append(back)
            ways = [self._carry(reader, back), self._carry(there, writer)]
            carrying = [asyncio.ensure_future(way) for way in ways]
            try:
                await asyncio.wait(carrying, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in carrying:
                    way.cancel()
                await asyncio.gather(*carrying, return_exceptions=True)
        except (OSError, asyncio.CancelledError):
            pass  # either end went away, or the connection is being cut
        finally:
            for one in others:
                one.close()
            self._passing.discard(task)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(1 << 16):
            with contextlib.suppress(TimeoutError):  # then it was late enough
                await asyncio.wait_for(self._whole.wait(), self._delay)
            writer.write(piece)
            await writer.drain()


@asynccontextmanager
async def proxied(address: str) -> AsyncIterator[Proxy]:
    """Run a proxy before a server until the block ends."""
    proxy = Proxy(address)
    await proxy.start()
    try:
        yield proxy
    finally:
        with contextlib.suppress(OSError):
            await proxy.cut()
