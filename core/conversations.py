"""How the bot takes part in a conversation, as people set it: its mode, and silence."""

from collections.abc import Callable, Collection
from datetime import datetime

from core.errors import TavernkeepError
from core.ledger.ledger import Ledger
from core.ledger.modes import lift_silence, set_mode, silence, standing_mode
from core.ledger.runs import note
from core.messages import Conversation, Person
from core.modes import Mode

DIRECT = (
    "Between the two of us I always answer; modes and silence are for conversations of several."
)
NOT_YOURS = "Only a curator may change the mode here: whoever `learning.curators` names."


class Conversations:
    """Reads and sets how the bot takes part; who did is noted in the audit log."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        default: Mode,
        curators: Collection[str],
        now: Callable[[], datetime],
    ) -> None:
        """Take the mode of conversations without one, and who may change modes: all, if no curator."""
        self._ledger = ledger
        self._default = default
        self._curators = frozenset(curators)
        self._now = now

    async def mode(self, conversation: Conversation) -> tuple[Mode, bool]:
        """Return the mode that holds in a conversation, and whether the bot is silenced there."""
        async with self._ledger.reading() as connection:
            mode, silenced = await standing_mode(connection, conversation.id)
        return mode or self._default, silenced

    async def set_mode(self, conversation: Conversation, mode: Mode, by: Person) -> None:
        """Set the mode; raise `TavernkeepError` in a direct conversation, and for who may not."""
        _refuse_direct(conversation)
        if self._curators and by.id not in self._curators:
            raise TavernkeepError(NOT_YOURS)
        async with self._ledger.writing() as connection:
            now = self._now()
            await set_mode(connection, conversation, mode, now)
            subject = f"{conversation.id} -> {mode.value}"
            await note(connection, by=by.id, action="set mode", subject=subject, now=now)

    async def silence(self, conversation: Conversation, silent: bool, by: Person) -> bool:
        """Silence the bot or let it speak; return False where nothing changes.

        Raises `TavernkeepError` in a direct conversation.
        """
        _refuse_direct(conversation)
        async with self._ledger.writing() as connection:
            now = self._now()
            changed = (
                await silence(connection, conversation, now)
                if silent
                else await lift_silence(connection, conversation)
            )
            action = "silence" if silent else "lift silence"
            await note(connection, by=by.id, action=action, subject=conversation.id, now=now)
        return changed


def _refuse_direct(conversation: Conversation) -> None:
    if conversation.direct:
        raise TavernkeepError(DIRECT)
