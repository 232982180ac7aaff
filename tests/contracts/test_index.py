"""What every index driver must do."""

import asyncio
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from core.embedding import Vectors
from core.errors import IndexUnavailableError
from core.interfaces import Index
from core.items import Hit, IndexItem
from core.terms import terms_of

DIMENSION = 8
HOSTILE = [
    "quote'single",
    'quote"double',
    "back\\slash",
    'end"] or id != ""',
    "audience in [1]",
    "%_*",
    "новый 文字 🙂",
    "tab\tand\nline",
    "{}",
]


def unit(seed: int) -> Vectors:
    """Return a unit vector, the same for the same seed."""
    vector = np.random.default_rng(seed).normal(size=DIMENSION)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def item(name: str, text: str = "", *, audience: int = 1, seed: int = 0) -> IndexItem:
    """Return a row that belongs to a document named after it."""
    terms = " ".join(terms_of(text))
    return IndexItem(id=name, owner=f"of-{name}", audience=audience, terms=terms, vector=unit(seed))


async def dense(
    index: Index, seed: int = 0, audiences: Sequence[int] = (1,), collection: str = "c"
) -> list[str]:
    """Return the ids of what a collection holds nearest to a vector."""
    hits = await index.search_dense(collection, unit(seed), audiences=audiences, limit=10)
    return [hit.id for hit in hits]


async def words(
    index: Index, text: str, audiences: Sequence[int] = (1,), collection: str = "c"
) -> list[Hit]:
    """Return what a collection finds for the words of a text."""
    terms = " ".join(terms_of(text))
    return await index.search_terms(collection, terms, audiences=audiences, limit=10)


async def test_upsert_replaces(index: Index) -> None:
    """A row of the same id takes the place of the old one, in both searches."""
    await index.create("c", DIMENSION)
    await index.upsert("c", [item("a", "apples", seed=1)])
    await index.upsert("c", [item("a", "pears", seed=2)])
    assert await index.ids("c") == {"a"}
    hits = await index.search_dense("c", unit(2), audiences=[1], limit=10)
    assert [(hit.id, hit.owner) for hit in hits] == [("a", "of-a")]
    assert hits[0].score == pytest.approx(1, abs=1e-5)
    if index.capabilities.bm25:
        assert await words(index, "apples") == []
        assert [hit.id for hit in await words(index, "pears")] == ["a"]


async def test_last_of_two_in_one_call_wins(index: Index) -> None:
    """Of two rows with one id in one call the last is kept, alone."""
    await index.create("c", DIMENSION)
    await index.upsert("c", [item("a", audience=1), item("a", audience=2)])
    assert await index.ids("c") == {"a"}
    assert await dense(index, audiences=[1]) == []
    assert await dense(index, audiences=[2]) == ["a"]


async def test_delete(index: Index) -> None:
    """A deleted row is found by nothing; an unknown id and an empty list are passed over."""
    await index.create("c", DIMENSION)
    await index.upsert("c", [item("a"), item("b")])
    await index.delete("c", ["a", "never there"])
    await index.delete("c", [])
    assert await index.ids("c") == {"b"}
    assert await dense(index) == ["b"]


@pytest.mark.parametrize(
    ("audiences", "found"), [((1,), "a"), ((2, 3), "bc"), ((9,), ""), ((), "")]
)
async def test_audiences(index: Index, audiences: Sequence[int], found: str) -> None:
    """Only rows of the named audiences are found, none where no audience is named."""
    await index.create("c", DIMENSION)
    rows = [item("a", "tea"), item("b", "tea", audience=2), item("c", "tea", audience=3)]
    await index.upsert("c", rows)
    assert set(await dense(index, audiences=audiences)) == set(found)
    if index.capabilities.bm25:
        assert {hit.id for hit in await words(index, "tea", audiences)} == set(found)


async def test_dense_agrees_with_exact_inner_products(index: Index) -> None:
    """Order and scores are those of the inner product computed by hand."""
    await index.create("c", DIMENSION)
    await index.upsert("c", [item(str(seed), seed=seed) for seed in range(60)])
    exact = sorted(((float(unit(s) @ unit(99)), str(s)) for s in range(60)), reverse=True)[:10]
    for _ in range(2):
        hits = await index.search_dense("c", unit(99), audiences=[1], limit=10)
        assert [hit.id for hit in hits] == [name for _, name in exact]
        assert [hit.score for hit in hits] == pytest.approx([score for score, _ in exact], abs=1e-5)
        await index.flush("c")


