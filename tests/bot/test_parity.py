"""Parity: what one platform can do and another cannot must have a reason, in one place."""

from pathlib import Path

import pytest

from bot.adapter import Capability
from bot.discord.adapter import CAPABILITIES as DISCORD
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
        Capability.SILENCE: "everything in the room is meant for the bot, and silence spares what is",
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
    "discord": {
        Capability.SOURCE_PAGE: "a source's link leads to the page where it is kept",
        Capability.HISTORY: "Discord itself keeps it",
        Capability.LEARNED: "`python -m bot rerank` and the room show it",
        Capability.HOME: "Discord gives a bot no place of its own beside its direct messages",
    },
}
PLATFORMS = {"room": ROOM, "terminal": TERMINAL, "slack": SLACK, "discord": DISCORD}


@pytest.mark.parametrize("platform", PLATFORMS)
def test_every_missing_capability_has_a_reason(platform: str) -> None:
    """A platform lacks just what the list of exemptions says, and each with a reason."""
    missing = frozenset(Capability) - PLATFORMS[platform]
    assert missing == set(EXEMPT[platform])
    assert all(EXEMPT[platform].values())


# What the main README says of each capability, in its order there.
MEANINGS = {
    Capability.MENTION: "ask by mentioning it",
    Capability.DIRECT: "ask it where nobody else reads",
    Capability.COMMAND: "its commands: help, sources, mode, forget …",
    Capability.THREAD_FOLLOW_UP: "ask on without mentioning it again",
    Capability.SHORTCUT: "ask about a message by its menu",
    Capability.PRIVATE_ANSWER: "answers for your eyes only",
    Capability.SHARE: "share such an answer with all",
    Capability.STATUS: "see what it does meanwhile",
    Capability.STREAMING: "read the words as they come",
    Capability.CITATION: "sources below each answer",
    Capability.SOURCE_PAGE: "the source's page with the quoted words marked",
    Capability.REACTION: "👍 and 👎 by emoji",
    Capability.BUTTON: "“Helpful” and “Not helpful”, and taking it back or changing it",
    Capability.REASON: "say what was wrong",
    Capability.CORRECTION: "write the better answer",
    Capability.AFRESH: "have a stored answer passed over, and the sources asked afresh",
    Capability.SAVE: "keep what a colleague wrote as an answer",
    Capability.EDIT: "edit the question and get another answer",
    Capability.DELETE: "delete a message and what was learned from it",
    Capability.MODE: "choose when it answers",
    Capability.SILENCE: "silence it",
    Capability.DRAFT: "answers that moderators publish, edit or dismiss",
    Capability.HOME: "a page of its own that suggests questions",
    Capability.HISTORY: "the whole conversation after a restart",
    Capability.LEARNED: "what it has learned, at a glance",
    Capability.SWEEP: "what happened while it was away counts afterwards",
}
TITLES = {"slack": "Slack", "discord": "Discord", "room": "room", "terminal": "terminal"}


def parity_table() -> str:
    """Return the table of all platforms, as Markdown."""
    lines = [f"| | {' | '.join(TITLES.values())} |", "|---|" + ":-:|" * len(TITLES)]
    for capability, meaning in MEANINGS.items():
        cells = ["✓" if capability in PLATFORMS[one] else "–" for one in TITLES]
        lines.append(f"| {meaning} | {' | '.join(cells)} |")
    return "\n".join(lines)


def test_the_readme_compares_the_platforms_as_they_are() -> None:
    """Its table is what the lists of capabilities amount to."""
    readme = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
    section = readme.split("## What can people do where?")[1].split("\n## ")[0]
    table = "\n".join(line for line in section.splitlines() if line.startswith("|"))
    assert table == parity_table()
    assert set(MEANINGS) == set(Capability)
    assert set(TITLES) == set(PLATFORMS)
