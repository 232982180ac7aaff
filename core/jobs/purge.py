"""`purge`: wipes from every file what was deleted since the last time."""

import asyncio
import logging
import shutil
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from core.errors import IndexUnavailableError
from core.indexing import Indexing
from core.job import JobReport, Progress
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
from core.ledger.forgotten import sweep
from core.ledger.ledger import Ledger
from core.ledger.pruning import prune

log = logging.getLogger(__name__)
SET_ASIDE = ".unreadable-"  # in the names of folders that could not be read
PRUNED_AT_ONCE = 1_000  # deliveries of one transaction: new ones wait for it
KEPT_FOR = timedelta(days=1)  # time enough to copy one that somebody wants to look into


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
        index_folder: Path | None,
        keeps: timedelta,
        now: Callable[[], datetime],
    ) -> None:
        """Take what is wiped, and the job that knows how to build a collection anew.

        `index_folder` is where the index lies on this machine; None where it is on a server. For so
        long as it `keeps` what was delivered and handled, a repetition is known as one.
        """
        self._ledger = ledger
        self._indexing = indexing
        self._reembed = reembed
        self._index_folder = index_folder
        self._keeps = keeps
        self._now = now

    async def run(self, now: datetime, progress: Progress) -> JobReport:
        """Wipe what was erased since the last run, and what nothing needs.

        That something awaits wiping stands in the ledger until it is done. Raises `LedgerError` or
        `IndexUnavailableError` where something stands in the way: then it still stands there.
        """
        del now
        delivered = await self._prune()
        pruned = await self._clear()
        async with self._ledger.reading() as connection:
            erased = await erased_since_purge(connection)
        emptied, rewritten = await self._rewrite(erased, progress) if erased else (0, 0)
        if erased:
            progress("Wiping the ledger", 0, None)
            await self._ledger.wipe()
        folders = await self._remove_set_aside()
        if erased:
            async with self._ledger.writing() as connection:
                await note_purge(connection, erased, self._now())
        figures = {
            "answers": emptied,
            "collections": rewritten,
            "deliveries": delivered,
            "embeddings": pruned,
            "folders": folders,
        }
        return JobReport(summary=_summary(figures, wiped=erased is not None), figures=figures)

    async def _prune(self) -> int:
        """Remove what was handled so long ago that nobody delivers it again; return how much that is."""
        removed, before = 0, self._now() - self._keeps
        while True:
            async with self._ledger.writing() as connection:
                portion = await prune(connection, before, PRUNED_AT_ONCE)
            removed += portion
            if portion < PRUNED_AT_ONCE:
                return removed

    async def _clear(self) -> int:
        """Erase what forgotten people left and embeddings that nothing needs; return how many those are.

        What was erased is noted in the same transaction, so that a run that is stopped later is
        made up.
        """
        async with self._ledger.writing() as connection:
            await sweep(connection, self._now())
            held = await collections_of(connection)
            in_use = {one.fingerprint for one in held} | {self._indexing.fingerprint}
            if not await unused_embeddings(connection, in_use):
                return 0
            return await prune_embeddings(connection, in_use, self._now())

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

    async def _remove_set_aside(self) -> int:
        """Remove folders of the index that were set aside for longer than a day; return how many."""
        if self._index_folder is None:
            return 0
        old = [
            one
            for one in set_aside(self._index_folder)
            if self._now() - _set_aside_at(one) > KEPT_FOR
        ]
        for one in old:
            try:
                await asyncio.to_thread(_remove, one)
            except OSError as error:
                raise IndexUnavailableError(
                    f"{one} was set aside and cannot be removed: {error}. Delete it by hand."
                ) from error
            log.info("%s, which was set aside as unreadable, is removed.", one)
        return len(old)


def set_aside(index_folder: Path) -> list[Path]:
    """Return the folders of an index that were set aside as unreadable, oldest first."""
    return sorted(index_folder.parent.glob(f"{index_folder.name}{SET_ASIDE}*"))


def _set_aside_at(path: Path) -> datetime:
    """Return when something was set aside: its name says it, or else the file system."""
    stamp = path.name.rpartition(SET_ASIDE)[2]
    try:
        return datetime.strptime(stamp, "%Y%m%dT%H%M%S.%fZ").replace(tzinfo=UTC)
    except ValueError:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _summary(figures: Mapping[str, int], *, wiped: bool) -> str:
    old = f"{figures['deliveries']} old deliveries removed"
    if not wiped and not figures["folders"]:
        nothing = "Nothing was erased since the last purge"
        return f"{nothing}; {old}." if figures["deliveries"] else f"{nothing}."
    said = [
        f"{figures['answers']} answers emptied",
        f"{figures['collections']} collections rewritten",
        f"{figures['embeddings']} embeddings removed",
        f"{figures['folders']} unreadable folders removed",
        old,
    ]
    return f"{', '.join(said)}{', and the files of the ledger wiped' if wiped else ''}."