@pytest.mark.parametrize(
    "asked",
    [
        "running",
        "2.3.5",
        "audience_id",
        "--flag",
        "don't",
        "混合检索",
        "검색",
        "привет",
        "हिन्दी",
        "C++",
    ],
)
async def test_words_are_found_exactly(index: Index, asked: str) -> None:
    """Words, versions, identifiers and every script's words find their row and no other."""
    await index.create("c", DIMENSION)
    texts = [
        "run it",
        "v2.3.5",
        "audience_id",
        "--flag",
        "I don't",
        "支持混合检索",
        "검색",
        "Привет",
    ]
    rows = [item(text, text) for text in [*texts, "हिन्दी में", "C++"]]
    await index.upsert("c", [*rows, *(item(f"other {n}", "something else") for n in range(5))])
    hits = await words(index, asked)
    if index.capabilities.bm25:
        row = next(row for row in rows if set(terms_of(asked)) <= set(row.terms.split()))
        assert hits[0].id == row.id
        assert all(hit.score >= 0 for hit in hits)
    else:
        assert hits == []


async def test_rarer_words_score_higher(index: Index) -> None:
    """BM25 scores are higher for the better match, and equal to nothing for no match."""
    if not index.capabilities.bm25:
        pytest.skip("this server has no word search")
    await index.create("c", DIMENSION)
    rows = [item("a", "the rare otter"), *(item(str(n), "the common fox") for n in range(9))]
    await index.upsert("c", rows)
    hits = await words(index, "the otter")
    assert hits[0].id == "a"
    assert hits[0].score > hits[1].score >= 0
    assert await words(index, "walrus") == await words(index, "") == []


async def test_aliases_swap(index: Index) -> None:
    """An alias reads and writes the collection it names, and another one after a swap."""
    await index.create("c1", DIMENSION)
    await index.create("c2", DIMENSION)
    assert await index.pointed("alias") is None
    await index.point("alias", "c1")
    await index.upsert("alias", [item("a")])
    await index.point("alias", "c2")
    await index.upsert("alias", [item("b")])
    assert await index.pointed("alias") == "c2"
    assert await dense(index, collection="alias") == ["b"]
    assert (await index.ids("c1"), await index.ids("c2")) == ({"a"}, {"b"})
    assert {"c1", "c2"} <= {*await index.collections()}
    assert "alias" not in await index.collections()


async def test_what_is_written_by_name_is_found_by_alias(index: Index) -> None:
    """The search after a write sees it, though one says the collection's name and one its alias."""
    await index.create("c", DIMENSION)
    await index.point("named", "c")  # which stays where others share the server
    for seed in range(20):
        await index.upsert("c", [item(str(seed), seed=seed)])
        assert (await dense(index, seed, collection="named"))[0] == str(seed)
        await index.delete("c", [str(seed)])
        assert await dense(index, seed, collection="named") == []


async def test_collections_are_apart(index: Index) -> None:
    """Two collections, of different dimensions even, share nothing."""
    await index.create("c", DIMENSION)
    await index.create("d", 2)
    await index.upsert("c", [item("a")])
    flat = IndexItem(id="a", owner="d", audience=1, terms="", vector=np.ones(2, dtype=np.float32))
    await index.upsert("d", [flat])
    await index.delete("d", ["a"])
    assert (await index.ids("c"), await index.ids("d")) == ({"a"}, set())


async def test_a_made_collection_is_loaded(index: Index) -> None:
    """A collection can be searched as soon as it is made."""
    await index.create("c", DIMENSION)
    assert await index.load_state("c") == "Loaded"
    assert await dense(index) == []


async def test_create_again_keeps_rows(index: Index) -> None:
    """Making a collection that exists changes nothing."""
    await index.create("c", DIMENSION)
    await index.upsert("c", [item("a")])
    await index.create("c", DIMENSION)
    assert await index.ids("c") == {"a"}


async def test_drop(index: Index) -> None:
    """A dropped collection is gone with its aliases, and may be made anew, empty."""
    await index.create("c1", DIMENSION)
    await index.point("alias", "c1")
    await index.upsert("alias", [item("a")])
    await index.drop("c1")
    await index.drop("c1")
    assert "c1" not in await index.collections()
    assert await index.pointed("alias") is None
    await index.create("c1", DIMENSION)
    assert await index.ids("c1") == set()


async def test_unknown_collection(index: Index) -> None:
    """What is done to a collection that does not exist raises a sentence that names it."""
    await index.create("d", DIMENSION)
    for attempt in (
        index.upsert("none", [item("a")]),
        index.ids("none"),
        index.search_dense("none", unit(1), audiences=[1], limit=1),
        index.search_terms("none", "x", audiences=[1], limit=1),
        index.point("alias", "none"),
    ):
        with pytest.raises(IndexUnavailableError, match="none"):
            await attempt
    await index.upsert("d", [item("a")])


