"""Finding the passages that a question is answered from: search, fuse, rate, re-rank."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from core.embedding import Vectors
from core.errors import IndexUnavailableError
from core.indexing import Indexing
from core.interfaces import Embedder, Index, Reranker
from core.items import Found, Hit, Mode
from core.ledger.documents import StoredPassage, load_passages
from core.ledger.ledger import Ledger
from core.ledger.operations import PASSAGES
from core.ledger.people import readable_numbers
from core.questions import content_terms_of
from core.ranking import coverage, fused, match
from core.ratings import Ratings
from core.settings import RetrievalSettings
from core.terms import scripts_of, terms_of

log = logging.getLogger(__name__)
REBUILDING = "I am rebuilding my memory, so this may lack something: ask again in a few minutes."
HEARD = 0.5  # share of a question's letters from which its vector says something
DENSE_SHARE = 0.5  # of the fused score, where the embedder speaks the question's script


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """A question on its way: its text, its vector, and the audiences that all who read along hold."""

    text: str
    vector: Vectors
    spoken: float
    audiences: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched:
    """What a search found, before what people said of it: passages by their fused score (0…1)."""

    sought: Sought
    found: Mapping[str, Found]
    fused: Mapping[str, float]


class Retriever:
    """Finds passages that everyone who will read the answer may read."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        index: Index,
        embedder: Embedder,
        indexing: Indexing,
        settings: RetrievalSettings,
        kernel_width: float,
    ) -> None:
        """Take what it searches; re-rankers are added by plugins."""
        self._ledger = ledger
        self._index = index
        self._embedder = embedder
        self._indexing = indexing
        self._settings = settings
        self.ratings = Ratings(fingerprint=lambda: indexing.fingerprint, width=kernel_width)
        self.rerankers: list[Reranker] = []

    @property
    def notice(self) -> str | None:
        """The sentence for an answer that was found while the index lacks something, or None."""
        return REBUILDING if self._indexing.behind else None

    async def seek(self, text: str, held: frozenset[str]) -> Sought:
        """Return a question made ready for searching on behalf of readers with these memberships.

        Of a question longer than the embedder's window the beginning is compared by meaning and all
        of it by words; the log says so.
        """
        tokens, window = self._embedder.count_tokens(text), self._embedder.description.window
        if tokens > window:
            log.warning(
                "A question of %d tokens is longer than the embedder's window of %d: only its "
                "beginning is compared by meaning, all of it by words.",
                tokens,
                window,
            )
        vector = await self._embedder.embed_question(text)
        async with self._ledger.reading() as connection:
            audiences = await readable_numbers(connection, held)
        return Sought(
            text=text, vector=vector, spoken=self._spoken(text), audiences=tuple(audiences)
        )

    async def find(
        self, sought: Sought, mode: Mode = "hybrid", limit: int | None = None
    ) -> list[Found]:
        """Return the best passages, best first, at most `limit` (default: as many as a prompt holds).

        Raises `IndexUnavailableError` where the index does not answer.
        """
        ranked = await self.rate(await self.search(sought, mode))
        return list(ranked[: limit or self._settings.passages])

    async def search(self, sought: Sought, mode: Mode = "hybrid") -> Searched:
        """Search by meaning and by words; what is returned may be read by all who read along.

        Raises `IndexUnavailableError` where the index does not answer.
        """
        try:
            dense, terms = await self._search(sought, mode)
        except IndexUnavailableError:
            self._indexing.doubt()
            raise
        order = self._fuse(sought, dense, terms, mode)
        async with self._ledger.reading() as connection:
            stored = await load_passages(connection, list(order))
        # The second look at who may read: the index said yes already, the ledger has the last word.
        readable = {id_: one for id_, one in stored.items() if one.audience_id in sought.audiences}
        found = self._matched(sought, readable, dense)
        return Searched(sought=sought, found=found, fused=order)

    async def rate(self, searched: Searched, ratings: Ratings | None = None) -> Sequence[Found]:
        """Return what was found, best first, by its score and by what people said near the question.

        `ratings` are those of another epoch than the live one.
        """
        learned = await self._learned(searched.sought, ratings or self.ratings)
        found = [
            replace(one, learned=learned[id_]) if id_ in learned else one
            for id_, one in searched.found.items()
        ]
        found.sort(key=lambda one: (-one.learned - searched.fused[one.passage_id], one.passage_id))
        return await self._rerank(searched.sought.text, found)

    async def _learned(self, sought: Sought, ratings: Ratings) -> dict[str, float]:
        # Vectors of letters that the embedder does not know are all alike: they are near nothing.
        if sought.spoken < HEARD:
            return {}
        async with self._ledger.reading() as connection:
            return await ratings.of_passages(connection, sought.vector)

    async def _search(
        self, sought: Sought, mode: Mode
    ) -> tuple[dict[str, float], dict[str, float]]:
        limit = self._settings.candidates
        audiences = sought.audiences
        speaks = mode != "bm25" and await self._indexing.speaks(PASSAGES)
        dense = (
            self._index.search_dense(PASSAGES, sought.vector, audiences=audiences, limit=limit)
            if speaks
            else _nothing()
        )
        words = " ".join(terms_of(sought.text))
        lexical = mode != "dense" and self._index.capabilities.bm25 and words
        terms = (
            self._index.search_terms(PASSAGES, words, audiences=audiences, limit=limit)
            if lexical
            else _nothing()
        )
        hits, word_hits = await asyncio.gather(dense, terms)
        return {hit.id: hit.score for hit in hits}, {hit.id: hit.score for hit in word_hits}

    def _fuse(
        self, sought: Sought, dense: Mapping[str, float], terms: Mapping[str, float], mode: Mode
    ) -> dict[str, float]:
        share = {"dense": 1.0, "bm25": 0.0, "hybrid": DENSE_SHARE * sought.spoken}[mode]
        if not terms:
            share = 1.0
        elif not dense:
            share = 0.0
        return fused(dense, terms, share)

    def _matched(
        self,
        sought: Sought,
        stored: Mapping[str, StoredPassage],
        dense: Mapping[str, float],
    ) -> dict[str, Found]:
        texts = {id_: _terms_in(f"{one.breadcrumb}\n{one.text}") for id_, one in stored.items()}
        covered = coverage(content_terms_of(sought.text), texts)
        lowest = min(dense.values(), default=0.0)
        return {
            id_: Found(
                passage_id=id_,
                document_id=one.document_id,
                document_uri=one.document_uri,
                title=one.title,
                ordinal=one.ordinal,
                breadcrumb=one.breadcrumb,
                text=one.text,
                link=one.link,
                hash=one.hash,
                audience_id=one.audience_id,
                score=match(dense.get(id_, lowest), covered[id_], sought.spoken if dense else 0.0),
                dense=dense.get(id_, lowest),
                coverage=covered[id_],
            )
            for id_, one in stored.items()
        }

    async def _rerank(self, question: str, found: Sequence[Found]) -> Sequence[Found]:
        for reranker in self.rerankers:
            try:
                found = _reordered(found, await reranker.rerank(question, found))
            except Exception:  # a stranger's code may raise anything
                log.exception(
                    "The re-ranker %s failed; the order stands without it.", reranker.name
                )
        return found

    def _spoken(self, text: str) -> float:
        """Return the share of the text's letters that the embedder understands."""
        speaks = self._embedder.description.scripts
        if not speaks:
            return 1.0
        shares = scripts_of(text)
        return sum(shares.get(script, 0.0) for script in speaks) if shares else 1.0


@lru_cache(maxsize=4_096)
def _terms_in(text: str) -> frozenset[str]:
    """Return a passage's terms; the same passages are found again and again."""
    return frozenset(terms_of(text))


def _reordered(found: Sequence[Found], order: Sequence[Found]) -> list[Found]:
    """Return what was found in a stranger's order: nothing added, changed or doubled."""
    given = {one.passage_id: one for one in found}
    return [given[id_] for id_ in dict.fromkeys(one.passage_id for one in order) if id_ in given]


async def _nothing() -> list[Hit]:
    """Stand in for a search that is not made."""
    return []
