"""Examination: what `doctor` says of Slack: tokens, scopes, events and where moderators decide."""

from collections.abc import AsyncIterator, Iterable
from typing import Any

import yaml
from slack_sdk.web.async_client import AsyncWebClient

from bot.finding import Finding
from bot.slack.client import UNREACHABLE, close, unreachable, web_client
from bot.slack.http_mode import PATH
from bot.slack.identity import Identities
from bot.slack.tokens import APPS, connection_address, introduced, missing_token
from bot.store import utc_now
from core.errors import PlatformAwayError, PlatformError
from core.settings import CHECKOUT, SlackSettings

MANIFEST = CHECKOUT / "config" / "slack-manifest.yaml"
# The scopes without which Slack delivers no event of a kind.
EVENTS_OF = {
    "app_mentions:read": "mentions",
    "channels:history": "messages in channels",
    "groups:history": "messages in private channels",
    "im:history": "direct messages",
    "mpim:history": "messages in group conversations",
    "reactions:read": "reactions",
    "channels:read": "changes of channels",
    "groups:read": "changes of private channels",
}
REST = "The other platforms go on without; once that is put right, start the bot anew."
AGAIN = (
    f"Paste config/slack-manifest.yaml anew under {APPS} → App Manifest, save it, and authorise "
    "the app again under Install App."
)


async def slack_findings(settings: SlackSettings) -> AsyncIterator[Finding]:
    """Yield a finding on each part of the connection to Slack; a wrong token keeps the rest back."""
    missing = missing_token(settings)
    if missing:
        yield Finding(part="Slack", well=False, said=missing, advice="See README.md.")
        return
    client = web_client(settings)
    try:
        async for finding in _asked(client, settings):
            yield finding
    except PlatformError as error:
        yield Finding(part="Slack", well=False, said=str(error), advice=REST)
    finally:
        await close(client)


async def _asked(client: AsyncWebClient, settings: SlackSettings) -> AsyncIterator[Finding]:
    found = await introduced(client)
    workspace = found.workspace
    said = f"The bot is @{workspace.name} in {workspace.team or workspace.team_id}."
    yield Finding(part="Slack", well=True, said=said)
    yield scopes(found.scopes)
    yield events(found.scopes)
    if settings.transport == "socket":
        await connection_address(client, settings.app_token.get_secret_value())
        yield Finding(part="Slack connection", well=True, said="Socket Mode is on, and is let in.")
    else:
        yield Finding(
            part="Slack connection",
            well=True,
            said=f"Slack's requests are taken on {settings.host}:{settings.port}{PATH}.",
            advice=f"That must be the Request URL under {APPS} → Event Subscriptions, Interactivity "
            "and Slash Commands, through a proxy with a certificate; Socket Mode must be off.",
        )
    if settings.moderators:
        yield await _moderators(client, settings.moderators)


def scopes(granted: Iterable[str]) -> Finding:
    """Compare the scopes that the token has with those that the manifest asks for."""
    lacking = sorted(needed_scopes() - set(granted))
    if lacking:
        said = f"The app lacks {', '.join(lacking)}."
        return Finding(part="Slack scopes", well=False, said=said, advice=AGAIN)
    return Finding(part="Slack scopes", well=True, said="The app has every scope that it needs.")


def events(granted: Iterable[str]) -> Finding:
    """Tell which events cannot come: that follows from scopes alone.

    Slack tells no app which events it is subscribed to.
    """
    held = set(granted)
    lost = [events for scope, events in EVENTS_OF.items() if scope not in held]
    if lost:
        said = f"For want of scopes these do not reach the bot: {', '.join(lost)}."
        return Finding(part="Slack events", well=False, said=said, advice=AGAIN)
    return Finding(
        part="Slack events",
        well=True,
        said="By its scopes the app may get every event. That it is subscribed to them was not "
        "checked: Slack tells that to nobody.",
        advice=f"If messages or reactions do not arrive, compare {APPS} → Event Subscriptions with "
        "config/slack-manifest.yaml, and see that Delayed Events is on there.",
    )


def needed_scopes() -> frozenset[str]:
    """Return the scopes that the manifest asks for."""
    return frozenset(manifest()["oauth_config"]["scopes"]["bot"])


def manifest() -> Any:
    """Return what a Slack app is made from."""
    return yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))


async def _moderators(client: AsyncWebClient, key: str) -> Finding:
    """See whether drafts can be shown where moderators decide on them."""
    identities = Identities(client, utc_now)
    try:
        conversation = await identities.reread(key)
    except UNREACHABLE as error:
        return _no_place(f"slack.moderators ({key}) cannot be looked at. {unreachable(error)}")
    try:
        takes_part = await identities.takes_part(key)
    except PlatformAwayError as error:
        return _no_place(f"slack.moderators ({key}) cannot be looked at. {error}")
    if not takes_part:
        return _no_place(f"The bot is not in slack.moderators ({conversation.name or key}).")
    said = f"Drafts are decided upon in #{conversation.name or key}."
    return Finding(part="Slack moderators", well=True, said=said)


def _no_place(said: str) -> Finding:
    advice = "Set slack.moderators to a channel's id (…/archives/ID), and invite the bot there."
    return Finding(part="Slack moderators", well=False, said=said, advice=advice)
