"""What the index holds and what is found in it."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from core.answers import Citation
from core.embedding import Vectors

Mode: TypeAlias = Literal["dense", "bm25", "hybrid"]


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexItem:
    """One row of a collection. `owner` is the document or the answer that it belongs to.

    `terms` is `core.terms.terms_of` of the text, joined by spaces; the text itself stays in the
    ledger. `audience` is the number that the ledger gives to the set of readers.
    """

    id: str
    owner: str
    audience: int
    terms: str
    vector: Vectors


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One found row and its score, higher is better: inner product, or BM25 (never negative)."""

    id: str
    owner: str
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What the server behind the index can do, as asked at start."""

    server: str
    bm25: bool
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A passage that retrieval found. `score` is in 0…1 and says how well it matches, nothing else.

    `ordinal` is its place in its document, from 0. `dense` is the cosine similarity, `coverage` the share of the question's terms, weighted by
    rarity, that the passage has. `learned` is what verdicts near this question add (±0.25).
    """

    passage_id: str
    document_id: str
    document_uri: str
    title: str
    breadcrumb: str
    text: str
    link: str | None
    hash: str
    audience_id: int
    score: float
    dense: float
    coverage: float
    learned: float = 0.0
    ordinal: int = 0


def citation_of(found: Found, number: int, quote: str) -> Citation:
    """Return a found passage as a citation; the quote may be empty where the whole passage is meant."""
    return Citation(
        number=number,
        passage_id=found.passage_id,
        document_id=found.document_id,
        title=found.title,
        breadcrumb=found.breadcrumb,
        link=found.link,
        quote=quote,
        hash=found.hash,
    )
