"""Labels: what a link says of where it leads, told as it is. Pure."""

import re
from urllib.parse import urlsplit

NAMED = re.compile(r"(?:[\w-]+\.)+[a-z]{2,}", re.IGNORECASE)


def honest(found: re.Match[str]) -> str:
    """Return a link that `bot.card.LINK` found as it is, unless its label names another place."""
    label, url = found.group(1), found.group(2)
    host, path = _place(url)
    named = {one.lower() for one in NAMED.findall(label)}
    # A file's name looks like a place, too; it is one that the address leads to.
    if all(one in {host, f"www.{host}"} or one in path for one in named):
        return found.group()
    return f"{label} ([{host or 'link'}]({url}))"


def _place(url: str) -> tuple[str, str]:
    """Return an address's host and path, in small letters."""
    try:
        parts = urlsplit(url)
        return (parts.hostname or "").lower(), parts.path.lower()
    except ValueError:  # a host that no browser would go to either
        return "", ""
