"""The index in memory: exact, for tests and as the measure of the other drivers."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from math import log

import numpy as np

from core.embedding import Vectors
from core.errors import IndexUnavailableError
from core.items import Capabilities, Hit, IndexItem

K1, B = 1.2, 0.75


class MemoryIndex:
    """An `Index` that searches exhaustively; it forgets everything with the process."""

    def __init__(self) -> None:
        self._collections: dict[str, dict[str, IndexItem]] = {}
        self._dimensions: dict[str, int] = {}
        self._aliases: dict[str, str] = {}

    @property
    def capabilities(self) -> Capabilities:
        """It can do everything."""
        return Capabilities(server="memory", bm25=True)

    @property
    def trouble(self) -> str | None:
        """It is always there."""
        return None

    async def open(self) -> None:
        """Nothing needs opening."""

    async def close(self) -> None:
        """Nothing needs closing: rows stay, so that a test can open it again."""

    async def collections(self) -> list[str]:
        """Return the names of all collections, sorted."""
        return sorted(self._collections)

    async def create(self, collection: str, dimension: int) -> None:
        """Make an empty collection; nothing happens where it exists."""
        self._collections.setdefault(collection, {})
        self._dimensions.setdefault(collection, dimension)

    async def drop(self, collection: str) -> None:
        """Remove a collection and the aliases that name it."""
        self._collections.pop(collection, None)
        self._dimensions.pop(collection, None)
        self._aliases = {a: named for a, named in self._aliases.items() if named != collection}

    async def point(self, alias: str, collection: str) -> None:
        """Let an alias name another collection."""
        self._rows(collection)
        self._aliases[alias] = collection

    async def pointed(self, alias: str) -> str | None:
        """Return the collection that an alias names, or None."""
        return self._aliases.get(alias)

    async def upsert(self, collection: str, items: Sequence[IndexItem], bulk: bool = False) -> None:
        """Write rows, replacing those of the same id."""
        del bulk
        rows = self._rows(collection)
        dimension = self._dimensions[self._aliases.get(collection, collection)]
        if any(item.vector.shape != (dimension,) for item in items):
            raise IndexUnavailableError(f"The collection {collection} takes {dimension} numbers.")
        rows.update((item.id, item) for item in items)

    async def delete(self, collection: str, ids: Sequence[str]) -> None:
        """Remove rows; unknown ids are passed over."""
        rows = self._rows(collection)
        for item_id in ids:
            rows.pop(item_id, None)

    async def flush(self, collection: str) -> None:
        """Nothing is durable here; the collection has to exist."""
        self._rows(collection)

    async def dimension(self, collection: str) -> int:
        """Return the length of the vectors."""
        self._rows(collection)
        return self._dimensions[self._aliases.get(collection, collection)]

    async def settle(self, collection: str) -> None:
        """Rows are always where they are searched."""
        self._rows(collection)

    async def load_state(self, collection: str) -> str:
        """Every collection is always loaded."""
        self._rows(collection)
        return "Loaded"

    async def ids(self, collection: str) -> set[str]:
        """Return the ids of all rows."""
        return set(self._rows(collection))

    async def rows(self, collection: str) -> dict[str, int]:
        """Return the ids of all rows, each with its audience."""
        return {id_: item.audience for id_, item in self._rows(collection).items()}

    async def count(self, collection: str) -> int:
        """Return how many rows there are."""
        return len(self._rows(collection))

    async def search_dense(
        self, collection: str, vector: Vectors, *, audiences: Sequence[int], limit: int
    ) -> list[Hit]:
        """Return the rows of the greatest inner product, computed one by one."""
        allowed = set(audiences)
        items = [i for i in self._rows(collection).values() if i.audience in allowed]
        return best(items, lambda item: float(np.dot(item.vector, vector)), limit)

    async def search_terms(
        self, collection: str, terms: str, *, audiences: Sequence[int], limit: int
    ) -> list[Hit]:
        """Return the rows that share terms, by BM25 over the whole collection."""
        allowed = set(audiences)
        items = list(self._rows(collection).values())
        scores = bm25([item.terms.split() for item in items], terms.split())
        of = {item.id: score for item, score in zip(items, scores, strict=True)}
        found = [item for item in items if item.audience in allowed and of[item.id] > 0]
        return best(found, lambda item: of[item.id], limit)

    def _rows(self, collection: str) -> dict[str, IndexItem]:
        rows = self._collections.get(self._aliases.get(collection, collection))
        if rows is None:
            raise IndexUnavailableError(f"The index holds no collection {collection}.")
        return rows


def best(items: Iterable[IndexItem], score: Callable[[IndexItem], float], limit: int) -> list[Hit]:
    """Return the items of the highest scores, best first, equals by id."""
    hits = [Hit(id=item.id, owner=item.owner, score=score(item)) for item in items]
    return sorted(hits, key=lambda hit: (-hit.score, hit.id))[: max(0, limit)]


def bm25(passages: Sequence[Sequence[str]], question: Sequence[str]) -> list[float]:
    """Return the BM25 score of each passage, 0 where it shares no term with the question."""
    counts = [Counter(terms) for terms in passages]
    mean = sum(map(len, passages)) / max(1, len(passages)) or 1.0
    holding = {term: sum(term in counted for counted in counts) for term in set(question)}
    rarity = {t: log(1 + (len(counts) - n + 0.5) / (n + 0.5)) for t, n in holding.items()}
    scores = []
    for counted, terms in zip(counts, passages, strict=True):
        norm = K1 * (1 - B + B * len(terms) / mean)
        shared = (t for t in question if t in counted)
        scores.append(sum(rarity[t] * counted[t] * (K1 + 1) / (counted[t] + norm) for t in shared))
    return scores
