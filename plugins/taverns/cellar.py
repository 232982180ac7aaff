"""The cellar: the facts of the taverns as a collection of their own in the index."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.documents import content_hash
from core.interfaces import Embedder, Index
from core.items import Hit, IndexItem
from core.terms import terms_of
from plugins.taverns.tavern import Tavern

COLLECTION = "taverns10"
ALSO = 0.75  # of the best score: what a tavern needs to be named beside the best
# The ledger numbers the sets of readers from 1, and the taverns are no secret of anyone.
PUBLIC = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A tavern near a wish, and the fact of it that comes nearest."""

    tavern: Tavern
    why: str


class Cellar:
    """Holds nothing but facts: what a model writes is never embedded, so it can outrank nothing."""

    def __init__(self, index: Index, embedder: Embedder, taverns: Sequence[Tavern]) -> None:
        """Take the index, what embeds, and the taverns."""
        self._index = index
        self._embedder = embedder
        self._taverns = taverns

    @property
    def fingerprint(self) -> str:
        """What changes when the collection has to be built anew: the facts or the vectors."""
        hashes = [tavern.hash for tavern in self._taverns]
        return content_hash(self._embedder.description.fingerprint, *hashes)

    async def holds(self, built: str) -> bool:
        """Say whether the collection is there and `built`, its fingerprint, is still right."""
        return built == self.fingerprint and COLLECTION in await self._index.collections()

    async def build(self) -> None:
        """Make the collection anew, embed the facts and write them."""
        rows = [(id_, one, text) for one in self._taverns for id_, text in one.rows()]
        vectors = await self._embedder.embed_passages([text for *_, text in rows])
        items = [
            IndexItem(
                id=id_,
                owner=tavern.id,
                audience=PUBLIC,
                terms=" ".join(terms_of(text)),
                vector=vector,
            )
            for (id_, tavern, text), vector in zip(rows, vectors, strict=True)
        ]
        await self._index.drop(COLLECTION)
        await self._index.create(COLLECTION, self._embedder.description.dimension)
        await self._index.upsert(COLLECTION, items)
        await self._index.flush(COLLECTION)

    async def state(self) -> str:
        """Return whether it can be searched, in the server's word: "Loaded"."""
        return await self._index.load_state(COLLECTION)

    async def search(self, wish: str, limit: int) -> list[Choice]:
        """Return the tavern nearest to a wish, then those that come close to it, best first."""
        vector = await self._embedder.embed_question(wish)
        rows = sum(1 for tavern in self._taverns for _ in tavern.rows())
        hits = await self._index.search_dense(COLLECTION, vector, audiences=[PUBLIC], limit=rows)
        close = (hit.owner for hit in hits if hit.score >= ALSO * hits[0].score)
        owners = list(dict.fromkeys([hits[0].owner, *close]))[:limit]
        named = {tavern.id: tavern for tavern in self._taverns}
        return [Choice(tavern=named[id_], why=why(named[id_], hits)) for id_ in owners]


def why(tavern: Tavern, hits: Sequence[Hit]) -> str:
    """Return the fact of a tavern that stands first among hits, best first."""
    facts = dict(tavern.rows())
    return next(facts[hit.id] for hit in hits if hit.owner == tavern.id and hit.id != tavern.id)
