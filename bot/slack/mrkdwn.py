"""Slack's markup, as it comes in: read into the words that people see."""

import re
from collections.abc import Mapping
from html import unescape

from bot.slack.payload import Payload, parts_at, text_at

TOKEN = re.compile(r"<([^<>\n]*)>")
PERSON = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^<>]*)?>")
# "<!here>", "<!channel>", "<!everyone>" and "<!subteam^S012|@group>": several people at once.
SEVERAL = re.compile(r"<!(?:here|channel|everyone|subteam\^)[^<>]*>")


def people_in(text: str) -> list[str]:
    """Return the keys of the people who are mentioned, each once, in order."""
    return list(dict.fromkeys(PERSON.findall(text)))


def calls_others(text: str, bot: str) -> bool:
    """Say whether a text mentions anybody, or any group, but the bot."""
    return any(key != bot for key in people_in(text)) or bool(SEVERAL.search(text))


def plain(text: str, bot: str, names: Mapping[str, str]) -> str:
    """Return a text as people read it: without the bot's mention, names for keys, bare links.

    A link keeps its address where it has no label of its own, and shows both where they differ.
    """
    own = rf"[ \t]*<@{re.escape(bot)}(?:\|[^<>]*)?>[:,]?[ \t]*"
    without = re.sub(own, " ", text) if bot else text
    return unescape(TOKEN.sub(lambda found: _shown(found[1], names), without)).strip()


def _shown(token: str, names: Mapping[str, str]) -> str:
    target, _, label = token.partition("|")
    if target.startswith("@"):
        return "@" + (names.get(target[1:]) or label.removeprefix("@") or target[1:])
    if target.startswith("#"):
        return "#" + (label or target[1:])
    if target.startswith("!"):
        return label or "@" + target[1:].partition("^")[0]
    address = target.removeprefix("mailto:").removeprefix("tel:")
    if not label or label == address or address.endswith(label):
        return address
    return f"{label} ({address})"


def text_of(message: Payload) -> str:
    """Return a message's text in Slack's markup; of one made of blocks alone, the blocks' text."""
    text = text_at(message, "text")
    if text:
        return text
    read = (text_at(block, "text", "text") for block in parts_at(message, "blocks"))
    return "\n".join(one for one in read if one)
