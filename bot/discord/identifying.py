"""Identifying: how often the bot may introduce itself to Discord anew. Pure.

Discord lets a bot do so a thousand times a day. Beyond, it withdraws the bot's token: a bot that is
started over and over, or whose connection does not last, must stop long before.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from core.errors import PlatformError

HOUR = 3600.0
MOST = 10  # times an hour and connection, while the bot runs
FIRST, LONGEST = 5.0, 40.0  # seconds before the second time, and before a later one at most
RESERVE = 0.05  # of a day's allowance that is left untouched
LONGEST_START = 300.0  # seconds that a start is put off at most
TOO_OFTEN = (
    "Discord ended the bot's connection {count} times within an hour, and each time wanted it to "
    "begin anew. So that the token is not withdrawn, it stays away until it is started again."
)
USED_UP = (
    "The bot was started {used} times within a day, and Discord withdraws the token of a bot that is "
    "started too often. Find out what ends it; from {until:%Y-%m-%d %H:%M} UTC on it may start again."
)


class Identifying:
    """Counts introductions while the bot runs, and puts each off longer than the one before."""

    def __init__(self, clock: Callable[[], float], speed: float = 1.0) -> None:
        """Take what tells seconds, and how many times quicker than usual it goes."""
        self._clock = clock
        self._speed = speed
        self._at: dict[int, list[float]] = {}

    def pause(self, shard: int, *, initial: bool) -> float:
        """Return how many seconds the next introduction waits, and count it.

        Raises `PlatformError` where there were too many.
        """
        now = self._clock()
        lately = [at for at in self._at.get(shard, []) if at > now - HOUR]
        if len(lately) >= MOST:
            raise PlatformError(TOO_OFTEN.format(count=len(lately)))
        self._at[shard] = [*lately, now]
        if initial:
            return 0.0
        return min(FIRST * 2.0 ** max(0, len(lately) - 1), LONGEST) / self._speed


def start_pause(total: int, remaining: int, reset_after: timedelta, now: datetime) -> float:
    """Return how many seconds a start is put off, so that the day's allowance lasts the day.

    Raises `PlatformError` where next to nothing of it remains.
    """
    if remaining <= total * RESERVE:
        raise PlatformError(USED_UP.format(used=total - remaining, until=now + reset_after))
    if remaining > total // 2:
        return 0.0
    return min(reset_after.total_seconds() / remaining, LONGEST_START)
