"""Batches of like length."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.embedders.batches import batches

lengths = st.lists(st.integers(min_value=2, max_value=300), max_size=60)


@given(lengths=lengths, budget=st.integers(min_value=0, max_value=2000))
def test_every_text_is_in_one_batch_with_its_own_tokens(lengths: list[int], budget: int) -> None:
    """No text is lost or doubled, and the mask shows just its tokens."""
    texts = [np.full(length, row + 1, dtype=np.int32) for row, length in enumerate(lengths)]
    seen = {}
    for batch in batches(texts, budget):
        for row, tokens, mask in zip(batch.rows, batch.tokens, batch.mask, strict=True):
            assert row not in seen
            seen[row] = tokens[mask == 1].tolist()
            assert not tokens[mask == 0].any()
    assert seen == {row: text.tolist() for row, text in enumerate(texts)}


@given(lengths=lengths, budget=st.integers(min_value=0, max_value=2000))
def test_a_batch_keeps_to_its_budget_unless_it_is_one_text(lengths: list[int], budget: int) -> None:
    """Padding counts; only a text that is longer by itself may exceed the budget."""
    texts = [np.ones(length, dtype=np.int32) for length in lengths]
    for batch in batches(texts, budget):
        assert batch.tokens.size <= budget or len(batch.rows) == 1


def test_batches_are_filled() -> None:
    """Four texts of ten tokens go into one batch of forty."""
    made = list(batches([np.ones(10, dtype=np.int32)] * 8, 40))
    assert [len(batch.rows) for batch in made] == [4, 4]
