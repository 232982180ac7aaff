"""How many tokens may be spent in a day."""

import logging
from collections.abc import Callable
from datetime import date, datetime
from typing import Protocol

from core.errors import LedgerError, ModelError

log = logging.getLogger(__name__)


class Purse(Protocol):
    """Keeps what was spent, so that a restart does not begin the day anew."""

    async def spent(self, day: date) -> int:
        """Return the tokens spent on a day by all processes."""
        ...

    async def spend(self, day: date, tokens: int) -> int:
        """Add tokens to a day and return its new sum."""
        ...


class DailyBudget:
    """Counts tokens, in and out, from midnight to midnight UTC; a limit of 0 is none.

    Without a purse, or while the purse cannot be reached, the count is kept in memory.
    """

    def __init__(
        self, limit: int, clock: Callable[[], datetime], purse: Purse | None = None
    ) -> None:
        """Start with nothing spent. `clock` returns the time as an aware datetime in UTC."""
        self._limit = limit
        self._clock = clock
        self._purse = purse
        self._day: date = clock().date()
        self._kept = 0
        self._loose = 0  # not in the purse yet

    @property
    def spent(self) -> int:
        """The tokens spent since midnight UTC, as far as it is known here."""
        self._turn_the_day()
        return self._kept + self._loose

    def spend(self, tokens: int) -> None:
        """Add what a call took; `settle` keeps it for good."""
        self._turn_the_day()
        self._loose += tokens

    async def settle(self) -> None:
        """Put into the purse what was spent since the last time."""
        if self._purse is None or not self._loose:
            return
        day, tokens, self._loose = self._day, self._loose, 0
        try:
            kept = await self._purse.spend(day, tokens)
        except LedgerError as error:
            log.warning("What was spent is kept in memory for now: %s", error)
            self._loose += tokens if day == self._day else 0
        else:
            self._kept = max(self._kept, kept) if day == self._day else self._kept

    async def admit(self) -> None:
        """Raise `ModelError` when the day's tokens are spent."""
        if not self._limit:
            return
        await self._look()
        if self.spent >= self._limit:
            raise ModelError(
                "Today's budget for Claude is used up; it begins anew at midnight UTC."
            )

    async def _look(self) -> None:
        """Look into the purse, which other processes spend from as well."""
        if self._purse is None or self.spent >= self._limit:
            return
        try:
            kept = await self._purse.spent(self._day)
        except LedgerError as error:
            log.warning("What was spent before is not known now: %s", error)
        else:
            self._kept = max(self._kept, kept)

    def _turn_the_day(self) -> None:
        today = self._clock().date()
        if today != self._day:
            self._day, self._kept, self._loose = today, 0, 0
