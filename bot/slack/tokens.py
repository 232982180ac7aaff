"""Tokens: what Slack says of those that are set, and where to get right ones."""

from collections.abc import Collection
from dataclasses import dataclass

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.client import UNREACHABLE, payload_of, refusal, unreachable
from bot.slack.payload import text_at
from bot.slack.workspace import Workspace, workspace_of
from core.errors import PlatformError
from core.settings import SlackSettings

# Slack's words for a token that will not be taken however often it is tried.
NOT_TAKEN = frozenset(
    {
        "account_inactive",
        "invalid_auth",
        "missing_scope",
        "not_allowed_token_type",
        "not_authed",
        "token_expired",
        "token_revoked",
    }
)
APPS = "api.slack.com/apps → your app"
BOT_TOKEN = f"Copy the Bot User OAuth Token (xoxb-…) from {APPS} → OAuth & Permissions."
APP_TOKEN = (
    f"Make one with the scope connections:write under {APPS} → Basic Information → App-Level "
    "Tokens (xapp-…)."
)
SIGNING_SECRET = f"Copy it from {APPS} → Basic Information → App Credentials."


@dataclass(frozen=True, slots=True, kw_only=True)
class Introduction:
    """Who the bot token belongs to, and what it allows."""

    workspace: Workspace
    scopes: frozenset[str]


def missing_token(settings: SlackSettings) -> str | None:
    """Return the sentence on the first token that the transport needs and that is not set."""
    socket = settings.transport == "socket"
    needed = [
        ("SLACK_BOT_TOKEN", settings.bot_token, BOT_TOKEN),
        ("SLACK_APP_TOKEN", settings.app_token, APP_TOKEN)
        if socket
        else ("SLACK_SIGNING_SECRET", settings.signing_secret, SIGNING_SECRET),
    ]
    for name, held, advice in needed:
        if not held.get_secret_value():
            return f"{name} is not set, and slack.transport {settings.transport} needs it. {advice}"
    return None


async def introduced(client: AsyncWebClient, allowed: Collection[str] = ()) -> Introduction:
    """Ask Slack who the bot is; raise `PlatformError` for a token that it does not take.

    Raises `PlatformAwayError` where Slack does not answer.
    """
    try:
        response = await client.auth_test()
    except UNREACHABLE as error:
        raise _refused(error, "SLACK_BOT_TOKEN", BOT_TOKEN) from error
    granted = response.headers.get("x-oauth-scopes", "") if response.headers else ""
    return Introduction(
        workspace=workspace_of(payload_of(response), allowed),
        scopes=frozenset(one.strip() for one in granted.split(",") if one.strip()),
    )


async def connection_address(client: AsyncWebClient, app_token: str) -> str:
    """Return an address for one Socket Mode connection; raise as `introduced` does."""
    try:
        response = await client.apps_connections_open(app_token=app_token)
    except UNREACHABLE as error:
        raise _refused(error, "SLACK_APP_TOKEN", APP_TOKEN) from error
    return text_at(payload_of(response), "url")


def _refused(error: Exception, name: str, advice: str) -> PlatformError:
    code = refusal(error) if isinstance(error, SlackApiError) else ""
    if code in NOT_TAKEN:
        return PlatformError(f"Slack does not take {name} ({code}). {advice}")
    return unreachable(error)
