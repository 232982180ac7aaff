"""How a row lies in a Milvus collection, the same on every server as far as it can be."""

import json
import re
from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

import numpy as np
from pymilvus import (  # type: ignore[import-untyped]  # pymilvus ships no types
    CollectionSchema,
    DataType,
    Function,
    FunctionType,
    MilvusClient,
)
from pymilvus.milvus_client.index import (  # type: ignore[import-untyped]  # pymilvus ships no types
    IndexParams,
)

from core.embedding import Vectors
from core.items import Hit, IndexItem
from core.settings import IndexSettings

LONGEST_TERMS = 65_535
LONGEST_ID = 512
# Milvus Lite, a server before 2.4, which has no inverted index, and a server since.
Kind: TypeAlias = Literal["lite", "old", "server"]
FIELDS = frozenset({"id", "owner", "audience", "dense"})
# Lite's analyzer cuts at everything that is no letter, digit or underscore; what it would cut at,
# and the underscore that stands for it, is written as a number between underscores.
CUT_AT = re.compile(r"[^\w\s]|_")


def since(version: str, *wanted: int) -> bool:
    """Say whether a server's version, as it gives it, is this one or a later one."""
    numbers = re.findall(r"\d+", version)
    return tuple(map(int, numbers[:2])) >= wanted


def kind_of(version: str) -> Kind:
    """Return what kind of server gives this version."""
    if version.startswith("milvus_lite"):
        return "lite"
    return "server" if since(version, 2, 4) else "old"


def schema_of(dimension: int, tokenizer: str | None) -> CollectionSchema:
    """Return the schema of a collection; without a tokenizer it has no word search."""
    schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
    schema.add_field("id", DataType.VARCHAR, is_primary=True, max_length=LONGEST_ID)
    schema.add_field("owner", DataType.VARCHAR, max_length=LONGEST_ID)
    schema.add_field("audience", DataType.INT64)
    schema.add_field("dense", DataType.FLOAT_VECTOR, dim=dimension)
    if tokenizer:
        analyzer = {"tokenizer": tokenizer}
        schema.add_field(
            "terms",
            DataType.VARCHAR,
            max_length=LONGEST_TERMS,
            enable_analyzer=True,
            analyzer_params=analyzer,
        )
        schema.add_field("sparse", DataType.SPARSE_FLOAT_VECTOR)
        schema.add_function(Function("bm25", FunctionType.BM25, ["terms"], ["sparse"]))
    return schema


def add_indexes(indexes: IndexParams, settings: IndexSettings, *, kind: Kind, bm25: bool) -> None:
    """Add to the client's index parameters what every collection gets."""
    build = {"M": settings.m, "efConstruction": settings.ef_construction}
    indexes.add_index("dense", index_type="HNSW", metric_type="IP", params=build)
    indexes.add_index("audience", index_type="STL_SORT" if kind == "old" else "INVERTED")
    if bm25:
        ranking = {"bm25_k1": 1.2, "bm25_b": 0.75}
        indexes.add_index(
            "sparse", index_type="SPARSE_INVERTED_INDEX", metric_type="BM25", params=ranking
        )


def rows_of(items: Sequence[IndexItem], *, bm25: bool) -> list[dict[str, object]]:
    """Return the rows to write, the last one of each id; an infinite vector is a `ValueError`."""
    rows = {}
    for item in items:
        if not np.isfinite(item.vector).all():
            raise ValueError(f"the vector of {item.id} is not finite")
        rows[item.id] = {
            "id": item.id,
            "owner": item.owner,
            "audience": item.audience,
            "dense": np.asarray(item.vector, dtype=np.float32),
            **({"terms": encoded(item.terms)} if bm25 else {}),
        }
    return list(rows.values())


def nearest_of(rows: Sequence[dict[str, Any]], vector: Vectors) -> list[Hit]:
    """Return rows with their vectors as hits, those of the greatest inner product first."""
    hits = [
        Hit(id=row["id"], owner=row["owner"], score=float(np.dot(vector, row["dense"])))
        for row in rows
    ]
    return sorted(hits, key=lambda hit: (-hit.score, hit.id))


def encoded(terms: str) -> str:
    """Return terms that every analyzer keeps whole, cut between two terms at the longest field."""
    text = CUT_AT.sub(lambda found: f"_{ord(found[0]):x}_", terms)
    raw = text.encode("utf-8")
    if len(raw) <= LONGEST_TERMS:
        return raw.decode("utf-8")
    return raw[: LONGEST_TERMS + 1].rpartition(b" ")[0].decode("utf-8", "ignore")


def among(field: str, values: Sequence[int] | Sequence[str]) -> str:
    """Return the filter for rows whose field is one of the values, whatever those contain."""
    return f"{field} in {json.dumps(list(values), ensure_ascii=False)}"
