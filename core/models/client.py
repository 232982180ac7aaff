"""The connection to Claude's API, as the settings describe it."""

from urllib.parse import urlsplit

import anthropic
import httpx2

from core.errors import SettingsError
from core.models.failures import LONGEST_WAIT, SPEND_LIMITS, seconds_to_wait
from core.settings import AnthropicSettings

CONNECT_SECONDS = 5.0


def client_of(settings: AnthropicSettings) -> anthropic.AsyncAnthropic:
    """Return a client that nothing but the settings configures; it connects on its first call.

    Raises `SettingsError` for a key that cannot be sent and for an address that is none.
    """
    key = settings.api_key.get_secret_value().strip()
    # An unsendable key would end in an error whose text holds the key.
    if not key or not key.isascii() or not key.isprintable():
        raise SettingsError(
            "ANTHROPIC_API_KEY is no key: it is empty or holds signs that no key has."
        )
    if not is_web_address(settings.base_url):
        raise SettingsError(
            "anthropic.base_url must be a web address, such as https://api.anthropic.com."
        )
    return anthropic.AsyncAnthropic(
        api_key=key,
        base_url=settings.base_url,
        open_telemetry=False,
        max_retries=1,
        timeout=httpx2.Timeout(settings.seconds, connect=CONNECT_SECONDS),
        middleware=[without_long_waits],
    )


def is_web_address(address: str) -> bool:
    """Say whether this is an http or https address with a host and a possible port."""
    try:
        parts = urlsplit(address)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


async def without_long_waits(
    call: anthropic.APIRequest, call_next: anthropic.AsyncCallNext
) -> anthropic.AsyncAPIResponse[object]:
    """Forbid the SDK a second try that would wait long, or that a spend limit would refuse again."""
    answered = await call_next(call)
    response = answered.http_response
    if response.status_code < 400:
        return answered
    body = await response.aread()
    spent = any(code.encode() in body for code in SPEND_LIMITS)
    if spent or seconds_to_wait(response.headers) > LONGEST_WAIT:
        response.headers["x-should-retry"] = "false"
    return answered
