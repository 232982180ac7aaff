"""The road from the ledger to the index: the only place that writes to the index."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime

from core.embedding import Vectors
from core.interfaces import Embedder, Index, Progress
from core.items import IndexItem
from core.ledger.collections import (
    BUILDING,
    LIVE,
    RETIRED,
    Collection,
    add_collection,
    collections_of,
    forget_collection,
    make_live,
)
from core.ledger.documents import load_embeddings, save_embeddings
from core.ledger.ledger import Ledger
from core.ledger.operations import (
    ALIASES,
    ANSWERS,
    WantedItem,
    done,
    queue,
    queued,
    wanted_ids,
    wanted_items,
)
from core.terms import terms_of

log = logging.getLogger(__name__)
BATCH = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How far an alias of the index is from the ledger, in rows."""

    alias: str
    missing: int
    strangers: int


class Indexing:
    """Keeps the index the same as the ledger. One pass runs at a time."""

    def __init__(
        self, *, ledger: Ledger, index: Index, embedder: Embedder, now: Callable[[], datetime]
    ) -> None:
        """Take what it carries between."""
        self._ledger = ledger
        self._index = index
        self._embedder = embedder
        self._now = now
        self._lock = asyncio.Lock()

    @property
    def fingerprint(self) -> str:
        """The fingerprint that new embeddings carry."""
        return self._embedder.description.fingerprint

    async def prepare(self) -> None:
        """Make sure that every alias names a collection that exists."""
        existing = set(await self._index.collections())
        await self._forget_lost(existing)
        for alias in ALIASES:
            live = await self.live(alias)
            lost = live is not None and live.name not in existing
            if live is None or (lost and live.fingerprint != self.fingerprint):
                live = await self.begin(alias)
                await self.swap(live)
            elif lost:
                await self._index.create(live.name, self._embedder.description.dimension)
            if await self._index.pointed(alias) != live.name:
                await self._index.point(alias, live.name)

    async def live(self, alias: str) -> Collection | None:
        """Return the collection that an alias names, or None before the first start."""
        async with self._ledger.reading() as connection:
            held = await collections_of(connection, alias)
        return next((one for one in held if one.state == LIVE), None)

    async def speaks(self, alias: str) -> bool:
        """Say whether the live collection was made with the embedder that is in use."""
        live = await self.live(alias)
        return live is not None and live.fingerprint == self.fingerprint

    async def begin(self, alias: str) -> Collection:
        """Make an empty collection beside the live one, to be filled and swapped in."""
        now = self._now()
        name = f"{alias}_{self.fingerprint}_{now:%Y%m%d%H%M%S%f}"
        async with self._ledger.writing() as connection:
            await add_collection(
                connection,
                name=name,
                alias=alias,
                fingerprint=self.fingerprint,
                state=BUILDING,
                now=now,
            )
        await self._index.create(name, self._embedder.description.dimension)
        return Collection(
            name=name,
            alias=alias,
            fingerprint=self.fingerprint,
            state=BUILDING,
            made_at=now,
            retired_at=None,
        )

    async def swap(self, collection: Collection) -> None:
        """Let the alias name this collection; the former one stays until it is dropped."""
        await self._index.flush(collection.name)
        await self._index.point(collection.alias, collection.name)
        async with self._ledger.writing() as connection:
            await make_live(connection, collection.name, collection.alias, self._now())

    async def drop(self, collection: Collection) -> None:
        """Remove a retired or abandoned collection."""
        async with self._lock:  # so that no pass is writing to it
            await self._index.drop(collection.name)
            async with self._ledger.writing() as connection:
                await forget_collection(connection, collection.name)

    async def remember(self, questions: Mapping[str, str]) -> None:
        """Embed questions, given as content hash to text, and keep their vectors in the ledger."""
        if questions:
            await self._embed(ANSWERS, questions)

    async def catch_up(self, progress: Progress | None = None) -> int:
        """Carry out every queued operation and return how many there were."""
        carried = 0
        async with self._lock:
            while True:
                async with self._ledger.reading() as connection:
                    batch = await queued(connection, BATCH)
                if not batch:
                    return carried
                for alias in {one.alias for one in batch}:
                    ids = list({one.item_id for one in batch if one.alias == alias})
                    for collection in await self._written(alias):
                        await self._carry(collection, ids)
                async with self._ledger.writing() as connection:
                    await done(connection, batch)
                carried += len(batch)
                if progress:
                    progress("index", carried, None)

    async def fill(self, collection: Collection, progress: Progress) -> int:
        """Bring a collection to hold just what its alias should; return how many rows were written.

        It can be stopped anywhere and called again: what is there is not written twice.
        """
        async with self._ledger.reading() as connection:
            wanted = await wanted_ids(connection, collection.alias)
        held = await self._index.ids(collection.name)
        missing, strangers = sorted(wanted - held), sorted(held - wanted)
        await self._index.delete(collection.name, strangers)
        for start in range(0, len(missing), BATCH):
            batch = missing[start : start + BATCH]
            async with self._ledger.reading() as connection:
                items = await wanted_items(connection, collection.alias, batch)
            await self._vectors(collection, items)  # the slow part, beside other passes
            async with self._lock:
                await self._carry(collection, batch)
            progress(collection.alias, min(start + BATCH, len(missing)), len(missing))
        return len(missing)

    async def compare(self) -> list[Difference]:
        """Compare every alias with the ledger by its ids, and queue what differs."""
        differences = []
        for alias in ALIASES:
            async with self._ledger.reading() as connection:
                wanted = await wanted_ids(connection, alias)
            held = await self._index.ids(alias)
            different = sorted(wanted ^ held)
            if different:
                async with self._ledger.writing() as connection:
                    await queue(connection, alias, different, self._now())
            differences.append(
                Difference(alias=alias, missing=len(wanted - held), strangers=len(held - wanted))
            )
        return differences

    async def _written(self, alias: str) -> list[Collection]:
        async with self._ledger.reading() as connection:
            held = await collections_of(connection, alias)
        return [one for one in held if one.state != RETIRED]

    async def _carry(self, collection: Collection, ids: Sequence[str]) -> None:
        async with self._ledger.reading() as connection:
            wanted = await wanted_items(connection, collection.alias, ids)
        vectors = await self._vectors(collection, wanted)
        items = [
            IndexItem(
                id=one.id,
                owner=one.owner,
                audience=one.audience_id,
                terms=" ".join(terms_of(one.text)),
                vector=vectors[one.hash],
            )
            for one in wanted
            if one.hash in vectors
        ]
        await self._index.delete(collection.name, sorted({*ids} - {one.id for one in wanted}))
        await self._index.upsert(collection.name, items)

    async def _vectors(
        self, collection: Collection, wanted: Sequence[WantedItem]
    ) -> dict[str, Vectors]:
        async with self._ledger.reading() as connection:
            held = await load_embeddings(
                connection, [one.hash for one in wanted], collection.fingerprint
            )
        texts = {one.hash: one.text for one in wanted if one.hash not in held}
        if not texts or collection.fingerprint != self.fingerprint:
            return held
        return held | await self._embed(collection.alias, texts)

    async def _embed(self, alias: str, texts: Mapping[str, str]) -> dict[str, Vectors]:
        embedder = self._embedder
        embed = embedder.embed_questions if alias == ANSWERS else embedder.embed_passages
        made = dict(zip(texts, await embed(list(texts.values())), strict=True))
        async with self._ledger.writing() as connection:
            await save_embeddings(connection, made, self.fingerprint)
        return made

    async def _forget_lost(self, existing: AbstractSet[str]) -> None:
        """Forget collections beside the live ones that were never made, or that went with the folder.

        Left in the ledger, an unfinished one would be written to, in vain, on every pass.
        """
        async with self._ledger.reading() as connection:
            known = await collections_of(connection)
        lost = [one.name for one in known if one.state != LIVE and one.name not in existing]
        async with self._ledger.writing() as connection:
            for name in lost:
                await forget_collection(connection, name)
