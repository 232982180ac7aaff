"""Source -> documents -> passages -> embeddings -> ledger -> index."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from core.documents import Document, Passage, Unreadable, content_hash
from core.embedding import Vectors
from core.errors import SourceError, TavernkeepError
from core.indexing import Indexing
from core.interfaces import Embedder, Source
from core.job import Progress
from core.ledger.documents import (
    load_embeddings,
    remove_document,
    save_document,
    save_embeddings,
    stored_hashes,
)
from core.ledger.ledger import Ledger
from core.pipeline import ahead
from core.splitting import passages_of

log = logging.getLogger(__name__)
PASSAGES_AT_ONCE = 128
Split: TypeAlias = tuple[Document, list[Passage]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What reading a source changed, in documents, and how many passages were embedded for it.

    `withdrawn` counts the learned answers that rested on what changed, and are stale now.
    """

    source: str
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0
    passages: int = 0
    embedded: int = 0
    withdrawn: int = 0
    failed: tuple[Unreadable, ...] = ()

    @property
    def sentence(self) -> str:
        """The figures in one line."""
        return (
            f"{self.new} new, {self.changed} changed, {self.unchanged} unchanged, "
            f"{self.removed} removed, {len(self.failed)} failed; "
            f"{self.passages} passages written, {self.embedded} embedded"
        )


@dataclass(slots=True)
class _Tally:
    """The counts while a source is being read."""

    seen: set[str] = field(default_factory=set)
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    passages: int = 0
    embedded: int = 0
    withdrawn: int = 0
    failed: list[Unreadable] = field(default_factory=list)


