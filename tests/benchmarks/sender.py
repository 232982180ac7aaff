"""A chat platform in a process of its own: `python -m tests.benchmarks.sender PORT RATE SECONDS BURST`.

It sends events as lines of JSON at a steady rate, whatever the bot does, then a burst of them within
one second, and takes the time until each is acknowledged. It prints one line of JSON with what it
saw, and after that waits for the end of its input before it hangs up.
"""

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from core.measures import percentile

QUESTION = "How do I open a file and read the values of a table from it?"
TALK = "I had a look at it yesterday, and I think that we should wait for the release."
MIX = {0: "question", 50: "question"}
PATIENCE = 120.0


def event(number: int) -> dict[str, Any]:
    """Return one event: of a hundred 2 are questions, 38 are talk and 60 are reactions."""
    place = number % 100
    kind = MIX.get(place, "talk" if place % 5 in {1, 2} else "reaction")
    return {
        "id": f"e{number}",
        "kind": kind,
        "text": {"question": f"{QUESTION} ({number % 7})", "talk": TALK}.get(kind, ""),
        "person": f"p{number % 40}",
        "added": number // 100 % 2 == 0,
    }


class Sender:
    """One connection to the bot, and when each event was sent and acknowledged."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take the connection."""
        self._reader = reader
        self._writer = writer
        self._sent: dict[str, float] = {}
        self._heard = asyncio.Event()
        self.took: dict[str, float] = {}

    async def hear(self) -> None:
        """Take the time of every acknowledgement until the bot hangs up."""
        while line := await self._reader.readline():
            name = line.decode().strip()
            self.took.setdefault(name, (time.perf_counter() - self._sent[name]) * 1000)
            self._heard.set()

    async def send(self, numbers: Sequence[int], rate: float) -> dict[str, Any]:
        """Send events at a rate, wait for their acknowledgements and return what was seen."""
        started = time.perf_counter()
        for place, number in enumerate(numbers):
            ahead = started + place / rate - time.perf_counter()
            if ahead > 0:
                await asyncio.sleep(ahead)
            one = event(number)
            self._sent[one["id"]] = time.perf_counter()
            self._writer.write(json.dumps(one).encode() + b"\n")
            await self._writer.drain()
        sent_in = time.perf_counter() - started
        names = [event(number)["id"] for number in numbers]
        await self._acknowledged(names)
        took = [self.took[name] for name in names if name in self.took]
        return {
            "sent": len(names),
            "acknowledged": len(took),
            "sent_in": sent_in,
            "seconds": time.perf_counter() - started,
            "p50": percentile(took, 0.5),
            "p99": percentile(took, 0.99),
        }

    async def _acknowledged(self, names: Sequence[str]) -> None:
        """Wait until all are acknowledged, or for the patience's time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                while not all(name in self.took for name in names):
                    self._heard.clear()
                    await self._heard.wait()


async def main() -> None:
    """Send a steady stream and then a burst, and print what was seen of each."""
    port, rate, seconds, burst = map(int, sys.argv[1:])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    sender = Sender(reader, writer)
    hearing = asyncio.create_task(sender.hear())
    count = rate * seconds
    seen = {"steady": await sender.send(range(count), rate)}
    seen["burst"] = await sender.send(range(count, count + burst), max(1, burst / 0.9))
    sys.stdout.write(json.dumps(seen) + "\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)
    hearing.cancel()
    writer.close()


if __name__ == "__main__":
    asyncio.run(main())
