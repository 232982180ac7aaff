"""The variety plugin reorders near-ties of documents and drops nothing."""

from hypothesis import given
from hypothesis import strategies as st

from core.hookspecs import Services
from core.items import Found
from core.plugins import collect, load_plugins
from plugins.variety import MOST, varied


def passages(*given: tuple[str, float]) -> list[Found]:
    """Return found passages of these documents and scores, numbered in order."""
    return [
        Found(
            passage_id=f"{document}{number}",
            document_id=document,
            document_uri=document,
            title=document,
            breadcrumb=document,
            text="",
            link=None,
            hash="",
            audience_id=1,
            score=score,
            dense=score,
            coverage=score,
        )
        for number, (document, score) in enumerate(given)
    ]


def order(found: list[Found]) -> str:
    """Return the passages' ids in one line."""
    return " ".join(one.passage_id for one in found)


def test_the_third_passage_of_a_document_lets_another_go_first() -> None:
    """Of documents that match as well, each has its turn before one fills the prompt."""
    found = passages(("a", 0.8), ("a", 0.8), ("a", 0.78), ("a", 0.77), ("b", 0.76), ("c", 0.74))
    assert order(varied(found)) == "a0 a1 b4 c5 a2 a3"


def test_a_document_that_matches_worse_stays_behind() -> None:
    """What is less relevant is never lifted for variety's sake."""
    found = passages(("a", 0.8), ("a", 0.8), ("a", 0.8), ("b", 0.7))
    assert varied(found) == found


def test_a_document_that_had_its_turn_is_not_preferred() -> None:
    """Only a document's best passage goes ahead, so that the rest of the order stands."""
    found = passages(("b", 0.8), ("a", 0.8), ("a", 0.8), ("a", 0.8), ("b", 0.8))
    assert varied(found) == found


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 1)), max_size=20))
def test_nothing_is_dropped_and_documents_keep_their_own_order(
    given: list[tuple[str, float]],
) -> None:
    """The result is a permutation; within a document, and of its first two, nothing changes."""
    found = passages(*given)
    result = varied(found)
    assert sorted(map(id, result)) == sorted(map(id, found))
    for document in "abc":
        mine = [one for one in result if one.document_id == document]
        assert mine == [one for one in found if one.document_id == document]
    assert result[:MOST] == found[:MOST]


async def test_the_plugin_brings_the_reranker(services: Services) -> None:
    """Enabled by its name, it orders as the function does."""
    (reranker,) = collect(load_plugins(["variety"]), lambda *_: services).rerankers
    found = passages(("a", 0.8), ("a", 0.8), ("a", 0.8), ("b", 0.8))
    assert order(list(await reranker.rerank("?", found))) == "a0 a1 b3 a2"
