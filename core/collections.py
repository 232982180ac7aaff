"""The index's collections, as the ledger knows them: which there are, and which one is searched."""

import logging
import re
import time
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from datetime import datetime

from core.errors import IndexUnavailableError
from core.interfaces import Embedder, Index
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
from core.ledger.ledger import Ledger
from core.ledger.operations import ALIASES, count_queued, count_wanted

log = logging.getLogger(__name__)
BELIEVED_SECONDS = 1.0
OURS = re.compile(rf"(?:{'|'.join(ALIASES)})_[0-9a-f]{{16}}_\d{{20}}")
ALONE = "index"  # what one process does at a time, so that none undoes what another wrote later


class Collections:
    """Makes, swaps and drops collections, and sees to it that each alias names one that is usable.

    `behind` is true while the index may lack what the ledger holds: answers then say so.
    """

    def __init__(
        self, *, ledger: Ledger, index: Index, embedder: Embedder, now: Callable[[], datetime]
    ) -> None:
        """Take where collections are noted, where they are, and what their vectors are made with."""
        self.behind = False
        self._spoken: dict[str, tuple[bool, float]] = {}
        self._ledger = ledger
        self._index = index
        self._embedder = embedder
        self._now = now

    @property
    def fingerprint(self) -> str:
        """The fingerprint that new embeddings carry."""
        return self._embedder.description.fingerprint

    async def prepare(self) -> None:
        """Make sure that every alias names a collection that can be used, and look how full it is.

        A collection that is lost, cannot be read or has vectors of another length is made anew,
        empty. This takes a moment; `heal` brings what is missing.
        """
        async with self._ledger.alone(ALONE):
            existing = set(await self._index.collections())
            await self._forget_lost(existing)
            for alias in ALIASES:
                live = await self.live(alias)
                if live is None or not await self._usable(live, existing):
                    live = await self._replaced(alias, live)
                if await self._index.pointed(alias) != live.name:
                    await self._index.point(alias, live.name)
            await self._drop_unknown(existing)
        lacking = [await self._lacks(alias) for alias in ALIASES]
        self.behind = any(lacking)

    def doubt(self) -> None:
        """Have a collection looked at that could not be searched though the index is there."""
        if self._index.trouble is None:
            self.behind = True

    async def live(self, alias: str) -> Collection | None:
        """Return the collection that an alias names, or None before the first start."""
        async with self._ledger.reading() as connection:
            held = await collections_of(connection, alias)
        return next((one for one in held if one.state == LIVE), None)

    async def speaks(self, alias: str) -> bool:
        """Say whether the live collection was made with the embedder that is in use.

        Every search asks this; what the ledger said is believed for a second.
        """
        known = self._spoken.get(alias)
        if known is None or time.monotonic() - known[1] > BELIEVED_SECONDS:
            live = await self.live(alias)
            speaks = live is not None and live.fingerprint == self.fingerprint
            self._spoken[alias] = known = speaks, time.monotonic()
        return known[0]

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
        self._spoken.clear()

    async def drop(self, collection: Collection) -> None:
        """Remove a retired or abandoned collection."""
        async with self._ledger.alone(ALONE):  # so that no pass is writing to it
            await self._index.drop(collection.name)
            async with self._ledger.writing() as connection:
                await forget_collection(connection, collection.name)

    async def _written(self, alias: str) -> list[Collection]:
        async with self._ledger.reading() as connection:
            held = await collections_of(connection, alias)
        return [one for one in held if one.state != RETIRED]

    async def _usable(self, live: Collection, existing: AbstractSet[str]) -> bool:
        """Say whether a collection is there, can be read, and takes the vectors of its embedder."""
        if live.name not in existing:
            return False
        try:
            await self._index.count(live.name)
        except IndexUnavailableError as error:
            if self._index.trouble is not None:
                raise  # it is the whole index that does not answer
            log.warning("%s It is made anew from the ledger.", error)
            return False
        dimension = self._embedder.description.dimension
        others = live.fingerprint != self.fingerprint
        return others or await self._index.dimension(live.name) == dimension

    async def _replaced(self, alias: str, lost: Collection | None) -> Collection:
        """Put an empty collection in the place of one that cannot be used."""
        if lost is not None:
            await self._index.drop(lost.name)
            async with self._ledger.writing() as connection:
                await forget_collection(connection, lost.name)
        made = await self.begin(alias)
        await self.swap(made)
        return made

    async def _lacks(self, alias: str) -> bool:
        """Say whether the index has fewer or more rows than it should, what is queued aside."""
        if not await self.speaks(alias):
            return False
        held = await self._index.count(alias)
        async with self._ledger.reading() as connection:
            wanted = await count_wanted(connection, alias)
            return abs(wanted - held) > await count_queued(connection, alias)

    async def _drop_unknown(self, existing: AbstractSet[str]) -> None:
        """Drop collections of ours that the ledger no longer knows.

        They come back with an older copy of the index's folder, and with them what was purged.
        """
        async with self._ledger.reading() as connection:
            known = {one.name for one in await collections_of(connection)}
        for name in sorted(existing - known):
            if OURS.fullmatch(name):
                log.warning(
                    "The index holds %s, which the ledger has dropped: dropped again.", name
                )
                await self._index.drop(name)

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