class Ingestion:
    """Reads sources. Unchanged documents cost a hash; unchanged passages cost no embedding."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        embedder: Embedder,
        indexing: Indexing,
        now: Callable[[], datetime],
    ) -> None:
        """Take what it reads with and writes to."""
        self._ledger = ledger
        self._embedder = embedder
        self._indexing = indexing
        self._now = now

    async def ingest_all(self, sources: Sequence[Source], progress: Progress) -> list[Summary]:
        """Ingest sources one after the other; one that cannot be read is listed as failed itself."""
        summaries = []
        for source in sources:
            try:
                summaries.append(await self.ingest(source, progress))
            except SourceError as error:
                log.warning("%s", error)
                summaries.append(_unread(source, str(error)))
            except TavernkeepError:
                raise
            except Exception as error:
                log.exception("The source %s failed.", source.name)
                summaries.append(_unread(source, f"The source failed: {error!r}"))
        return summaries

    async def ingest(self, source: Source, progress: Progress) -> Summary:
        """Bring the ledger and the index to what the source holds now; return what changed.

        A document that cannot be read keeps its former version and is listed as failed. Where the
        source itself cannot be read, `SourceError` is raised and nothing is removed.
        """
        async with self._ledger.reading() as connection:
            stored = await stored_hashes(connection, source.name)
        tally = _Tally()
        # Three at once: while one batch is written, the next is embedded and the third is read.
        split = ahead(self._split(source, stored, tally, progress))
        async with aclosing(ahead(self._embedded(split))) as batches:  # also where writing fails
            async for batch, made in batches:
                tally.withdrawn += await self._write(batch, made)
                tally.passages += sum(len(parts) for _, parts in batch)
                tally.embedded += len(made)
        removed = [id_ for id_ in stored if id_ not in tally.seen]
        async with self._ledger.writing() as connection:
            for document_id in removed:
                tally.withdrawn += await remove_document(connection, document_id, self._now())
        await self._indexing.catch_up()
        progress(f"Reading {source.name}", len(tally.seen), len(tally.seen))
        return Summary(
            source=source.name,
            new=tally.new,
            changed=tally.changed,
            unchanged=tally.unchanged,
            removed=len(removed),
            passages=tally.passages,
            embedded=tally.embedded,
            withdrawn=tally.withdrawn,
            failed=tuple(tally.failed),
        )

    async def _changed(
        self, source: Source, stored: dict[str, str], tally: _Tally
    ) -> AsyncGenerator[Document, None]:
        found_there = source.documents()
        try:
            async for found in found_there:
                if isinstance(found, Unreadable):
                    tally.failed.append(found)
                    tally.seen.add(content_hash(source.name, found.uri)[:32])
                elif stored.get(found.id) == self._version(found):
                    tally.unchanged += 1
                    tally.seen.add(found.id)
                elif found.id not in tally.seen:
                    tally.new += found.id not in stored
                    tally.changed += found.id in stored
                    tally.seen.add(found.id)
                    yield found
        finally:
            if isinstance(found_there, AsyncGenerator):  # a plugin may have made another iterator
                await found_there.aclose()

    async def _split(
        self, source: Source, stored: dict[str, str], tally: _Tally, progress: Progress
    ) -> AsyncGenerator[list[Split], None]:
        """Yield what changed, split, in batches that are worth embedding together."""
        count, window = self._embedder.count_tokens, self._embedder.description.window
        batch: list[Split] = []
        async with aclosing(self._changed(source, stored, tally)) as changed:
            async for document in changed:
                parts = await asyncio.to_thread(passages_of, document, count, window)
                batch.append((document, parts))
                progress(f"Reading {source.name}", len(tally.seen), None)
                if sum(len(parts) for _, parts in batch) >= PASSAGES_AT_ONCE:
                    yield batch
                    batch = []
        if batch:
            yield batch

    def _version(self, document: Document) -> str:
        """Return what changes when a document must be split anew: it, or the embedder's window."""
        return content_hash(document.hash, str(self._embedder.description.window))

    async def _embedded(
        self, batches: AsyncGenerator[list[Split], None]
    ) -> AsyncGenerator[tuple[list[Split], dict[str, Vectors]], None]:
        """Yield each batch with a vector for every passage hash that had none."""
        async with aclosing(batches):
            async for batch in batches:
                texts = {part.hash: part.embedded for _, parts in batch for part in parts}
                async with self._ledger.reading() as connection:
                    known = await load_embeddings(
                        connection, list(texts), self._indexing.fingerprint
                    )
                fresh = {hash_: text for hash_, text in texts.items() if hash_ not in known}
                yield batch, await self._made(fresh)

    async def _made(self, texts: Mapping[str, str]) -> dict[str, Vectors]:
        if not texts:
            return {}
        vectors = await self._embedder.embed_passages(list(texts.values()))
        return dict(zip(texts, vectors, strict=True))

    async def _write(self, batch: Sequence[Split], made: Mapping[str, Vectors]) -> int:
        """Store each document in a transaction of its own, so that a reaction never waits for many.

        Returns how many learned answers that made stale. Raises `NoSpaceError` where the disk is nearly full; what is stored stays.
        """
        self._indexing.space.check()
        fingerprint, withdrawn = self._indexing.fingerprint, 0
        for document, parts in batch:
            held = {part.hash: made[part.hash] for part in parts if part.hash in made}
            await self._keep_most(held)
            version, now = self._version(document), self._now()
            async with self._ledger.writing() as connection:
                withdrawn += await save_document(
                    connection, document, parts, held, fingerprint, now, version=version
                )
        await self._indexing.catch_up()
        return withdrawn

    async def _keep_most(self, vectors: dict[str, Vectors]) -> None:
        """Store a long document's vectors ahead of it, a few at a time, and leave the last few."""
        hashes = list(vectors)
        for start in range(0, len(hashes) - PASSAGES_AT_ONCE, PASSAGES_AT_ONCE):
            some = {hash_: vectors.pop(hash_) for hash_ in hashes[start : start + PASSAGES_AT_ONCE]}
            async with self._ledger.writing() as connection:
                await save_embeddings(connection, some, self._indexing.fingerprint)


def _unread(source: Source, why: str) -> Summary:
    return Summary(source=source.name, failed=(Unreadable(uri=source.name, why=why),))
