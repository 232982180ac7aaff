"""One connection to Milvus, as blocking calls: the only module that speaks with its client.

Whoever uses it keeps two rules that Milvus Lite needs: one write at a time, and no search beside
a flush (`core.index.milvus` does).
"""

import json
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pymilvus import MilvusClient  # type: ignore[import-untyped]  # it ships no types

from core.embedding import Vectors
from core.errors import IndexUnavailableError
from core.index.lite import Lite, is_folder
from core.index.schema import (
    FIELDS,
    add_indexes,
    among,
    encoded,
    kind_of,
    nearest_of,
    rows_of,
    schema_of,
    since,
)
from core.index.translation import is_refusal, translated
from core.items import Capabilities, Hit, IndexItem
from core.settings import IndexSettings

log = logging.getLogger(__name__)

CONNECT_SECONDS = 10.0
SEARCH_SECONDS = 30.0
WRITE_SECONDS = 120.0
PAGE = 10_000
# A server refuses more in one search.
MOST_HITS = 16_384
# Lite's own server hangs up on a client that asks every ten seconds whether it is there.
SELDOM = {"grpc.keepalive_time_ms": 600_000, "grpc.keepalive_permit_without_calls": 0}
LOUD = ("pymilvus", "milvus_lite.adapter", "grpc._server")


