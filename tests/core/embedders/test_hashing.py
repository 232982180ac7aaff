"""The hashing embedder, beyond the contract."""

import pytest

from core.embedders.hashing import HashingEmbedder


async def test_texts_that_share_no_term_are_hardly_alike() -> None:
    """Two texts without a common term have a cosine near zero."""
    embedder = HashingEmbedder(dimension=1024)
    first = await embedder.embed_question("tavern ale barrel")
    second = await embedder.embed_question("scheduler index vector")
    assert abs(first @ second) < 0.4


async def test_a_text_without_terms_has_a_direction() -> None:
    """Even punctuation gets a unit vector, never a division by zero."""
    vector = await HashingEmbedder().embed_question("?!")
    assert float(vector @ vector) == pytest.approx(1)


def test_the_fingerprint_follows_the_dimension() -> None:
    """Embedders of another dimension do not make interchangeable vectors."""
    small, large = HashingEmbedder(dimension=64), HashingEmbedder(dimension=128)
    assert small.description.fingerprint != large.description.fingerprint
