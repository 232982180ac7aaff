"""Which sources the bot reads, as everyone may know."""

from collections.abc import Sequence

from core.documents import Contents
from core.ledger.documents import contents_of
from core.ledger.ledger import Ledger
from core.ledger.people import readable_numbers


class Sources:
    """Counts what was read, of that alone which everyone in the workspace may read."""

    def __init__(self, ledger: Ledger) -> None:
        """Take the ledger."""
        self._ledger = ledger

    async def readable(self) -> Sequence[Contents]:
        """Return each source that has documents for everyone, by name, with what there is of it."""
        async with self._ledger.reading() as connection:
            return await contents_of(connection, await readable_numbers(connection, frozenset()))
