"""The road from the ledger to the index: the only place that writes to the index."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime

from core.collections import ALONE, Collections
from core.embedding import Vectors
from core.interfaces import Embedder, Index
from core.items import IndexItem
from core.job import Progress
from core.ledger.collections import BUILDING, Collection
from core.ledger.documents import load_embeddings, save_embeddings
from core.ledger.ledger import Ledger
from core.ledger.operations import (
    ALIASES,
    ANSWERS,
    WantedItem,
    done,
    queued,
    wanted_items,
    wanted_rows,
)
from core.pipeline import ahead
from core.space import Space
from core.terms import terms_of

log = logging.getLogger(__name__)
BATCH = 256
MANY = 1_000  # rows that are written in bulk


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How far an alias of the index is from the ledger, in rows.

    `changed` ones are there, and other people may read them than the index says.
    """

    alias: str
    missing: int = 0
    strangers: int = 0
    changed: int = 0

    @property
    def total(self) -> int:
        """How many rows differ."""
        return self.missing + self.strangers + self.changed


class Indexing(Collections):
    """Keeps the index the same as the ledger. One pass runs at a time, among all processes."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        index: Index,
        embedder: Embedder,
        now: Callable[[], datetime],
        space: Space | None = None,
    ) -> None:
        """Take what it carries between; where `space` lacks, nothing is written."""
        super().__init__(ledger=ledger, index=index, embedder=embedder, now=now)
        self.space = space or Space()

    def hindrance(self) -> str | None:
        """Return the sentence on why the index may lack something, or None."""
        rebuilding = "It is being rebuilt from the ledger." if self.behind else None
        return self.space.trouble or rebuilding

    async def remember(self, questions: Mapping[str, str]) -> None:
        """Embed questions, given as content hash to text, and keep their vectors in the ledger."""
        if questions:
            await self._embed(ANSWERS, questions)

    async def catch_up(self, progress: Progress | None = None) -> int:
        """Carry out every queued operation and return how many there were.

        Raises `NoSpaceError` or `IndexUnavailableError` where it cannot go on; what is left stays
        queued.
        """
        carried = 0
        while batch := await self._next():
            carried += batch
            if progress:
                progress("index", carried, None)
        return carried

    async def _next(self) -> int:
        """Carry out the oldest operations and return how many."""
        self.space.check()
        async with self._ledger.alone(ALONE):
            async with self._ledger.reading() as connection:
                batch = await queued(connection, BATCH)
            if not batch:
                return 0
            for alias in {one.alias for one in batch}:
                ids = list({one.item_id for one in batch if one.alias == alias})
                for collection in await self._written(alias):
                    await self._carry(collection, ids)
            async with self._ledger.writing() as connection:
                await done(connection, batch)
        return len(batch)

    async def fill(self, collection: Collection, progress: Progress) -> Difference:
        """Bring a collection to hold just what its alias should; return what was put right.

        It can be stopped anywhere and called again: what is there is not written twice.
        """
        differing, difference = await self._compared(collection.alias, collection.name)
        many, written = len(differing) > MANY, 0
        async with aclosing(ahead(self._embedded(collection, differing))) as batches:
            async for batch in batches:
                self.space.check()
                async with self._ledger.alone(ALONE):
                    await self._carry(collection, batch, bulk=many)
                written += len(batch)
                progress(collection.alias, written, len(differing))
        if many and collection.state == BUILDING:  # nobody searches it yet
            await self._index.settle(collection.name)
        return difference

    async def _embedded(
        self, collection: Collection, ids: Sequence[str]
    ) -> AsyncGenerator[Sequence[str], None]:
        """Yield the ids in batches, each once its vectors are in the ledger: the slow part."""
        for start in range(0, len(ids), BATCH):
            batch = ids[start : start + BATCH]
            async with self._ledger.reading() as connection:
                items = await wanted_items(connection, collection.alias, batch)
            await self._vectors(collection, items)
            yield batch

    async def compare(self) -> list[Difference]:
        """Return how far every alias is from the ledger, without changing anything."""
        return [(await self._compared(alias, alias))[1] for alias in ALIASES]

    async def heal(self, progress: Progress) -> list[Difference]:
        """Put right what differs in the live collections, and return what that was."""
        put_right = []
        for alias in ALIASES:
            live = await self.live(alias)
            if live is not None:
                put_right.append(await self.fill(live, progress))
        self.behind = False
        return put_right

    async def _compared(self, alias: str, collection: str) -> tuple[list[str], Difference]:
        """Return the ids of the rows that differ from the ledger's, and how many of each kind."""
        async with self._ledger.reading() as connection:
            wanted = await wanted_rows(connection, alias)
        held = await self._index.rows(collection)
        return await asyncio.to_thread(_difference, alias, wanted, held)

    async def _carry(
        self, collection: Collection, ids: Sequence[str], *, bulk: bool = False
    ) -> None:
        async with self._ledger.reading() as connection:
            wanted = await wanted_items(connection, collection.alias, ids)
        vectors = await self._vectors(collection, wanted)
        items = await asyncio.to_thread(_rows_of, wanted, vectors)
        await self._index.delete(collection.name, sorted({*ids} - {one.id for one in wanted}))
        await self._index.upsert(collection.name, items, bulk=bulk)

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


def _rows_of(wanted: Sequence[WantedItem], vectors: Mapping[str, Vectors]) -> list[IndexItem]:
    """Return the index's rows for items; those without a vector are left out."""
    return [
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


def _difference(
    alias: str, wanted: Mapping[str, int], held: Mapping[str, int]
) -> tuple[list[str], Difference]:
    """Return the ids of the rows that differ, in order, and how many of each kind."""
    missing, strangers = wanted.keys() - held.keys(), held.keys() - wanted.keys()
    changed = {id_ for id_, audience in wanted.items() if held.get(id_, audience) != audience}
    difference = Difference(
        alias=alias, missing=len(missing), strangers=len(strangers), changed=len(changed)
    )
    return sorted(missing | strangers | changed), difference
