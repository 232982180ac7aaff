"""Searching a collection through Milvus's client, as blocking calls."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pymilvus import MilvusClient  # type: ignore[import-untyped]  # it ships no types

from core.embedding import Vectors
from core.index.schema import among, encoded, nearest_of
from core.index.shelf import Shelf
from core.index.translation import translated
from core.index.words import Words
from core.items import Hit

# A server refuses more in one search.
MOST_HITS = 16_384
# For so long what a server said of a collection is believed; another process may swap an alias.
BELIEVED_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """What a collection's name stands for, its vectors' length, and whether Milvus has its words."""

    name: str
    dimension: int
    words: bool
    at: float


class Search:
    """Searches on one connection. `lite` is whether Milvus Lite answers, in this process or not."""

    def __init__(
        self, client: MilvusClient, *, lite: bool, ef: int, seconds: float, shelf: Shelf | None
    ) -> None:
        """Take the client, HNSW's number of candidates and the deadline of one search.

        On a shelf are the words of collections that were made without a field for them.
        """
        self._shelf = shelf
        self._client = client
        self._lite = lite
        self._ef = ef
        self._seconds = seconds
        self._described: dict[str, Described] = {}

    def forget(self) -> None:
        """Ask anew what names stand for, after one was changed."""
        self._described.clear()

    def dense(
        self, vectors: Sequence[Vectors], collection: str, audiences: Sequence[int], limit: int
    ) -> list[list[Hit]]:
        """Return for each vector the rows of the greatest inner product, best first.

        Lite's graph of near rows has no way to some of many equal ones, and a narrow audience may
        read just those: where too few come back, what it may read is compared row by row.
        """
        found = self._search(collection, "dense", vectors, audiences, limit)
        fewest = min(len(hits) for hits in found)
        if not (self._lite and audiences and fewest < limit):
            return found
        if len(self._readable(collection, audiences, ["id"], limit)) <= fewest:
            return found
        fields = ["id", "owner", "dense"]
        readable = self._readable(collection, audiences, fields, MOST_HITS)
        return [nearest_of(readable, vector)[:limit] for vector in vectors]

    def terms(self, collection: str, terms: str, audiences: Sequence[int], limit: int) -> list[Hit]:
        """Return the rows that share terms, best first; Lite calls the best the most negative."""
        if not terms.strip():
            return []
        held = self.described(collection)
        if not held.words:
            words = self._shelf.get(held.name) if self._shelf else None
            return words.search(terms, audiences, min(limit, MOST_HITS)) if words else []
        return self._search(collection, "sparse", [encoded(terms)], audiences, limit)[0]

    def words_of(self, collection: str) -> Words | None:
        """Return what holds the words of a collection instead of Milvus, or None.

        Raises `IndexUnavailableError` where it cannot be used.
        """
        if self._shelf is None:
            return None
        held = self.described(collection)
        return None if held.words else self._shelf.of(held.name)

    def count_words(self, collection: str, most: int) -> int:
        """Return of how many of so many rows the words are there too."""
        held = self.described(collection)
        if self._shelf is None or held.words:
            return most
        words = self._shelf.get(held.name)
        return min(most, words.count()) if words else 0

    def described(self, collection: str, *, afresh: bool = False) -> Described:
        """Return what a name stands for; an unknown one raises `IndexUnavailableError`."""
        if afresh and not self._lite:
            self._described.pop(collection, None)
        held = self._described.get(collection)
        now = time.monotonic()
        if held is None or not (self._lite or now - held.at < BELIEVED_SECONDS):
            with translated(f"cannot search {collection}"):
                told = self._client.describe_collection(collection, timeout=self._seconds)
            fields = {field["name"]: field.get("params", {}) for field in told["fields"]}
            held = Described(
                name=told["collection_name"],
                dimension=int(fields.get("dense", {}).get("dim", 0)),
                words="sparse" in fields,
                at=now,
            )
            self._described[collection] = held
        return held

    def _search(
        self,
        collection: str,
        field: str,
        asked: Sequence[Vectors | str],
        audiences: Sequence[int],
        limit: int,
    ) -> list[list[Hit]]:
        if not audiences or limit < 1:
            return [[] for _ in asked]
        limit = min(limit, MOST_HITS)
        nearest = {"metric_type": "IP", "params": {"ef": max(self._ef, limit)}}
        # A server shows a client its own writes by the name that they were made under. Lite shows
        # them always, and is told apart because it answers by any name, unasked.
        name = collection if self._lite else self.described(collection).name
        with translated(f"cannot search {collection}"):
            found = self._client.search(
                name,
                list(asked),
                anns_field=field,
                search_params=nearest if field == "dense" else {"metric_type": "BM25"},
                filter=among("audience", audiences),
                limit=limit,
                output_fields=["owner"],
                consistency_level="Session",
                timeout=self._seconds,
            )
        sign = -1.0 if field == "sparse" and self._lite else 1.0
        return [
            [
                Hit(id=hit["id"], owner=hit["entity"]["owner"], score=sign * float(hit["distance"]))
                for hit in hits
            ]
            for hits in found
        ]

    def _readable(
        self, collection: str, audiences: Sequence[int], fields: list[str], limit: int
    ) -> list[dict[str, Any]]:
        chosen = among("audience", audiences)
        with translated(f"cannot search {collection}"):
            return list(
                self._client.query(collection, chosen, fields, limit=limit, timeout=self._seconds)
            )
