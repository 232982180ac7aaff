"""How the bot takes part in a conversation, and what is known of one when a message comes. Pure."""

from dataclasses import dataclass
from enum import StrEnum


class Mode(StrEnum):
    """How the bot takes part in a conversation of several people."""

    OFF = "off"
    MENTION = "mention"
    SUGGEST = "suggest"
    DRAFT = "draft"
    AUTO = "auto"

    @property
    def meaning(self) -> str:
        """What the bot does in this mode, for people."""
        return MEANINGS[self]


MEANINGS = {
    Mode.OFF: "I answer nobody here; commands still work",
    Mode.MENTION: "I answer who mentions me, and their follow-ups in the thread",
    Mode.SUGGEST: "I show my answer to the one who asked, alone, who may share it",
    Mode.DRAFT: "I hand my answer to the moderators, who publish, edit or dismiss it",
    Mode.AUTO: "as `mention`; besides, I answer questions to everybody when I am sure of the answer",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the ledger knows of a message's conversation and thread, as the message came.

    `silenced` is said of either. `inside` says that the bot has answered in the thread; `last_to`
    is the id of the person whom it answered last, where nobody but the message's writer has written
    since; `unasked` is how many turns it took there without having been addressed.
    """

    mode: Mode
    silenced: bool = False
    inside: bool = False
    last_to: str | None = None
    unasked: int = 0
