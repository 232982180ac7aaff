"""The bot introduces itself to Discord rarely enough to keep its token."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.discord.identifying import MOST, Identifying, start_pause
from core.errors import PlatformError

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(hours=24)


def test_each_time_waits_longer_than_the_one_before() -> None:
    """The first is at once; later ones wait ever longer, up to a limit."""
    identifying = Identifying(lambda: 0.0)
    pauses = [identifying.pause(0, initial=number == 0) for number in range(6)]
    assert pauses == [0.0, 5.0, 10.0, 20.0, 40.0, 40.0]


def test_too_often_is_the_end() -> None:
    """So many times an hour, and no more; after an hour it is allowed again."""
    now = 0.0
    identifying = Identifying(lambda: now)
    for _ in range(MOST):
        identifying.pause(0, initial=False)
    identifying.pause(1, initial=False)  # another connection has its own count
    with pytest.raises(PlatformError, match="10 times within an hour"):
        identifying.pause(0, initial=False)
    now = 3601.0
    assert identifying.pause(0, initial=False) == 5.0


@pytest.mark.parametrize(
    ("remaining", "pause"), [(1000, 0.0), (501, 0.0), (500, 172.8), (288, 300.0), (60, 300.0)]
)
def test_a_start_waits_where_there_were_many(remaining: int, pause: float) -> None:
    """Half of a day's allowance is for the asking; the rest must last the day."""
    assert start_pause(1000, remaining, DAY, NOW) == pytest.approx(pause)


def test_the_last_of_the_allowance_is_not_touched() -> None:
    """A bot that is started over and over ends with one clear sentence."""
    with pytest.raises(PlatformError, match=r"started 950 times .* from 2026-06-02 12:00 UTC"):
        start_pause(1000, 50, DAY, NOW)
