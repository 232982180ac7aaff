"""Shown: what of an answer stands on a platform already, by the keys of messages."""

from dataclasses import dataclass, field
from typing import Generic, TypeVar

Key = TypeVar("Key")


@dataclass(slots=True, kw_only=True)
class Shown(Generic[Key]):
    """The message with the buttons, those above it by number, open ones, and one that says why not."""

    final: Key | None = None
    parts: dict[int, Key] = field(default_factory=dict)
    unfinished: list[Key] = field(default_factory=list)
    failure: Key | None = None

    def places(self) -> list[Key]:
        """Return the messages of the answer that was looked for, in order."""
        above = [self.parts[number] for number in sorted(self.parts)]
        return list(dict.fromkeys([*above, *([] if self.final is None else [self.final])]))
