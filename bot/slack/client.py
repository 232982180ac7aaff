"""The Web API's client: one session, no repetition of what may have happened, a cap on waiting."""

import asyncio
import logging
import random
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urlsplit
from urllib.request import proxy_bypass

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.http_retry.async_handler import AsyncRetryHandler
from slack_sdk.http_retry.builtin_async_handlers import AsyncConnectionErrorRetryHandler
from slack_sdk.http_retry.request import HttpRequest
from slack_sdk.http_retry.response import HttpResponse
from slack_sdk.http_retry.state import RetryState
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.payload import NOTHING, Payload, text_at
from core.errors import PlatformAwayError
from core.settings import SlackSettings

SECONDS = 30.0  # of one call
LONGEST_WAIT = 60  # seconds that are waited out; asked for longer, the call fails
ATTEMPTS = 5  # at a call that Slack puts off
# A repetition of these could be seen twice: whoever posts looks first whether it stands already.
SHOWN = ("chat.postMessage", "chat.postEphemeral", "chat.startStream", "chat.appendStream")
SECRET = re.compile(r"xox[a-z]-[\w-]+|xapp-[\w-]+|(?<=ticket=)[^&\s'\"]+")
NEEDLESS = "As you gave `client` as well"  # Bolt reads SLACK_BOT_TOKEN, too; it is the same one
# What Slack answers when it may well take the same call later; all else it refuses for good.
PASSING = frozenset(
    {
        *("fatal_error", "internal_error", "request_timeout", "service_unavailable"),
        *("ratelimited", "rate_limited"),
    }
)
UNREACHABLE = (SlackClientError, aiohttp.ClientError, TimeoutError, OSError)


class Discreet(logging.Filter):
    """Takes tokens and tickets out of what the SDKs log."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let messages through, without their secrets, nor a traceback that would repeat them."""
        if record.getMessage().startswith(NEEDLESS):
            return False
        record.msg, record.args = SECRET.sub("…", record.getMessage()), ()
        if record.exc_info and SECRET.search(str(record.exc_info[1])):
            record.exc_info = None
        return True


class PutOff(AsyncRetryHandler):
    """Waits as long as Slack asks, and tries again; what is asked to wait longest fails at once."""

    async def _can_retry_async(
        self,
        *,
        state: RetryState,  # noqa: ARG002  # as the SDK calls it
        request: HttpRequest,  # noqa: ARG002  # as the SDK calls it
        response: HttpResponse | None = None,
        error: Exception | None = None,  # noqa: ARG002  # as the SDK calls it
    ) -> bool:
        return (
            response is not None
            and response.status_code == 429
            and asked(response) <= (LONGEST_WAIT)
        )

    async def prepare_for_next_attempt_async(
        self,
        *,
        state: RetryState,
        request: HttpRequest,  # noqa: ARG002  # as the SDK calls it
        response: HttpResponse | None = None,
        error: Exception | None = None,  # noqa: ARG002  # as the SDK calls it
    ) -> None:
        """Wait; a little longer than asked, so that those who wait do not come back together."""
        state.next_attempt_requested = True
        wait = asked(response) if response is not None else 1
        await asyncio.sleep(wait + random.random() * 0.5)  # noqa: S311  # nothing secret
        state.increment_current_attempt()


class Reconnecting(AsyncConnectionErrorRetryHandler):
    """Repeats a call whose connection broke, unless people could see it twice."""

    async def _can_retry_async(
        self,
        *,
        state: RetryState,
        request: HttpRequest,
        response: HttpResponse | None = None,
        error: Exception | None = None,
    ) -> bool:
        if request.url.endswith(SHOWN):
            return False
        return await super()._can_retry_async(
            state=state, request=request, response=response, error=error
        )


def asked(response: HttpResponse) -> int:
    """Return how many seconds Slack asks to wait; one where it does not say."""
    for name, values in response.headers.items():
        if name.lower() == "retry-after":
            held = values if isinstance(values, str) else next(iter(values), "")
            return int(held) if held.strip().isdigit() else 1
    return 1


def sdk_logger() -> logging.Logger:
    """Return what the SDKs log to: nobody's messages, and no secrets."""
    logger = logging.getLogger("bot.slack.sdk")
    logger.setLevel(logging.INFO)  # below, the SDKs log every request and response with its text
    if not any(isinstance(one, Discreet) for one in logger.filters):
        logger.addFilter(Discreet())
    return logger


def web_client(settings: SlackSettings) -> AsyncWebClient:
    """Return a client for the Web API, inside a running loop; `close` it after use."""
    client = AsyncWebClient(
        token=settings.bot_token.get_secret_value(),
        base_url=settings.api_url,
        session=aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=SECONDS)),
        retry_handlers=[PutOff(max_retry_count=ATTEMPTS), Reconnecting()],
        logger=sdk_logger(),
    )
    if proxy_bypass(urlsplit(settings.api_url).hostname or ""):
        client.proxy = None  # the SDK knows HTTPS_PROXY, and not NO_PROXY
    return client


def payload_of(response: object) -> Payload:
    """Return what a call was answered with; nothing where it was no JSON object."""
    held = getattr(response, "data", None)
    return held if isinstance(held, Mapping) else NOTHING


def refusal(error: SlackApiError) -> str:
    """Return the name that Slack gave to an error, "channel_not_found" for instance."""
    return text_at(payload_of(error.response), "error")


async def close(client: AsyncWebClient) -> None:
    """Close a client's session."""
    if client.session is not None:
        await client.session.close()


def unreachable(error: Exception) -> PlatformAwayError:
    """Return the sentence on a call that Slack refused or did not answer."""
    code = refusal(error) if isinstance(error, SlackApiError) else ""
    told = code or f"{type(error).__name__}: {error}".splitlines()[0]
    sentence = f"Slack does not answer as it should: {SECRET.sub('…', told)}."
    return PlatformAwayError(sentence, refuses=bool(code) and code not in PASSING)


@contextmanager
def away() -> Iterator[None]:
    """Turn into `PlatformAwayError` that Slack refuses a call or does not answer."""
    try:
        yield
    except UNREACHABLE as error:
        raise unreachable(error) from error
