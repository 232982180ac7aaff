"""`reconcile`: compares ledger and index, and heals the index."""

from datetime import datetime

from core.indexing import Indexing
from core.job import JobReport, Progress


class Reconcile:
    """Makes the index hold just what the ledger says."""

    def __init__(self, *, indexing: Indexing) -> None:
        """Take the road to the index."""
        self._indexing = indexing

    async def run(self, now: datetime, progress: Progress) -> JobReport:
        """Carry out what is queued, compare the rows, and write or remove what differs."""
        del now
        await self._indexing.prepare()
        carried = await self._indexing.catch_up(progress)
        put_right = await self._indexing.heal(progress)
        missing = sum(one.missing for one in put_right)
        strangers = sum(one.strangers for one in put_right)
        changed = sum(one.changed for one in put_right)
        figures = {
            "carried": carried,
            "missing": missing,
            "strangers": strangers,
            "changed": changed,
        }
        summary = (
            f"{missing} missing rows written, {strangers} strangers removed, {changed} put right."
            if missing or strangers or changed
            else "Ledger and index hold the same."
        )
        return JobReport(summary=summary, figures=figures)
