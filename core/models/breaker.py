"""A circuit breaker: after several failures in a row nobody waits for the next one."""

from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta

from core.errors import ModelError


class Breaker:
    """Fails at once for `pause` after `limit` failures within `window`.

    After the pause calls are let through again; the first failure then pauses it anew, the first
    success forgets everything.
    """

    def __init__(
        self,
        clock: Callable[[], datetime],
        *,
        limit: int = 5,
        window: timedelta = timedelta(seconds=30),
        pause: timedelta = timedelta(seconds=30),
    ) -> None:
        """Start closed. `clock` returns the time as an aware datetime."""
        self._clock = clock
        self._window = window
        self._pause = pause
        self._failures: deque[datetime] = deque(maxlen=limit)
        self._limit = limit
        self._until: datetime | None = None

    @property
    def paused_until(self) -> datetime | None:
        """When calls are let through again, or None when they are now."""
        return self._until if self._until and self._clock() < self._until else None

    def admit(self) -> None:
        """Raise `ModelError` while paused."""
        until = self.paused_until
        if until:
            seconds = max(1, round((until - self._clock()).total_seconds()))
            raise ModelError(
                f"Claude failed {self._limit} times in a short while, so I will not ask it for "
                f"another {seconds} seconds."
            )

    def failed(self) -> None:
        """Take note of a failure."""
        now = self._clock()
        self._failures.append(now)
        gathered = len(self._failures) == self._limit and now - self._failures[0] <= self._window
        if gathered or self._until:
            self._until = now + self._pause

    def succeeded(self) -> None:
        """Forget the failures."""
        self._failures.clear()
        self._until = None
