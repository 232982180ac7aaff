"""Rows on their way into Milvus."""

import json
import re

import numpy as np
import pytest
from pymilvus import MilvusClient  # type: ignore[import-untyped]  # it ships no types

from core.index.schema import LONGEST_TERMS, Kind, add_indexes, among, encoded, rows_of, schema_of
from core.items import IndexItem
from core.settings import IndexSettings
from core.terms import terms_of

TEXTS = [
    "2.3.5",
    "audience_id",
    "don't",
    "--flag",
    "__init__",
    "C++",
    "हिन्दी",
    "混合检索",
    "a_5f_b",
]


@pytest.mark.parametrize("text", TEXTS)
def test_analyzers_keep_terms_whole(text: str) -> None:
    """Cut at whitespace or at everything but word characters, the encoded terms are the same."""
    terms = encoded(" ".join(terms_of(text)))
    assert re.findall(r"\w+", terms.lower()) == terms.split()


def test_different_terms_stay_different() -> None:
    """No two terms are encoded alike."""
    terms = {term for text in TEXTS for term in [*terms_of(text), text]} | {"5f", "a5fb", "a_b"}
    assert len({encoded(term) for term in terms}) == len(terms)


def test_long_terms_are_cut_between_terms() -> None:
    """Beyond the field's bytes whole terms are left out, never half a term."""
    terms = " ".join(["混合"] * 20_000)
    kept = encoded(terms)
    assert set(kept.split()) == {"混合"}
    assert LONGEST_TERMS - 8 < len(kept.encode()) <= LONGEST_TERMS


def test_terms_that_just_fit_are_kept() -> None:
    """A text of exactly the field's length loses nothing, one byte more its last term."""
    fits = "ab " * (LONGEST_TERMS // 3)
    assert encoded(fits) == fits
    assert encoded(fits + "c").split() == fits.split()


def test_filters_quote() -> None:
    """Values of a filter are read back as they were, whatever they contain."""
    values = ['a"] or id != ""', "b\\", "'", "字"]
    assert json.loads(among("id", values).removeprefix("id in ")) == values


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_infinite_vectors_are_refused(bad: float) -> None:
    """What is no number never reaches Milvus Lite, which would take it."""
    vector = np.array([1, bad], dtype=np.float32)
    item = IndexItem(id="a", owner="o", audience=1, terms="", vector=vector)
    with pytest.raises(ValueError, match="not finite"):
        rows_of([item], bm25=True)


def test_without_bm25_no_terms_are_sent() -> None:
    """A server without word search gets rows without terms."""
    vector = np.ones(2, dtype=np.float32)
    item = IndexItem(id="a", owner="o", audience=1, terms="tea", vector=vector)
    assert "terms" not in rows_of([item], bm25=False)[0]


@pytest.mark.parametrize(
    ("kind", "dense", "audience"),
    [("lite", "HNSW", "INVERTED"), ("server", "HNSW", "INVERTED"), ("old", "HNSW", "STL_SORT")],
)
def test_each_server_gets_the_indexes_it_knows(kind: Kind, dense: str, audience: str) -> None:
    """Lite searches exhaustively, a server by graph, an old one without inverted indexes."""
    indexes = MilvusClient.prepare_index_params()
    add_indexes(indexes, IndexSettings(), kind=kind, bm25=kind == "server")
    types = {index.field_name: index.index_type for index in indexes}
    words = {"sparse": "SPARSE_INVERTED_INDEX"} if kind == "server" else {}
    assert types == {"dense": dense, "audience": audience, **words}


def test_without_tokenizer_no_word_search() -> None:
    """A server that cannot rank words gets a schema without them."""
    assert [field.name for field in schema_of(2, None).fields] == [
        "id",
        "owner",
        "audience",
        "dense",
    ]
