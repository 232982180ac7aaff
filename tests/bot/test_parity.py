"""Parity: what one platform can do and another cannot must have a reason, in one place."""

import pytest

from bot.adapter import Capability
from bot.room.adapter import CAPABILITIES as ROOM
from bot.terminal.adapter import CAPABILITIES as TERMINAL

EXEMPT = {
    "room": {
        Capability.MENTION: "everything in the room is meant for the bot unless a person is named",
        Capability.DIRECT: "the room is one public conversation",
    },
    "terminal": {
        Capability.MENTION: "there is nobody else who could be meant",
        Capability.REACTION: "a line of text is not a message that an emoji can stand on",
        Capability.SOURCE_PAGE: "the breadcrumb names the page",
        Capability.EDIT: "what was typed has scrolled by",
        Capability.DELETE: "what was typed has scrolled by",
        Capability.HISTORY: "the terminal itself keeps it",
        Capability.LEARNED: "`python -m bot rerank` and the room show it",
    },
}
PLATFORMS = {"room": ROOM, "terminal": TERMINAL}


@pytest.mark.parametrize("platform", PLATFORMS)
def test_every_missing_capability_has_a_reason(platform: str) -> None:
    """A platform lacks just what the list of exemptions says, and each with a reason."""
    missing = frozenset(Capability) - PLATFORMS[platform]
    assert missing == set(EXEMPT[platform])
    assert all(EXEMPT[platform].values())
