"""A circuit breaker: a service that failed several times in a row is left alone for a while."""

import time
from collections import deque
from collections.abc import Callable
from enum import StrEnum

LIMIT = 5
WINDOW = 30.0
PAUSE = 30.0


class State(StrEnum):
    """Closed: all calls go through. Open: none does. Half-open: one may try whether it is back."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


class Breaker:
    """Opens for `pause` seconds after `limit` failures within `window`, or when a service says so.

    After the pause one call is let through: its success closes the breaker, its failure opens it
    anew. Whoever was let through must say how it ended: `succeeded`, `failed` or `left`. Times are
    the monotonic clock's, so that a wall clock that is set neither shortens nor lengthens a pause.
    """

    def __init__(
        self,
        name: str,
        steady: Callable[[], float] = time.monotonic,
        *,
        limit: int = LIMIT,
        window: float = WINDOW,
        pause: float = PAUSE,
    ) -> None:
        """Start closed. `name` is the service's, as people call it; `steady` returns seconds."""
        self.name = name
        self.reason = ""
        """What the last failure was; empty while all is well."""
        self._steady = steady
        self._limit = limit
        self._window = window
        self._pause = pause
        self._failures: deque[float] = deque(maxlen=limit)
        self._until: float | None = None
        self._cause = ""
        self._trying = False

    @property
    def state(self) -> State:
        """The state of this moment."""
        if self._until is None:
            return State.CLOSED
        return State.OPEN if self._steady() < self._until else State.HALF_OPEN

    @property
    def seconds_left(self) -> float:
        """How long until a call is let through again; 0 unless open."""
        return max(0.0, self._until - self._steady()) if self._until is not None else 0.0

    def refusal(self) -> str | None:
        """Return the sentence on why there must be no call now; None lets the caller make one."""
        state = self.state
        if state is State.OPEN:
            return f"{self._cause} I will not ask it for another {span(self.seconds_left)}."
        if state is State.HALF_OPEN:
            if self._trying:
                return f"{self._cause} I am just trying whether it is back."
            self._trying = True
        return None

    def failed(self, reason: str, pause: float = 0.0) -> None:
        """Take note of a failure, in a sentence; `pause` seconds are what the service asks for."""
        now = self._steady()
        self.reason = reason
        self._failures.append(now)
        gathered = len(self._failures) == self._limit and now - self._failures[0] <= self._window
        if gathered or pause or self._until is not None:
            often = f"{self.name} failed {self._limit} times in a short while."
            self._cause = reason if pause else self._cause or often
            self._until = max(self._until or 0.0, now + max(pause, self._pause))
        self._trying = False

    def succeeded(self) -> None:
        """Forget the failures."""
        self._failures.clear()
        self._until = None
        self._trying = False
        self.reason = self._cause = ""

    def left(self) -> None:
        """Take note that a call ended without telling how the service is: another may try."""
        self._trying = False


def span(seconds: float) -> str:
    """Return a time in words that suit its length."""
    if seconds <= 90:
        return "a second" if seconds < 1.5 else f"{round(seconds)} seconds"
    if seconds <= 90 * 60:
        return f"{seconds / 60:.0f} minutes"
    if seconds <= 48 * 3600:
        return f"{seconds / 3600:.0f} hours"
    return f"{seconds / 86400:.0f} days"
