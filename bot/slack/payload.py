"""Payloads: what Slack sends, read without trust in its shape."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeAlias

Payload: TypeAlias = Mapping[str, Any]
PLATFORM = "slack"
NOTHING: Payload = {}


def text_at(payload: Payload, *path: str) -> str:
    """Return the text at a path into nested objects; nothing where there is none."""
    held: Any = payload
    for step in path:
        held = held.get(step) if isinstance(held, Mapping) else None
    return held if isinstance(held, str) else ""


def part_at(payload: Payload, *path: str) -> Payload:
    """Return the object at a path into nested objects; an empty one where there is none."""
    held: Any = payload
    for step in path:
        held = held.get(step) if isinstance(held, Mapping) else None
    return held if isinstance(held, Mapping) else NOTHING


def parts_at(payload: Payload, key: str) -> list[Payload]:
    """Return the objects of a list; none where there is no list."""
    held = payload.get(key)
    return [one for one in held if isinstance(one, Mapping)] if isinstance(held, list) else []


def instant(ts: str) -> datetime | None:
    """Return when a timestamp of Slack's is, such as "1730984822.596869"; None where it is none."""
    seconds, _, fraction = ts.partition(".")
    if not (seconds.isascii() and seconds.isdigit() and len(seconds) <= 11):
        return None
    micro = fraction[:6].ljust(6, "0")
    if not (micro.isascii() and micro.isdigit()):
        return None
    return datetime.fromtimestamp(int(seconds), UTC).replace(microsecond=int(micro))
