"""`refresh`: reads the sources again and withdraws learned answers whose source changed."""

from collections.abc import Callable, Sequence
from datetime import datetime

from core.indexing import Indexing
from core.ingestion import Ingestion
from core.interfaces import Source
from core.job import JobReport, Progress
from core.ledger.ledger import Ledger
from core.ledger.withdrawing import withdraw


class Refresh:
    """Keeps the documents the same as their sources."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        ingestion: Ingestion,
        indexing: Indexing,
        sources: Sequence[Source],
        now: Callable[[], datetime],
    ) -> None:
        """Take the sources that plugins registered."""
        self._ledger = ledger
        self._ingestion = ingestion
        self._indexing = indexing
        self._sources = sources
        self._now = now

    async def run(self, now: datetime, progress: Progress) -> JobReport:
        """Read every source that can be read, then make stale what rests on passages that are gone."""
        del now
        summaries = await self._ingestion.ingest_all(self._sources, progress)
        withdrawn = sum(one.withdrawn for one in summaries) + await self.withdraw()
        figures = {
            "new": sum(one.new for one in summaries),
            "changed": sum(one.changed for one in summaries),
            "removed": sum(one.removed for one in summaries),
            "failed": sum(len(one.failed) for one in summaries),
            "withdrawn": withdrawn,
        }
        told = ", ".join(f"{count} {what}" for what, count in figures.items())
        return JobReport(summary=f"{len(summaries)} sources read: {told}.", figures=figures)

    async def withdraw(self) -> int:
        """Make stale what cites what no longer stands, wherever that was overlooked; return how many.

        Whatever changes a document does it at once, in the same transaction.
        """
        async with self._ledger.writing() as connection:
            stale = await withdraw(connection, self._now())
        await self._indexing.catch_up()
        return len(stale)
