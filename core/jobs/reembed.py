"""`reembed`: embeds what changed, or builds whole new collections beside the live ones and swaps."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from core.errors import IndexUnavailableError
from core.indexing import Indexing
from core.interfaces import Index
from core.job import JobReport, Progress
from core.ledger.collections import BUILDING, RETIRED, Collection, collections_of
from core.ledger.documents import load_embeddings
from core.ledger.ledger import Ledger
from core.ledger.operations import ALIASES, wanted_ids, wanted_items

log = logging.getLogger(__name__)
KEPT_FOR = timedelta(
    days=7
)  # a retired collection stays so long, to be swapped back, unless `purge` needs it gone
SAMPLE = 20


class Reembed:
    """Keeps every collection on the embedder that is in use. Questions are answered meanwhile."""

    def __init__(
        self, *, ledger: Ledger, index: Index, indexing: Indexing, now: Callable[[], datetime]
    ) -> None:
        """Take what is embedded and where it goes."""
        self._ledger = ledger
        self._index = index
        self._indexing = indexing
        self._now = now

    async def run(self, now: datetime, progress: Progress) -> JobReport:
        """Embed what is stale; rebuild an alias only where the embedder changed."""
        return await self._run(now, progress, afresh=False)

    async def run_afresh(self, now: datetime, progress: Progress) -> JobReport:
        """Build new collections for every alias, whatever the live ones are like."""
        return await self._run(now, progress, afresh=True)

    async def _run(self, now: datetime, progress: Progress, *, afresh: bool) -> JobReport:
        carried = await self._indexing.catch_up(progress)
        swapped = 0
        for alias in ALIASES:
            if afresh or await self._is_unfinished(alias) or not await self._indexing.speaks(alias):
                await self.rebuild(alias, progress)
                swapped += 1
        dropped = await self._drop_old(now)
        figures = {"written": carried, "swapped": swapped, "dropped": dropped}
        if not any(figures.values()):
            return JobReport(summary="Every embedding is up to date.", figures=figures)
        summary = (
            f"{carried} operations carried out, {swapped} collections swapped, {dropped} dropped."
        )
        return JobReport(summary=summary, figures=figures)

    async def _is_unfinished(self, alias: str) -> bool:
        return bool(await self._in_state(alias, BUILDING))

    async def rebuild(self, alias: str, progress: Progress) -> None:
        """Build, check and swap; a former attempt with the same embedder is taken up again."""
        begun = await self._in_state(alias, BUILDING)
        usable = [one for one in begun if one.fingerprint == self._indexing.fingerprint]
        for abandoned in begun:
            if abandoned not in usable[-1:]:
                await self._indexing.drop(abandoned)
        building = usable[-1] if usable else await self._indexing.begin(alias)
        if building.name not in await self._index.collections():
            await self._indexing.drop(building)
            building = await self._indexing.begin(alias)
        await self._indexing.fill(building, progress)
        await self._indexing.catch_up(progress)
        await self._check(building)
        await self._indexing.swap(building)
        log.info("%s now names %s.", alias, building.name)

    async def _check(self, building: Collection) -> None:
        """Raise where the new collection lacks rows, or does not find what is in it."""
        async with self._ledger.reading() as connection:
            wanted = await wanted_ids(connection, building.alias)
            sample = await wanted_items(connection, building.alias, sorted(wanted)[:SAMPLE])
            hashes = [one.hash for one in sample]
            vectors = await load_embeddings(connection, hashes, building.fingerprint)
        lacking = wanted - await self._index.ids(building.name)
        if lacking:
            raise IndexUnavailableError(
                f"{building.name} lacks {len(lacking)} of {len(wanted)} rows, so it was not swapped in."
            )
        for one in sample:
            hits = await self._index.search_dense(
                building.name, vectors[one.hash], audiences=[one.audience_id], limit=SAMPLE
            )
            best = hits[0].score if hits else 0.0
            equal = {hit.id for hit in hits if hit.score >= best - 1e-3}
            # More rows than were asked for may say the same; then any of them will do.
            if one.id not in equal and len(equal) < SAMPLE:
                raise IndexUnavailableError(
                    f"{building.name} does not find its own row {one.id}, so it was not swapped in."
                )

    async def _drop_old(self, now: datetime) -> int:
        dropped = 0
        for alias in ALIASES:
            for one in await self._in_state(alias, RETIRED):
                if one.retired_at is not None and now - one.retired_at > KEPT_FOR:
                    await self._indexing.drop(one)
                    dropped += 1
        return dropped

    async def _in_state(self, alias: str, state: str) -> list[Collection]:
        async with self._ledger.reading() as connection:
            held = await collections_of(connection, alias)
        return [one for one in held if one.state == state]
