"""What follows an acknowledgement fails by itself, and ends with the adapter."""

import asyncio
import logging

import pytest

from bot.background import Background
from core.errors import PlatformAwayError


async def fail(error: Exception) -> None:
    """Fail."""
    raise error


@pytest.mark.parametrize(
    ("error", "level"), [(PlatformAwayError("Slack is away."), "WARNING"), (KeyError("x"), "ERROR")]
)
async def test_a_failure_is_logged(
    caplog: pytest.LogCaptureFixture, error: Exception, level: str
) -> None:
    """What can happen is one line; what cannot comes with its traceback."""
    background = Background("Slack", (OSError,))
    background.start(fail(error))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    (record,) = caplog.records
    assert record.levelname == level
    assert bool(record.exc_info) is (level == "ERROR")


async def test_what_is_under_way_ends(caplog: pytest.LogCaptureFixture) -> None:
    """It is cancelled without a word."""
    background = Background("Slack", (OSError,))
    background.start(asyncio.sleep(3600))
    with caplog.at_level(logging.INFO):
        await background.close()
    assert not caplog.records
    assert len(asyncio.all_tasks()) == 1
