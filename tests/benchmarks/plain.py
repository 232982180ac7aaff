"""The baselines: what one would write first with the libraries, without this product."""

import shutil
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from core.embedders.weights import find_weights
from core.embedding import Vectors
from core.index.schema import add_indexes, encoded, schema_of
from core.settings import IndexSettings
from core.terms import terms_of

BATCH = 32
WORDS = "with_words"


class PlainEncoder:
    """`SentenceTransformer.encode` in float32, with the batch that it takes by itself."""

    def __init__(self) -> None:
        """Load the model that the product has, which takes seconds."""
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging as notices

        notices.disable_progress_bar()  # type: ignore[no-untyped-call]  # untyped in the library
        place = find_weights("bundled").place
        self._model = SentenceTransformer(place, device="cpu", local_files_only=True)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors of shape (len(texts), dimension)."""
        vectors: Vectors = np.asarray(
            self._model.encode(
                list(texts),
                batch_size=BATCH,
                show_progress_bar=False,
                normalize_embeddings=True,
            )
        )
        return vectors


class PlainSearch:
    """A `MilvusClient` over a copy of the product's own collection of passages, flushed and loaded."""

    def __init__(self, folder: Path) -> None:
        """Open Milvus Lite in a folder."""
        from pymilvus import MilvusClient  # type: ignore[import-untyped]  # it ships no types

        self._client: Any = MilvusClient(str(folder))
        names = self._client.list_collections()
        self._collection = next(name for name in names if name.startswith("passages"))
        self._client.load_collection(self._collection)
        self._words = folder / "words" / f"{self._collection}.sqlite"

    def add_words(self) -> None:
        """Make a second collection of the same rows, in which Milvus Lite has their words, too."""
        with closing(sqlite3.connect(self._words)) as words:
            terms = dict(
                words.execute("SELECT id, terms FROM rows JOIN words ON words.rowid = rows.rowid")
            )
        first = True
        for batch in self._rows():
            if first:
                self._make(len(batch[0]["dense"]))
                first = False
            self._client.insert(WORDS, [{**row, "terms": terms[row["id"]]} for row in batch])
        self._client.flush(WORDS)

    def _rows(self) -> Iterator[list[dict[str, Any]]]:
        rows = self._client.query_iterator(
            self._collection, batch_size=1_000, output_fields=["id", "owner", "audience", "dense"]
        )
        while batch := rows.next():
            yield batch
        rows.close()

    def _make(self, dimension: int) -> None:
        indexes = self._client.prepare_index_params()
        add_indexes(indexes, IndexSettings(), kind="lite", bm25=True)
        self._client.create_collection(WORDS, schema=schema_of(dimension, "standard"))
        self._client.create_index(WORDS, indexes)
        self._client.load_collection(WORDS)

    def dense(self, vector: Vectors, limit: int = 10) -> list[str]:
        """Return the ids of the nearest rows."""
        (found,) = self._client.search(self._collection, [vector], anns_field="dense", limit=limit)
        return [hit["id"] for hit in found]

    def words(self, text: str, limit: int = 10) -> list[str]:
        """Return the ids of the rows that share words, by BM25."""
        (found,) = self._client.search(
            WORDS, [encoded(" ".join(terms_of(text)))], anns_field="sparse", limit=limit
        )
        return [hit["id"] for hit in found]

    def close(self) -> None:
        """Let go of the folder."""
        self._client.close()


@contextmanager
def plain_search(data: Path, scratch: Path) -> Iterator[PlainSearch]:
    """Yield plain search over a copy of a data folder's index, by vectors and by Lite's own words.

    The copy is removed afterwards.
    """
    copy = Path(shutil.copytree(data / "index", scratch / "plain.db"))
    try:
        with closing(PlainSearch(copy)) as search:
            search.add_words()
            yield search
    finally:
        shutil.rmtree(copy)


class PlainCommits:
    """One table in SQLite (WAL, FULL), one transaction an event, nobody else at it."""

    def __init__(self, path: Path) -> None:
        """Make the file and its table."""
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=FULL")
        self._connection.execute("CREATE TABLE events (id INTEGER PRIMARY KEY, payload TEXT)")

    def commit(self, payload: str) -> float:
        """Write one event durably; return the seconds that it took."""
        started = time.perf_counter()
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.execute("INSERT INTO events (payload) VALUES (?)", (payload,))
        self._connection.execute("COMMIT")
        return time.perf_counter() - started

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
