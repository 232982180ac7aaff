"""Pace: how often answers may change while they are written, so that Discord bears all of them."""

import time
from collections.abc import Callable
from typing import Protocol

# Discord takes five messages in five seconds a channel, and fifty calls a second of a bot in all.
BETWEEN = 1.2  # seconds, times the answers that are being written in the channel
EVERYWHERE = 25.0  # changes a second, of all answers
GRACE = 0.7  # seconds before an answer begins to grow: a quick one is posted at once
LONGEST = 900.0  # seconds that an answer is being written
TYPING = 9.0  # seconds after which Discord is told anew that the bot writes; it shows that for ten
PAUSE = 1.0  # seconds between two attempts at something that must arrive


class Growing(Protocol):
    """A message that an answer grows in."""

    async def close(self) -> None:
        """Show no more of it before the end."""
        ...


class Pace:
    """Shared by every reply of a process, and knows which messages still grow."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, speed: float = 1.0) -> None:
        """Take what tells seconds, and how many times quicker than people bear it goes."""
        self._clock = clock
        self._speed = speed
        self._growing: dict[Growing, tuple[int, float]] = {}
        self.pause = PAUSE / speed
        self.typing = TYPING / speed

    @property
    def growing(self) -> list[Growing]:
        """The messages that were begun and not ended."""
        return list(self._growing)

    def begin(self, message: Growing, channel: int) -> float:
        """Count a message of a channel that grows from now on; return when it changed last, as it were."""
        now = self._clock()
        held = {one: it for one, it in self._growing.items() if now - it[1] < LONGEST}
        self._growing = {message: (channel, now), **held}
        return now + (GRACE - BETWEEN) / self._speed

    def end(self, message: Growing) -> None:
        """Count it no more."""
        self._growing.pop(message, None)

    def now(self) -> float:
        """Return the seconds that everything here is reckoned in."""
        return self._clock()

    def wait(self, channel: int, last: float) -> float:
        """Return in how many seconds an answer that changed last at a time may change again."""
        here = sum(place == channel for place, _ in self._growing.values())
        between = max(BETWEEN * max(1, here), len(self._growing) / EVERYWHERE) / self._speed
        return max(0.0, last + between - self._clock())
