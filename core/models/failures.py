"""What went wrong with a call to Claude, as a sentence for the one who asked."""

import email.utils
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import anthropic
import httpx2

MALFORMED = (ValueError, LookupError, TypeError, AttributeError)
"""What the SDK raises for events that are no JSON or come in an order that it does not expect."""

FAILURES = (anthropic.AnthropicError, httpx2.HTTPError, TimeoutError, *MALFORMED)
"""All that a call may raise: after the first byte the SDK lets raw transport errors through."""

SPEND_LIMITS = frozenset(
    {
        "enforced_spend_limit_reached",
        "contract_spend_limit_reached",
        "linked_organization_spend_limit_reached",
    }
)

BUSY = "Claude is overloaded at the moment; please ask again in a minute."
BROKEN = "Claude has trouble of its own at the moment; please ask again later."
SLOW = "Claude took too long to answer; please ask again."
UNREACHABLE = "Claude cannot be reached at the moment; please ask again later."
BROKEN_OFF = "The connection to Claude broke off before the answer was complete; please ask again."
EMPTY = "Claude gave no answer; please ask again in other words."
DECLINED = "Claude declined to answer this question."
SPENT = "The budget for Claude is used up; whoever runs this bot can raise it."
KEY = "Claude does not accept this bot's key; please tell whoever runs this bot."
MODEL = (
    "Claude does not know the model that this bot is set to use; please tell whoever runs this bot."
)
TOO_MUCH = "Claude could not take this question with all that was found for it; try a shorter one."

BY_TYPE = {
    "rate_limit_error": BUSY,
    "overloaded_error": BUSY,
    "timeout_error": SLOW,
    "api_error": BROKEN,
    "authentication_error": KEY,
    "permission_error": KEY,
    "billing_error": SPENT,
    "not_found_error": MODEL,
    "invalid_request_error": TOO_MUCH,
}
BY_STATUS = {
    400: TOO_MUCH,
    401: KEY,
    402: SPENT,
    403: KEY,
    404: MODEL,
    408: SLOW,
    413: TOO_MUCH,
    429: BUSY,
    504: SLOW,
    529: BUSY,
}
BY_REASON = {"refusal": DECLINED, "end_turn": EMPTY}
NO_OUTAGE = frozenset({TOO_MUCH, DECLINED, EMPTY})

LONGEST_WAIT = 10.0  # seconds that somebody who asked waits for a second try
LONGEST_BREAK = 3600.0  # seconds; a service that asks for longer is tried once an hour


class StoppedError(anthropic.AnthropicError):
    """An answer ended without an error and yet is none; `reason` is why the API says it stopped."""

    def __init__(self, reason: str | None) -> None:
        """Keep the reason; None means that the stream ended before the answer did."""
        super().__init__(f"stopped: {reason}")
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A sentence for the asker and words for the log, neither with a key or a text in it.

    `outage` says that the next call is likely to fail as well, which the circuit breaker counts;
    `pause` is for how many seconds the service wants no call at all, 0 where it did not say.
    """

    sentence: str
    details: str
    outage: bool
    pause: float = 0.0


def failure_of(error: Exception, now: datetime) -> Failure:
    """Return what one of `FAILURES` means; `now` is in UTC."""
    sentence = sentence_of(error)
    return Failure(
        sentence=sentence,
        details=details_of(error),
        outage=sentence not in NO_OUTAGE,
        pause=pause_after(error, now) if isinstance(error, anthropic.APIStatusError) else 0.0,
    )


def pause_after(error: anthropic.APIStatusError, now: datetime) -> float:
    """Return for how many seconds the API wants no call: a spent budget begins anew each month."""
    if error.error_code in SPEND_LIMITS:
        year, month = divmod(now.year * 12 + now.month, 12)
        return (datetime(year, month + 1, 1, tzinfo=now.tzinfo) - now).total_seconds()
    wait = seconds_to_wait(error.response.headers)
    return min(wait, LONGEST_BREAK) if wait > LONGEST_WAIT else 0.0


def sentence_of(error: Exception) -> str:
    """Return the sentence for one of `FAILURES`."""
    if isinstance(error, anthropic.APIStatusError):
        return sentence_of_status(error)
    if isinstance(error, StoppedError):
        return BY_REASON.get(error.reason or "", BROKEN_OFF)
    if isinstance(error, anthropic.APITimeoutError | httpx2.TimeoutException | TimeoutError):
        return SLOW
    return UNREACHABLE if isinstance(error, anthropic.APIConnectionError) else BROKEN_OFF


def sentence_of_status(error: anthropic.APIStatusError) -> str:
    """Return the sentence for an error that the API names; its type counts more than its status.

    An error in the midst of a stream has the stream's status, which is 200.
    """
    if error.error_code in SPEND_LIMITS:
        return SPENT
    sentence = BY_TYPE.get(error.type or "") or BY_STATUS.get(error.status_code, BROKEN)
    wait = seconds_to_wait(error.response.headers)
    if sentence == BUSY and wait > 90:
        return f"Claude is overloaded and asks for a break of {wait / 60:.0f} minutes."
    return sentence


def details_of(error: Exception) -> str:
    """Return what an operator needs to know."""
    if not isinstance(error, anthropic.APIStatusError):
        reason = f" ({error.reason})" if isinstance(error, StoppedError) else ""
        return f"{type(error).__name__}{reason}"
    parts = {
        "status": error.status_code,
        "type": error.type,
        "code": error.error_code,
        "request": error.request_id,
    }
    named = " ".join(f"{name}={value}" for name, value in parts.items() if value)
    return f"{type(error).__name__} {named}"


def seconds_to_wait(headers: Mapping[str, str]) -> float:
    """Return what the headers ask a caller to wait, in seconds (0 where they ask for nothing)."""
    asked = headers.get("retry-after", "")
    try:
        if "retry-after-ms" in headers:
            return float(headers["retry-after-ms"]) / 1000
        return float(asked)
    except ValueError:
        parsed = email.utils.parsedate_tz(asked)
    return max(0.0, email.utils.mktime_tz(parsed) - time.time()) if parsed else 0.0