class Session:
    """A connection from its opening to `close`; every failure is an `IndexUnavailableError`.

    `suspect` becomes true when a write on Milvus Lite failed: what it would acknowledge after
    that can be lost, until the session is closed and another one opened.
    """

    def __init__(self, uri: str, token: str, settings: IndexSettings) -> None:
        for name in LOUD:  # they log the traceback of every error that is also raised
            logging.getLogger(name).setLevel(logging.CRITICAL)
        self.suspect = False
        self._settings = settings
        self._searchable: dict[str, bool] = {}
        self._lite = Lite(Path(uri)) if is_folder(uri) else None
        try:
            with translated("does not answer"):
                self._client = MilvusClient(
                    self._lite.address if self._lite else uri,
                    token=token,
                    timeout=CONNECT_SECONDS,
                    dedicated=True,
                    grpc_options=SELDOM if self._lite else {},
                )
                self._version = str(self._client.get_server_version(timeout=CONNECT_SECONDS))
            self._load()
        except IndexUnavailableError:
            self._let_go()
            raise

    @property
    def lite(self) -> bool:
        """Whether Milvus Lite answers, be it in this process or in another."""
        return kind_of(self._version) == "lite"

    @property
    def capabilities(self) -> Capabilities:
        """What the server can do, by its version."""
        if self.lite:
            return Capabilities(server=f"Milvus Lite {self._version.rpartition('-')[2]}", bm25=True)
        bm25 = since(self._version, 2, 5)
        missing = () if bm25 else ("word search (BM25), which needs Milvus 2.5 or newer",)
        return Capabilities(
            server=f"Milvus {self._version.removeprefix('v')}", bm25=bm25, missing=missing
        )

    def close(self) -> None:
        """Flush Milvus Lite and disconnect; trouble is logged, and nothing works afterwards."""
        try:
            for collection in self.collections() if self.lite else ():
                self.flush(collection)
        except IndexUnavailableError as error:
            log.warning("Not everything could be flushed before closing: %s", error)
        self._let_go()

    def collections(self) -> list[str]:
        """Return the names of the collections that have our fields, sorted."""
        with translated("cannot list its collections"):
            names = self._client.list_collections(timeout=SEARCH_SECONDS)
            return sorted(name for name in names if self._fields(name) >= FIELDS)

    def create(self, collection: str, dimension: int) -> None:
        """Make and load an empty collection; nothing happens where it exists."""
        bm25 = self.capabilities.bm25
        tokenizer = ("standard" if self.lite else "whitespace") if bm25 else None
        indexes = self._client.prepare_index_params()
        add_indexes(indexes, self._settings, kind=kind_of(self._version), bm25=bm25)
        with translated(f"cannot make the collection {collection}"):
            if self._client.has_collection(collection, timeout=WRITE_SECONDS):
                return
            self._client.create_collection(
                collection,
                schema=schema_of(dimension, tokenizer),
                consistency_level="Session",
                timeout=WRITE_SECONDS,
            )
            # Lite indexes at once, while the client would wait half a second for each index.
            wait = not self.lite
            self._client.create_index(collection, indexes, timeout=WRITE_SECONDS, sync=wait)
            self._client.load_collection(collection, timeout=WRITE_SECONDS)

    def drop(self, collection: str) -> None:
        """Remove a collection and the aliases that name it, which a server would not let go."""
        self._searchable.clear()
        with translated(f"cannot remove the collection {collection}"):
            if collection not in self._client.list_collections(timeout=WRITE_SECONDS):
                return
            for alias in self._aliases(collection):
                self._client.drop_alias(alias, timeout=WRITE_SECONDS)
            self._client.drop_collection(collection, timeout=WRITE_SECONDS)

    def point(self, alias: str, collection: str) -> None:
        """Let an alias name a collection, in one step where it named another before."""
        known = self.pointed(alias) is not None
        self._searchable.clear()
        with translated(f"cannot let {alias} name {collection}"):
            change = self._client.alter_alias if known else self._client.create_alias
            change(collection, alias, timeout=WRITE_SECONDS)

    def pointed(self, alias: str) -> str | None:
        """Return the collection that an alias names, or None."""
        with translated("cannot list its aliases"):
            names = self._client.list_collections(timeout=SEARCH_SECONDS)
            return next((name for name in names if alias in self._aliases(name)), None)

    def upsert(self, collection: str, items: Sequence[IndexItem]) -> None:
        """Write some hundreds of rows, replacing those of the same id."""
        with self._writing(collection):
            rows = rows_of(items, bm25=self._has_words(collection))
            self._client.upsert(collection, rows, timeout=WRITE_SECONDS)

    def delete(self, collection: str, ids: Sequence[str]) -> None:
        """Remove some hundreds of rows; unknown ids are passed over."""
        with self._writing(collection):
            self._client.delete(collection, filter=among("id", ids), timeout=WRITE_SECONDS)

    def flush(self, collection: str) -> None:
        """Make what was written durable and quick to search."""
        with self._writing(collection):
            self._client.flush(collection, timeout=WRITE_SECONDS)

    def load_state(self, collection: str) -> str:
        """Return whether a collection can be searched, in the server's word."""
        with translated(f"cannot say the state of {collection}"):
            state = self._client.get_load_state(collection, timeout=SEARCH_SECONDS)["state"]
        return str(getattr(state, "name", state))

    def ids(self, collection: str) -> set[str]:
        """Return the ids of all rows, read in pages.

        The client's own iterator puts the last id unquoted into the next page's filter.
        """
        with translated(f"cannot list the rows of {collection}"):
            # Pages do not wait for the latest writes to be visible; this does, once for all.
            self._page(collection, 'id == ""', {"consistency_level": "Strong"})
            found: set[str] = set()
            page = [""]
            while page:
                after = json.dumps(max(page), ensure_ascii=False)
                in_order = {"iterator": "True", "reduce_stop_for_best": "True"}
                page = self._page(collection, f"id > {after}", in_order)
                found.update(page)
        return found

    def _page(self, collection: str, chosen: str, options: dict[str, str]) -> list[str]:
        rows = self._client.query(
            collection,
            filter=chosen,
            output_fields=["id"],
            limit=PAGE,
            timeout=WRITE_SECONDS,
            **options,
        )
        return [str(row["id"]) for row in rows]

    def search_dense(
        self, collection: str, vector: Vectors, audiences: Sequence[int], limit: int
    ) -> list[Hit]:
        """Return the rows of the greatest inner product, best first.

        Lite's graph of near rows has no way to some of many equal ones, and a narrow audience may
        read just those: where too few come back, what it may read is compared row by row.
        """
        hits = self._search(collection, "dense", vector, audiences, limit)
        if not (self.lite and audiences and len(hits) < limit):
            return hits
        if len(self._readable(collection, audiences, ["id"], limit)) <= len(hits):
            return hits
        fields = ["id", "owner", "dense"]
        return nearest_of(self._readable(collection, audiences, fields, MOST_HITS), vector)[:limit]

    def _readable(
        self, collection: str, audiences: Sequence[int], fields: list[str], limit: int
    ) -> list[dict[str, Any]]:
        chosen = among("audience", audiences)
        with translated(f"cannot search {collection}"):
            return list(self._client.query(collection, chosen, fields, limit=limit))

    def search_terms(
        self, collection: str, terms: str, audiences: Sequence[int], limit: int
    ) -> list[Hit]:
        """Return the rows that share terms, best first; Lite calls the best the most negative."""
        with translated(f"cannot search {collection}"):
            if not terms.strip() or not self._has_words(collection):
                return []
        return self._search(collection, "sparse", encoded(terms), audiences, limit)

    def _search(
        self,
        collection: str,
        field: str,
        asked: Vectors | str,
        audiences: Sequence[int],
        limit: int,
    ) -> list[Hit]:
        if not audiences or limit < 1:
            return []
        limit = min(limit, MOST_HITS)
        nearest = {"metric_type": "IP", "params": {"ef": max(self._settings.ef, limit)}}
        with translated(f"cannot search {collection}"):
            (found,) = self._client.search(
                collection,
                [asked],
                anns_field=field,
                search_params=nearest if field == "dense" else {"metric_type": "BM25"},
                filter=among("audience", audiences),
                limit=limit,
                output_fields=["owner"],
                consistency_level="Session",
                timeout=SEARCH_SECONDS,
            )
        sign = -1.0 if field == "sparse" and self.lite else 1.0
        return [
            Hit(id=hit["id"], owner=hit["entity"]["owner"], score=sign * float(hit["distance"]))
            for hit in found
        ]

    @contextmanager
    def _writing(self, collection: str) -> Iterator[None]:
        try:
            with translated(f"cannot write to {collection}"):
                yield
        except IndexUnavailableError as error:
            self.suspect = self.suspect or (self.lite and not is_refusal(error.__cause__))
            raise

    def _load(self) -> None:
        """Load what exists: after a restart a collection is there but cannot be searched."""
        for collection in self.collections():
            with translated(f"cannot load the collection {collection}"):
                self._client.load_collection(collection, timeout=WRITE_SECONDS)

    def _let_go(self) -> None:
        if hasattr(self, "_client"):
            self._client.close()
        if self._lite:
            self._lite.stop()

    def _fields(self, collection: str) -> frozenset[str]:
        described = self._client.describe_collection(collection, timeout=SEARCH_SECONDS)
        return frozenset(field["name"] for field in described["fields"])

    def _has_words(self, collection: str) -> bool:
        """Say whether a collection offers word search: one from before an upgrade does not."""
        if collection not in self._searchable:
            self._searchable[collection] = "sparse" in self._fields(collection)
        return self._searchable[collection]

    def _aliases(self, collection: str) -> list[str]:
        """Return a collection's aliases; Lite does not describe them, old servers only do that."""
        if self.lite:
            return list(self._client.list_aliases(collection, timeout=SEARCH_SECONDS)["aliases"])
        described = self._client.describe_collection(collection, timeout=SEARCH_SECONDS)
        return list(described.get("aliases") or ())
