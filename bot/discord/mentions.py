"""Discord's markup, as it comes in: read into the words that people see. Pure."""

import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime

PERSON = r"<@!?(\d+)>"
GROUP = r"<@&(\d+)>"
TOKEN = re.compile(
    rf"{PERSON}|{GROUP}|<#(\d+)>|<a?(:\w+:)\d+>|<(/[^<>:]+):\d+>|<t:(-?\d{{1,12}})(?::\w)?>"
    r"|<(https?://[^<>\s]+)>"
)


def plain(text: str, own: Collection[str], names: Mapping[str, str]) -> str:
    """Return a text as people read it: without the bot's mentions, names for keys, bare links.

    `own` are the keys of the bot and of its role; `names` those of people, roles and channels.
    """
    for key in own:
        text = re.sub(rf"[ \t]*<@[!&]?{re.escape(key)}>[:,]?[ \t]*", " ", text)
    return TOKEN.sub(lambda found: _shown(found, names), text).strip()


def _shown(found: re.Match[str], names: Mapping[str, str]) -> str:
    person, group, channel, emoji, command, moment, link = found.groups()
    if channel:
        return f"#{names.get(channel, channel)}"
    if moment:
        return _moment(int(moment)) or found[0]
    if person or group:
        return f"@{names.get(person or group, person or group)}"
    return emoji or command or link or found[0]


def _moment(seconds: int) -> str:
    """Return a time that everybody is shown in their own zone, in UTC; nothing for none that is."""
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"
    except (OverflowError, ValueError, OSError):
        return ""
