"""Texts as tokens, gathered in batches of like length, so that little is padding."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BUDGET = 1024
"""Tokens in a batch, some 20 ms of work: larger ones are no quicker, and hold a thread longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Some rows of a list of texts: their tokens, padded, and 1 where there is one, else 0.

    Both arrays have the shape (len(rows), length of the longest).
    """

    rows: Sequence[int]
    tokens: NDArray[np.int32]
    mask: NDArray[np.float32]


def batches(texts: Sequence[NDArray[np.int32]], budget: int = BUDGET) -> Iterator[Batch]:
    """Yield every text once, the shortest first, with at most `budget` tokens a batch.

    Padding counts. A text that is longer than that has a batch to itself.
    """
    by_length = sorted(range(len(texts)), key=lambda row: len(texts[row]))
    rows: list[int] = []
    for row in by_length:
        # Rows come in order of length, so this one's length would be the whole batch's.
        if rows and (len(rows) + 1) * len(texts[row]) > budget:
            yield padded(rows, texts)
            rows = []
        rows.append(row)
    if rows:
        yield padded(rows, texts)


def padded(rows: Sequence[int], texts: Sequence[NDArray[np.int32]]) -> Batch:
    """Return these rows as one batch, filled up at the end."""
    longest = max(len(texts[row]) for row in rows)
    tokens = np.zeros((len(rows), longest), dtype=np.int32)
    mask = np.zeros((len(rows), longest), dtype=np.float32)
    for place, row in enumerate(rows):
        tokens[place, : len(texts[row])] = texts[row]
        mask[place, : len(texts[row])] = 1
    return Batch(rows=rows, tokens=tokens, mask=mask)
