"""`reconcile`: compares ledger and index, and heals the index."""

from datetime import datetime

from core.indexing import Indexing
from core.interfaces import JobReport, Progress


class Reconcile:
    """Makes the index hold just what the ledger says."""

    def __init__(self, *, indexing: Indexing) -> None:
        """Take the road to the index."""
        self._indexing = indexing

    async def run(self, now: datetime, progress: Progress) -> JobReport:
        """Carry out what is queued, compare the ids, and write or remove what differs."""
        del now
        await self._indexing.prepare()
        carried = await self._indexing.catch_up(progress)
        differences = await self._indexing.compare()
        await self._indexing.catch_up(progress)
        missing = sum(one.missing for one in differences)
        strangers = sum(one.strangers for one in differences)
        figures = {"carried": carried, "missing": missing, "strangers": strangers}
        summary = (
            f"{missing} missing rows written, {strangers} strangers removed."
            if missing or strangers
            else "Ledger and index hold the same."
        )
        return JobReport(summary=summary, figures=figures)
