"""`doctor` says what of the connection to Slack is missing, and where to click."""

from pathlib import Path

import pytest

from bot import doctor
from bot.finding import Finding
from bot.slack.examination import needed_scopes, slack_findings
from core.embedders.hashing import HashingEmbedder
from core.settings import SlackSettings
from tests.bot.slack.conftest import slack_settings
from tests.servers.slack import LoopbackSlack


async def look(settings: SlackSettings) -> dict[str, Finding]:
    """Return the findings by their part."""
    return {one.part: one async for one in slack_findings(settings)}


async def test_all_is_well(slack: LoopbackSlack) -> None:
    """Who the bot is and where, its scopes, its events and its connection are told."""
    found = await look(slack_settings(slack))
    assert list(found) == ["Slack", "Slack scopes", "Slack events", "Slack connection"]
    assert all(one.well for one in found.values())
    assert "The bot is @" in found["Slack"].said


async def test_missing_scopes_and_what_they_keep_back(slack: LoopbackSlack) -> None:
    """Without reading private channels their messages never come, which nobody would notice."""
    slack.web.scopes -= {"groups:history", "reactions:write"}
    found = await look(slack_settings(slack))
    assert found["Slack scopes"].said == "The app lacks groups:history, reactions:write."
    assert "messages in private channels" in found["Slack events"].said
    assert not found["Slack events"].well
    assert "Install App" in found["Slack scopes"].advice


@pytest.mark.parametrize(
    ("chosen", "named"),
    [
        ({"bot_token": "xoxb-nope"}, "SLACK_BOT_TOKEN"),
        ({"app_token": "xapp-nope"}, "SLACK_APP_TOKEN"),
        ({"app_token": ""}, "SLACK_APP_TOKEN"),
        ({"transport": "http", "signing_secret": ""}, "SLACK_SIGNING_SECRET"),
        ({"api_url": "http://127.0.0.1:9/api/"}, "does not answer"),
    ],
)
async def test_a_wrong_token_is_told(
    slack: LoopbackSlack, chosen: dict[str, str], named: str
) -> None:
    """The token's variable is named, the token never."""
    found = await look(slack_settings(slack, **chosen))
    assert not found["Slack"].well
    assert named in found["Slack"].said
    assert "nope" not in str(found)


async def test_http_is_told_where_requests_must_go(slack: LoopbackSlack) -> None:
    """The signing secret cannot be tried; the address that Slack must be given is told."""
    found = await look(slack_settings(slack, transport="http"))
    assert "/slack/events" in found["Slack connection"].said
    assert "Request URL" in found["Slack connection"].advice


async def test_the_moderators_conversation(slack: LoopbackSlack) -> None:
    """Drafts need a channel that the bot is in."""
    inside, outside = slack.channel("drafts"), slack.channel("elsewhere", bot=False)
    told = [
        (await look(slack_settings(slack, moderators=key)))["Slack moderators"]
        for key in (inside.id, outside.id)
    ]
    assert [one.well for one in told] == [True, False]
    assert "#drafts" in told[0].said
    assert "not in slack.moderators" in told[1].said
    slack.faults.next("fatal_error", "conversations.info")
    broken = (await look(slack_settings(slack, moderators=inside.id)))["Slack moderators"]
    assert "fatal_error" in broken.said
    slack.faults.next("slow", "conversations.info", seconds=0.0)
    slack.faults.next("fatal_error", "conversations.info")
    unsure = (await look(slack_settings(slack, moderators=outside.id)))["Slack moderators"]
    assert "cannot be looked at" in unsure.said


def test_the_manifest_asks_for_what_the_loopback_grants(slack: LoopbackSlack) -> None:
    """The tests' Slack grants just the scopes that the manifest asks for."""
    assert needed_scopes() == slack.web.scopes


async def test_doctor_looks_at_slack_where_it_is_set_up(
    outside: Path,
    slack: LoopbackSlack,
    embedder: HashingEmbedder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Beside everything else, and whatever else is wrong."""
    monkeypatch.setenv("SLACK_BOT_TOKEN", slack.bot_token)
    monkeypatch.setenv("SLACK_APP_TOKEN", slack.app_token)
    monkeypatch.setenv("TAVERNKEEP_SLACK__API_URL", slack.url)
    found = {one.part: one async for one in doctor.look(embedder)}
    assert {"Slack", "Slack scopes", "Slack connection", "ledger"} <= set(found)
    assert found["Slack"].well
