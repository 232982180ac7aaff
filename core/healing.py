"""Healing: bringing the index back to what the ledger says, while the bot goes on serving."""

import asyncio
import logging

from core.errors import IndexUnavailableError, LedgerError, NoSpaceError
from core.indexing import Difference, Indexing
from core.interfaces import Index
from core.job import Progress

log = logging.getLogger(__name__)
PAUSE = 2.0
LONGEST_PAUSE = 60.0


class Healing:
    """Looks after the index: catches up when it was away, and rebuilds what cannot be used."""

    def __init__(self, *, indexing: Indexing, index: Index, pause: float = PAUSE) -> None:
        """Take what is healed; it is looked at every `pause` seconds."""
        self._indexing = indexing
        self._index = index
        self._pause = pause

    async def heal(self, progress: Progress) -> tuple[int, list[Difference]]:
        """Put everything right; return how many operations were queued, and what differed beside.

        Raises `IndexUnavailableError`, `NoSpaceError` or `LedgerError` where it cannot go on.
        """
        await self._indexing.prepare()
        carried = await self._indexing.catch_up(progress)
        return carried, await self._indexing.heal(progress)

    async def tend(self) -> None:
        """Heal whenever there is need, until cancelled; what fails is tried again, ever more rarely."""
        needed, pause = self._indexing.behind, self._pause
        while True:
            await asyncio.sleep(pause)
            trouble = self._index.trouble or self._indexing.space.trouble
            if trouble is not None:
                if not needed:
                    log.warning("%s", trouble)
                needed = True
            elif needed or self._indexing.behind:
                needed = not await self._healed()
            pause = min(2 * pause, LONGEST_PAUSE) if needed and trouble is None else self._pause

    async def _healed(self) -> bool:
        log.info("The index is compared with the ledger.")
        try:
            carried, put_right = await self.heal(_silent)
        except (IndexUnavailableError, NoSpaceError, LedgerError) as error:
            log.warning("The index could not be brought up to date: %s", error)
            return False
        differed = sum(one.total for one in put_right)
        log.info("The index is up to date: %d rows were put right.", carried + differed)
        return True


def _silent(what: str, done: int, total: int | None) -> None:
    """Show no progress, for nobody waits."""
