"""Failures: what it means for what people see that a call of the Web API failed."""

import aiohttp
from slack_sdk.errors import SlackApiError

from bot.slack.client import asked, refusal

# Slack broke off while it was at it, or says no reason: nobody knows whether it took the call.
BROKEN_OFF = frozenset(
    {"", "fatal_error", "internal_error", "request_timeout", "service_unavailable"}
)
PUT_OFF = frozenset({"ratelimited", "rate_limited"})


def is_unsure(error: Exception) -> bool:
    """Say whether a call that failed may have had its effect all the same."""
    if isinstance(error, SlackApiError):
        return not is_put_off(error) and (_status(error) >= 500 or refusal(error) in BROKEN_OFF)
    return not isinstance(error, aiohttp.ClientConnectorError)


def is_put_off(error: Exception) -> bool:
    """Say whether Slack wants the call to be made later; it had no effect."""
    if not isinstance(error, SlackApiError):
        return False
    return _status(error) == 429 or refusal(error) in PUT_OFF


def put_off_for(error: Exception) -> float:
    """Return for how many seconds Slack put a call off; one where it does not say."""
    response = error.response if isinstance(error, SlackApiError) else None
    return float(asked(response)) if response is not None and hasattr(response, "headers") else 1.0


def _status(error: SlackApiError) -> int:
    held = getattr(error.response, "status_code", None) or getattr(error.response, "status", None)
    return held if isinstance(held, int) else 0
