"""One connection to Milvus, as blocking calls: the only module that speaks with its client.

Whoever uses it keeps two rules that Milvus Lite needs: one write at a time, and no search beside
a flush (`core.index.milvus` does).
"""

import json
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from pymilvus import (  # type: ignore[import-untyped]  # it ships no types
    MilvusClient,
    MilvusException,
)

from core.errors import IndexUnavailableError
from core.index.lite import Lite, is_folder
from core.index.schema import (
    FIELDS,
    add_indexes,
    among,
    kind_of,
    rows_of,
    schema_of,
    since,
)
from core.index.search import Search
from core.index.shelf import Shelf, merged
from core.index.translation import is_refusal, translated
from core.items import Capabilities, IndexItem
from core.settings import IndexSettings

with suppress(ImportError):
    # The client loads it at the first search, where there is one; two threads that do so at once fail.
    import scipy.sparse  # type: ignore[import-untyped]  # noqa: F401

log = logging.getLogger(__name__)

CONNECT_SECONDS = 5.0
SEARCH_SECONDS = 4.0  # a person waits for it
SLOW_SECONDS = 30.0  # in this process it is never away, at most busy
WRITE_SECONDS = 120.0
PAGE = 4_000  # a flush, and every search behind it, waits for one
# Lite's own server hangs up on a client that asks every ten seconds whether it is there.
SELDOM = {"grpc.keepalive_time_ms": 600_000, "grpc.keepalive_permit_without_calls": 0}
WORDS = "words"  # beside what Lite keeps in its folder
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
        self._lite = Lite(Path(uri)) if is_folder(uri) else None
        # A folder may hold much, on a machine that is busy: only damage makes it unreadable.
        self._patience = WRITE_SECONDS if self._lite else SEARCH_SECONDS
        self._shelf: Shelf | None = None
        try:
            if self._lite:
                self._shelf = Shelf(self._lite.folder / WORDS)
            with translated("does not answer"):
                self._client = MilvusClient(
                    self._lite.address if self._lite else uri,
                    token=token,
                    timeout=WRITE_SECONDS if self._lite else CONNECT_SECONDS,
                    dedicated=True,
                    grpc_options=SELDOM if self._lite else {},
                )
                self._version = str(self._client.get_server_version(timeout=self._patience))
            self.search = Search(
                self._client,
                lite=self.lite,
                ef=settings.ef,
                seconds=SLOW_SECONDS if self._lite else SEARCH_SECONDS,
                shelf=self._shelf,
            )
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
        self._let_go(sealed=not self.suspect)

    def collections(self) -> list[str]:
        """Return the names of the collections that have our fields, sorted."""
        with translated("cannot list its collections"):
            names = self._client.list_collections(timeout=self._patience)
            return sorted(name for name in names if self._fields(name) >= FIELDS)

    def create(self, collection: str, dimension: int) -> None:
        """Make and load an empty collection; nothing happens where it exists."""
        bm25 = self.capabilities.bm25 and not self._shelf  # which searches words itself
        tokenizer = ("standard" if self.lite else "whitespace") if bm25 else None
        indexes = self._client.prepare_index_params()
        add_indexes(indexes, self._settings, kind=kind_of(self._version), bm25=bm25)
        with translated(f"cannot make the collection {collection}"):
            if self._client.has_collection(collection, timeout=WRITE_SECONDS):
                return
            if self._shelf:
                self._shelf.make(collection)
            self._client.create_collection(
                collection,
                schema=schema_of(dimension, tokenizer),
                consistency_level="Session",
                timeout=WRITE_SECONDS,
            )
            # There is nothing to index yet, while the client would wait a second for each index.
            self._client.create_index(collection, indexes, timeout=WRITE_SECONDS, sync=False)
            self._client.load_collection(collection, timeout=WRITE_SECONDS)

    def drop(self, collection: str) -> None:
        """Remove a collection and the aliases that name it, which a server would not let go."""
        self.search.forget()
        with translated(f"cannot remove the collection {collection}"):
            if collection not in self._client.list_collections(timeout=WRITE_SECONDS):
                return
            for alias in self._aliases(collection):
                self._client.drop_alias(alias, timeout=WRITE_SECONDS)
            self._client.drop_collection(collection, timeout=WRITE_SECONDS)
        if self._lite:
            self._lite.seal.forget(collection)
        if self._shelf:
            self._shelf.remove(collection)

    def point(self, alias: str, collection: str) -> None:
        """Let an alias name a collection, in one step where it named another before."""
        known = self.pointed(alias) is not None
        self.search.forget()
        with translated(f"cannot let {alias} name {collection}"):
            if not known:  # or it names what is lost, and nothing lists such a one
                with suppress(MilvusException):
                    self._client.drop_alias(alias, timeout=WRITE_SECONDS)
            change = self._client.alter_alias if known else self._client.create_alias
            change(collection, alias, timeout=WRITE_SECONDS)

    def pointed(self, alias: str) -> str | None:
        """Return the collection that an alias names, or None."""
        with translated("cannot list its aliases"):
            names = self._client.list_collections(timeout=self._patience)
            return next((name for name in names if alias in self._aliases(name)), None)

    def upsert(self, collection: str, items: Sequence[IndexItem]) -> None:
        """Write some hundreds of rows, replacing those of the same id."""
        with self._writing(collection):
            held = self.search.described(collection, afresh=True)
            rows = rows_of(items, bm25=held.words)
            self._client.upsert(held.name, rows, timeout=WRITE_SECONDS)
        words = self.search.words_of(held.name)
        if words:  # Lite has refused by now what no index takes
            words.upsert(items)

    def delete(self, collection: str, ids: Sequence[str]) -> None:
        """Remove some hundreds of rows; unknown ids are passed over."""
        with self._writing(collection):
            name = self.search.described(collection, afresh=True).name
            self._client.delete(name, filter=among("id", ids), timeout=WRITE_SECONDS)
            if not self.lite:  # an old server does not say from when on a search will not find them
                self._page(name, 'id == ""', {"consistency_level": "Strong"})
        words = self.search.words_of(name)
        if words:
            words.delete(ids)

    def flush(self, collection: str) -> None:
        """Make what was written durable and quick to search."""
        with self._writing(collection):
            self._client.flush(collection, timeout=WRITE_SECONDS)
        if self._lite:
            self._lite.seal.renew()

    def settle(self, collection: str) -> None:
        """Wait until Milvus Lite has indexed what was flushed; a server does so by itself.

        It is released and loaded for that, and nothing may search it meanwhile.
        """
        if self.lite:
            with self._writing(collection):
                self._client.release_collection(collection, timeout=WRITE_SECONDS)
                self._client.load_collection(collection, timeout=WRITE_SECONDS)

    def load_state(self, collection: str) -> str:
        """Return whether a collection can be searched, in the server's word."""
        with translated(f"cannot say the state of {collection}"):
            state = self._client.get_load_state(collection, timeout=self._patience)["state"]
        return str(getattr(state, "name", state))

    def count(self, collection: str) -> int:
        """Return how many whole rows there are, what was just written included."""
        with translated(f"cannot count the rows of {collection}"):
            (told,) = self._client.query(
                collection,
                filter="",
                output_fields=["count(*)"],
                consistency_level="Strong",
                timeout=WRITE_SECONDS,
            )
        return self.search.count_words(collection, int(told["count(*)"]))

    def rows(self, collection: str, last: str = "") -> dict[str, int]:
        """Return the next ids after `last`, in order, each with its row's audience; none at the end.

        One that has only its vector or only its words has no audience that the ledger knows.
        The client's own iterator puts the last id unquoted into the next page's filter.
        """
        with translated(f"cannot list the rows of {collection}"):
            if not last:
                # Pages do not wait for the latest writes to be visible; this does, once for all.
                self._page(collection, 'id == ""', {"consistency_level": "Strong"})
            after = json.dumps(last, ensure_ascii=False)
            in_order = {"iterator": "True", "reduce_stop_for_best": "True"}
            page = self._page(collection, f"id > {after}", in_order)
        words = self.search.words_of(collection)
        return merged(page, words.rows(last, max(page, default=None))) if words else page

    def _page(self, collection: str, chosen: str, options: dict[str, str]) -> dict[str, int]:
        rows = self._client.query(
            collection,
            filter=chosen,
            output_fields=["id", "audience"],
            limit=PAGE,
            timeout=WRITE_SECONDS,
            **options,
        )
        return {str(row["id"]): int(row["audience"]) for row in rows}

    @contextmanager
    def _writing(self, collection: str) -> Iterator[None]:
        try:
            with translated(f"cannot write to {collection}"):
                yield
        except IndexUnavailableError as error:
            self.suspect = self.suspect or (
                self._lite is not None and not is_refusal(error.__cause__)
            )
            raise

    def _load(self) -> None:
        """Load what exists: after a restart a collection is there but cannot be searched."""
        for collection in self.collections():
            with translated(f"cannot load the collection {collection}"):
                self._client.load_collection(collection, timeout=WRITE_SECONDS)
        if self._shelf:
            apart = [one for one in self.collections() if not self.search.described(one).words]
            self._shelf.open(apart)

    def _let_go(self, *, sealed: bool = False) -> None:
        if hasattr(self, "_client"):
            self._client.close()
        if self._shelf:
            self._shelf.close()
        if self._lite:
            self._lite.stop(sealed=sealed)

    def _fields(self, collection: str) -> frozenset[str]:
        described = self._client.describe_collection(collection, timeout=self._patience)
        return frozenset(field["name"] for field in described["fields"])

    def _aliases(self, collection: str) -> list[str]:
        """Return a collection's aliases; Lite does not describe them, old servers only do that."""
        if self.lite:
            return list(self._client.list_aliases(collection, timeout=self._patience)["aliases"])
        described = self._client.describe_collection(collection, timeout=self._patience)
        return list(described.get("aliases") or ())
