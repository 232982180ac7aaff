"""`purge`: wipes from every file what was deleted since the last time."""

from collections.abc import Callable
from datetime import datetime

from core.indexing import Indexing
from core.interfaces import JobReport, Progress
from core.jobs.reembed import Reembed
from core.ledger.collections import RETIRED, collections_of
from core.ledger.erasure import (
    Erasures,
    erased_since_purge,
    forget_removed_documents,
    note_purge,
    prune_embeddings,
    unused_embeddings,
)
from core.ledger.ledger import Ledger


class Purge:
    """Turns "hidden" into "gone". Questions are answered meanwhile.

    Databases keep deleted text in their files: Milvus Lite until a collection is written anew,
    SQLite in its log. A run that is stopped anywhere is made up by the next one.
    """

    def __init__(
        self,
        *,
        ledger: Ledger,
        indexing: Indexing,
        reembed: Reembed,
        now: Callable[[], datetime],
    ) -> None:
        """Take what is wiped, and the job that knows how to build a collection anew."""
        self._ledger = ledger
        self._indexing = indexing
        self._reembed = reembed
        self._now = now

    async def run(self, now: datetime, progress: Progress) -> JobReport:
        """Wipe what was erased since the last run and the embeddings that nothing needs."""
        del now
        async with self._ledger.reading() as connection:
            erased = await erased_since_purge(connection)
        emptied, rewritten = await self._rewrite(erased, progress) if erased else (0, 0)
        pruned = await self._prune()
        figures = {"answers": emptied, "collections": rewritten, "embeddings": pruned}
        if not erased and not pruned:
            return JobReport(summary="Nothing was erased since the last purge.", figures=figures)
        progress("Wiping the ledger", 0, None)
        await self._ledger.wipe()
        if erased:
            async with self._ledger.writing() as connection:
                await note_purge(connection, erased, self._now())
        summary = (
            f"{emptied} answers emptied, {rewritten} collections rewritten, "
            f"{pruned} embeddings removed, and the files wiped."
        )
        return JobReport(summary=summary, figures=figures)

    async def _rewrite(self, erased: Erasures, progress: Progress) -> tuple[int, int]:
        """Empty the answers that quote removed documents, and write anew the collections concerned."""
        async with self._ledger.writing() as connection:
            emptied = await forget_removed_documents(connection, self._now())
        await self._indexing.catch_up(progress)
        for alias in sorted(erased.aliases):
            await self._reembed.rebuild(alias, progress)
        async with self._ledger.reading() as connection:
            held = await collections_of(connection)
        for one in held:
            if one.state == RETIRED:  # it still holds what was erased, so it cannot be kept
                await self._indexing.drop(one)
        return emptied, len(erased.aliases)

    async def _prune(self) -> int:
        async with self._ledger.reading() as connection:
            held = await collections_of(connection)
            in_use = {one.fingerprint for one in held} | {self._indexing.fingerprint}
            if not await unused_embeddings(connection, in_use):
                return 0
        async with self._ledger.writing() as connection:
            return await prune_embeddings(connection, in_use)
