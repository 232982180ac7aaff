"""How many tokens may be spent in a day."""

from collections.abc import Callable
from datetime import date, datetime

from core.errors import ModelError


class DailyBudget:
    """Counts tokens, in and out, from midnight to midnight UTC; a limit of 0 is none.

    The count is kept in memory only: a restart begins it anew.
    """

    def __init__(self, limit: int, clock: Callable[[], datetime]) -> None:
        """Start with nothing spent. `clock` returns the time as an aware datetime in UTC."""
        self._limit = limit
        self._clock = clock
        self._day: date = clock().date()
        self._spent = 0

    @property
    def spent(self) -> int:
        """The tokens spent since midnight UTC."""
        today = self._clock().date()
        if today != self._day:
            self._day, self._spent = today, 0
        return self._spent

    def spend(self, tokens: int) -> None:
        """Add what a call took."""
        self._spent = self.spent + tokens

    def admit(self) -> None:
        """Raise `ModelError` when the day's tokens are spent."""
        if self._limit and self.spent >= self._limit:
            raise ModelError(
                "Today's budget for Claude is used up; it begins anew at midnight UTC."
            )
