"""The variety plugin: keeps one long page from filling the prompt, where others match as well."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from core.hookspecs import Register, Services, hookimpl
from core.interfaces import Reranker
from core.items import Found

MOST = 2  # passages of one document ahead of another document's best
SIMILAR = 0.05  # a score that much lower is as good


def varied(found: Sequence[Found], *, most: int = MOST, similar: float = SIMILAR) -> list[Found]:
    """Return the passages with a document's third and later ones behind other documents' best.

    A document that has not had its turn goes first where its best passage scores at most
    `similar` less. Everything else keeps its order, and nothing is dropped.
    """
    waiting = list(found)
    placed: list[Found] = []
    times: Counter[str] = Counter()
    while waiting:
        first = waiting[0]
        if times[first.document_id] >= most:
            best = {one.document_id: one for one in reversed(waiting)}
            fresh = (one for one in waiting if one is best[one.document_id])
            near = (one for one in fresh if one.score >= first.score - similar)
            first = next((one for one in near if not times[one.document_id]), first)
        waiting.remove(first)
        placed.append(first)
        times[first.document_id] += 1
    return placed


@dataclass(frozen=True, slots=True)
class Variety:
    """The re-ranker."""

    name: str = "variety"

    async def rerank(self, question: str, found: Sequence[Found]) -> Sequence[Found]:
        """Return the passages as `varied` orders them."""
        del question
        return varied(found)


@hookimpl
def register_rerankers(register: Register[Reranker], services: Services) -> None:
    """Bring the re-ranker."""
    del services
    register(Variety())
