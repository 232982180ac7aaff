"""Adapter: what a chat platform must do, and the list of what it can do, for the parity test."""

from enum import StrEnum
from typing import Protocol


class Capability(StrEnum):
    """One thing that people can do on a platform; `tests/bot` compares the platforms by these."""

    MENTION = "mention"
    DIRECT = "direct"
    COMMAND = "command"
    THREAD_FOLLOW_UP = "thread follow-up"
    STREAMING = "streaming"
    STATUS = "status"
    CITATION = "citation"
    SOURCE_PAGE = "source page"
    REACTION = "reaction"
    BUTTON = "button"
    REASON = "reason"
    CORRECTION = "correction"
    AFRESH = "answer afresh"
    EDIT = "edit"
    DELETE = "delete"
    HISTORY = "history"
    LEARNED = "learned"
    MODE = "mode"
    SILENCE = "silence"
    PRIVATE_ANSWER = "private answer"
    SHARE = "share"
    DRAFT = "draft"
    SHORTCUT = "shortcut"
    SAVE = "save"
    HOME = "home"
    SWEEP = "sweep"


class Adapter(Protocol):
    """A chat platform. It translates events once and leaves all else to the assistant."""

    @property
    def platform(self) -> str:
        """The platform's name, the first part of the ids of its people and messages."""
        ...

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What people can do here."""
        ...

    async def start(self) -> None:
        """Connect or listen, and return once people can write; raise `TavernkeepError` if not."""
        ...

    async def stop(self) -> None:
        """Stop taking events, finish or abandon what is under way, and leave no task behind."""
        ...