async def test_wrong_dimension_is_refused(index: Index) -> None:
    """A vector of another length is refused, and the index goes on."""
    await index.create("wide", DIMENSION + 1)
    with pytest.raises(IndexUnavailableError):
        await index.upsert("wide", [item("a")])
    assert await index.ids("wide") == set()


async def test_rows_survive_a_restart(make_index: Callable[[], Index]) -> None:
    """After closing and opening again rows, aliases and both searches are as before."""
    index = make_index()
    await index.open()
    await index.create("c1", DIMENSION)
    await index.point("alias", "c1")
    await index.upsert("alias", [item("a", "otters", seed=1), item("b", "foxes", seed=2)])
    await index.close()
    again = make_index()
    await again.open()
    assert await again.pointed("alias") == "c1"
    assert (await dense(again, 2, collection="alias"))[0] == "b"
    assert await again.ids("c1") == {"a", "b"}
    if again.capabilities.bm25:
        assert [hit.id for hit in await words(again, "otter", collection="alias")] == ["a"]
    await again.close()


async def test_all_rows_of_many(index: Index) -> None:
    """Every id is listed with its audience, beyond what a server gives in one answer."""
    await index.create("many", 2)
    wanted = {f"{n}\\'\"": n % 3 for n in range(10_500)}
    flat = np.ones(2, dtype=np.float32)
    await index.upsert(
        "many",
        [
            IndexItem(id=id_, owner="o", audience=audience, terms="", vector=flat)
            for id_, audience in wanted.items()
        ],
    )
    assert await index.rows("many") == wanted
    assert await index.count("many") == len(wanted)


async def test_rows_are_counted_without_the_deleted(index: Index) -> None:
    """What was replaced counts once, and what was deleted does not."""
    await index.create("c", DIMENSION)
    await index.upsert("c", [item("a"), item("b"), item("d")])
    await index.upsert("c", [item("a", audience=2)])
    await index.delete("c", ["b"])
    assert await index.rows("c") == {"a": 2, "d": 1}
    assert await index.count("c") == 2


@pytest.mark.parametrize("hostile", HOSTILE)
async def test_hostile_ids(index: Index, hostile: str) -> None:
    """An id is only ever an id: nothing in it widens a filter."""
    await index.create("c", DIMENSION)
    await index.upsert("c", [item(hostile, "tea"), item("other", "tea")])
    assert await index.ids("c") == {hostile, "other"}
    await index.delete("c", [hostile])
    assert await index.ids("c") == {"other"}


async def test_hostile_terms(index: Index) -> None:
    """A question full of another language's syntax is only ever words."""
    await index.create("c", DIMENSION)
    await index.upsert("c", [item(str(n), text) for n, text in enumerate(HOSTILE)])
    for text in [*HOSTILE, "\ud800\0", '") or audience in [2] or ("']:
        assert await words(index, text, audiences=[2]) == []


async def test_megabyte_of_terms(index: Index) -> None:
    """A very long text is cut, not refused, and is found by its first words."""
    await index.create("c", DIMENSION)
    await index.upsert("c", [item("a", "otter " + "混合检索 " * 100_000)])
    if index.capabilities.bm25:
        assert [hit.id for hit in await words(index, "otter " * 50_000)] == ["a"]


async def test_concurrent_upserts_lose_nothing(make_index: Callable[[], Index]) -> None:
    """Rows written by many tasks at once are all there after a restart, once each."""
    index = make_index()
    await index.open()
    await index.create("c", DIMENSION)
    one_by_one = [index.upsert("c", [item(f"{n % 250}", seed=n)]) for n in range(300)]
    searches = [dense(index, n) for n in range(20)]
    await asyncio.gather(*one_by_one, *searches)
    await index.close()
    again = make_index()
    await again.open()
    assert await again.ids("c") == {str(n) for n in range(250)}
    await again.close()


async def test_written_rows_are_found_at_once_while_others_flush(index: Index) -> None:
    """A row is found by the search after its upsert, whatever is being flushed meanwhile."""
    await index.create("c", DIMENSION)

    async def write_and_find(n: int) -> None:
        await index.upsert("c", [item(str(n), audience=n)])
        assert await dense(index, audiences=[n]) == [str(n)]

    await asyncio.gather(*(write_and_find(n) for n in range(150)))
