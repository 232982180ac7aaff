"""The floor of an epoch: questions of which it is certain what is right are searched again.

A score says something only of the passages and the embedder of today, so it is looked up rather
than kept; and where what is found best is not what was shown then, nothing is known of it.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from core.errors import IndexUnavailableError
from core.floor import ABOVE, DIGITS, LEAST, Case, Floor, floor_at, learned_floor
from core.influence import CERTAIN
from core.ledger.cases import Asked, load_asked
from core.ledger.epochs import Epoch, live_epoch, one_epoch
from core.ledger.ledger import Ledger
from core.retrieval import Retriever

log = logging.getLogger(__name__)
AT_MOST = 200  # questions, the newest; searching them takes seconds
KEPT = 20  # epochs

Key: TypeAlias = tuple[int, str, float | None]  # epoch, embedder, the floor that holds all the same


class LearnedFloors:
    """From which score on the bot answers, by epoch; computed once each, and kept in memory."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        retriever: Retriever,
        fingerprint: Callable[[], str],
        configured: float,
        borne: float,
    ) -> None:
        """Take what is searched; a share `borne` of answers may be wrong, and with 1 nothing is learned."""
        self._ledger = ledger
        self._retriever = retriever
        self._fingerprint = fingerprint
        self._borne = borne
        self._start = learned_floor([], configured, borne)
        self._held: dict[Key, Floor] = {}
        self._computing = asyncio.Lock()

    async def now(self) -> Floor:
        """Return the floor of the live epoch, or the configured one before the first."""
        async with self._ledger.reading() as connection:
            epoch = await live_epoch(connection)
        return await self._of(epoch) if epoch else self._start

    async def of(self, epoch_id: int) -> Floor:
        """Return the floor of an epoch, be it live or not; the configured one of an unknown epoch.

        While the index is away or being rebuilt it is the configured one, too.
        """
        async with self._ledger.reading() as connection:
            epoch = await one_epoch(connection, epoch_id)
        return await self._of(epoch) if epoch else self._start

    async def _of(self, epoch: Epoch) -> Floor:
        held = epoch.proof.floor if epoch.proof else None
        key = (epoch.id, self._fingerprint(), held)
        if self._borne >= 1.0:
            return self._start
        if key not in self._held:
            async with self._computing:
                if key not in self._held:
                    return await self._computed(key)
        return self._held[key]

    async def _computed(self, key: Key) -> Floor:
        """Search what is certain, and keep what comes of it where all of it could be searched."""
        epoch_id, _, held = key
        async with self._ledger.reading() as connection:
            asked = await load_asked(connection, epoch_id, CERTAIN, AT_MOST)
        try:
            cases = [await self._case(one) for one in asked] if len(asked) >= LEAST else []
        except IndexUnavailableError as error:
            log.warning("No floor could be learned, so the configured one holds: %s", error)
            return self._start
        if self._retriever.notice:
            return self._start
        known = [one for one in cases if one is not None]
        found = learned_floor(known, self._start.configured, self._borne)
        found = found if held is None else floor_at(held, known, found.configured)
        self._held[key] = found if cases else replace(found, labels=len(asked))
        for oldest in [*self._held][:-KEPT]:
            del self._held[oldest]
        return self._held[key]

    async def _case(self, asked: Asked) -> Case | None:
        """Return what a question's best source scores today; None where that says nothing.

        It says nothing where it is not what was shown, and where the bot knew no answer although no
        floor there may be stood in the way.
        """
        sought = await self._retriever.seek(asked.text, asked.audience.requires)
        found = (await self._retriever.search(sought)).found.values()
        there = {(one.document_id, one.hash) for one in found} & asked.shown
        best = max(found, key=lambda one: (one.score, one.passage_id), default=None)
        if best is None or best.document_id not in {document for document, _ in there}:
            return None
        if asked.refused and best.score >= self._start.configured + ABOVE:
            return None
        return Case(score=round(best.score, DIGITS), right=asked.right)
