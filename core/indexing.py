"""The road from the ledger to the index: the only place that writes to the index."""

import asyncio
import logging
from collections.abc import Callable, Sequence
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
        for alias in ALIASES:
            live = await self.live(alias)
            if live is None:
                live = await self.begin(alias)
                await self.swap(live)
            elif live.name not in existing:
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
        await self._index.drop(collection.name)
        async with self._ledger.writing() as connection:
            await forget_collection(connection, collection.name)

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
            await self._carry(collection, missing[start : start + BATCH])
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
        embed = (
            self._embedder.embed_questions
            if collection.alias == ANSWERS
            else self._embedder.embed_passages
        )
        made = dict(zip(texts, await embed(list(texts.values())), strict=True))
        async with self._ledger.writing() as connection:
            await save_embeddings(connection, made, self.fingerprint)
        return held | made
