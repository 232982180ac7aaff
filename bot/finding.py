"""What was found of one part of the bot, and what to do about it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """How one part is; `advice` says what to do, and is empty where nothing needs doing."""

    part: str
    well: bool
    said: str
    advice: str = ""
