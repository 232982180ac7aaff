"""Pace: how often all answers together may change while they are written, and whether they stream."""

import time
from collections.abc import Callable
from typing import Protocol

# Slack takes some 100 appended pieces and some 50 changed messages a minute, of the whole workspace.
BETWEEN_PIECES = 0.6  # seconds, times the answers that are being written
BETWEEN_CHANGES = 1.2
LONGEST = 300.0  # seconds that an answer is being written; Slack ends a stream after as many
PAUSE = 1.0  # seconds between two attempts at something that must arrive
PATIENCE = 5.0
REFUSED_FOR = 600.0  # seconds after which it is tried again whether the workspace takes streams
# Slack's words for: not this message, or not now; they say nothing of the workspace.
ONLY_HERE = frozenset(
    {
        "channel_not_found",
        "is_archived",
        "message_not_found",
        "message_not_in_streaming_state",
        "msg_too_long",
        "no_text",
        "not_in_channel",
        "stopped_by_user",
        "thread_not_found",
    }
)


class Growing(Protocol):
    """A message that an answer grows in."""

    async def close(self) -> bool:
        """End it; say whether it was open."""
        ...


class Pace:
    """Shared by every reply of a process, and knows which messages still grow."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        speed: float = 1.0,
        patience: float = PATIENCE,
    ) -> None:
        """Take what tells seconds, and how many times quicker than people bear it goes.

        `patience` is how many seconds an answer waits for Slack to show a piece of it.
        """
        self._clock = clock
        self._speed = speed
        self._growing: dict[Growing, float] = {}
        self._streams_from = float("-inf")
        self._rests_until = float("-inf")
        self.pause = PAUSE / speed
        self.patience = patience

    @property
    def growing(self) -> list[Growing]:
        """The messages that were begun and not ended."""
        return list(self._growing)

    def now(self) -> float:
        """Return the seconds that everything here is reckoned in."""
        return self._clock()

    def begin(self, message: Growing) -> None:
        """Count a message that grows from now on; one that nobody ended counts no longer."""
        now = self._clock()
        held = {one: since for one, since in self._growing.items() if now - since < LONGEST}
        self._growing = {message: now, **held}

    def end(self, message: Growing) -> None:
        """Count it no more."""
        self._growing.pop(message, None)

    def streams(self) -> bool:
        """Say whether the workspace takes streams, as far as is known."""
        return self._clock() >= self._streams_from

    def streaming_refused(self, code: str) -> None:
        """Note Slack's word for why there is no stream; most hold for a while."""
        if code not in ONLY_HERE:
            self._streams_from = self._clock() + REFUSED_FOR

    def put_off(self, seconds: float) -> None:
        """Note that Slack wants fewer calls: what need not be shown rests."""
        self._rests_until = max(self._rests_until, self._clock() + seconds)

    def may_change(self, last: float, *, streamed: bool) -> bool:
        """Say whether an answer that changed last at that time may change again."""
        between = (BETWEEN_PIECES if streamed else BETWEEN_CHANGES) / self._speed
        now = self._clock()
        return now >= self._rests_until and now - last >= between * max(1, len(self._growing))
