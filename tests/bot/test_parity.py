"""Parity: what one platform can do and another cannot must have a reason, in one place."""

import pytest

from bot.adapter import Capability
from bot.room.adapter import CAPABILITIES as ROOM
from bot.slack.adapter import CAPABILITIES as SLACK
from bot.terminal.adapter import CAPABILITIES as TERMINAL

EXEMPT = {
    "room": {
        Capability.MENTION: "everything in the room is meant for the bot unless a person is named",
        Capability.DIRECT: "the room is one public conversation",
        Capability.PRIVATE_ANSWER: "everybody in the room sees everything",
        Capability.SHARE: "everybody in the room sees everything",
        Capability.DRAFT: "there is no place in the room that only moderators see",
        Capability.SHORTCUT: "a message has buttons of its own",
        Capability.SAVE: "what people write under an answer is its correction",
        Capability.HOME: "the room greets with questions of its own",
        Capability.SWEEP: "nothing happens in the room while the bot is away",
    },
    "terminal": {
        Capability.MENTION: "there is nobody else who could be meant",
        Capability.REACTION: "a line of text is not a message that an emoji can stand on",
        Capability.SOURCE_PAGE: "the breadcrumb names the page",
        Capability.EDIT: "what was typed has scrolled by",
        Capability.DELETE: "what was typed has scrolled by",
        Capability.HISTORY: "the terminal itself keeps it",
        Capability.LEARNED: "`python -m bot rerank` and the room show it",
        Capability.MODE: "one person talks with the bot, and is always answered",
        Capability.SILENCE: "one person talks with the bot, and is always answered",
        Capability.PRIVATE_ANSWER: "nobody else reads along",
        Capability.SHARE: "nobody else reads along",
        Capability.DRAFT: "nobody else reads along",
        Capability.SHORTCUT: "a line of text has no menu",
        Capability.SAVE: "there are no messages of others to be saved",
        Capability.HOME: "the greeting says how it is used",
        Capability.SWEEP: "nothing happens in a terminal while the bot is away",
    },
    "slack": {
        Capability.SOURCE_PAGE: "a source's link leads to the page where it is kept",
        Capability.HISTORY: "Slack itself keeps it",
        Capability.LEARNED: "`python -m bot rerank` and the room show it",
    },
}
PLATFORMS = {"room": ROOM, "terminal": TERMINAL, "slack": SLACK}


@pytest.mark.parametrize("platform", PLATFORMS)
def test_every_missing_capability_has_a_reason(platform: str) -> None:
    """A platform lacks just what the list of exemptions says, and each with a reason."""
    missing = frozenset(Capability) - PLATFORMS[platform]
    assert missing == set(EXEMPT[platform])
    assert all(EXEMPT[platform].values())
