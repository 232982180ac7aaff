"""The manifest and the code agree: whatever is handled is asked for, and the reverse."""

from typing import Any

import pytest

from bot.slack import commands, intake
from bot.slack.actions import ASK_ABOUT, SAVE_ANSWER
from bot.slack.examination import EVENTS_OF, manifest

SCOPES = """
app_mentions:read assistant:write chat:write channels:history groups:history im:history mpim:history
channels:read groups:read im:read mpim:read im:write reactions:read reactions:write users:read
commands files:read team:read
"""


@pytest.fixture
def made() -> Any:
    """Return what the Slack app is made from."""
    return manifest()


def test_the_scopes_are_those_of_the_first_day(made: Any) -> None:
    """A scope that is added later makes every workspace authorise the app again."""
    assert sorted(made["oauth_config"]["scopes"]["bot"]) == sorted(SCOPES.split())
    assert set(EVENTS_OF) <= set(SCOPES.split())


def test_the_events_are_those_that_are_handled(made: Any) -> None:
    """Slack tells of messages by the kind of conversation that they are in."""
    subscribed = made["settings"]["event_subscriptions"]["bot_events"]
    handled = {one for one in intake.EVENTS if one != "message"}
    handled |= {f"message.{kind}" for kind in ("channels", "groups", "im", "mpim")}
    assert sorted(subscribed) == sorted(handled)


def test_the_commands_are_those_that_are_handled(made: Any) -> None:
    """A command that Slack does not know cannot be typed."""
    assert {one["command"] for one in made["features"]["slash_commands"]} == set(commands.NAMES)


def test_the_shortcuts_are_those_that_are_handled(made: Any) -> None:
    """Both stand in a message's menu."""
    shortcuts = made["features"]["shortcuts"]
    assert {one["callback_id"] for one in shortcuts} == {ASK_ABOUT, SAVE_ANSWER}
    assert {one["type"] for one in shortcuts} == {"message"}
    assert all(len(one["name"]) <= 24 for one in shortcuts)


def test_everything_that_needs_a_switch_is_on(made: Any) -> None:
    """Buttons, the bot's own messages, the agent view and Socket Mode."""
    features, settings = made["features"], made["settings"]
    assert features["app_home"] == {
        "messages_tab_enabled": True,
        "messages_tab_read_only_enabled": False,
    }
    assert features["agent_view"]["agent_description"]
    assert len(features["agent_view"]["suggested_prompts"]) <= 4
    assert settings["interactivity"] == {"is_enabled": True}
    assert settings["socket_mode_enabled"] is True
    assert settings["token_rotation_enabled"] is False  # the token is set once, and stays
