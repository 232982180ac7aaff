"""Duplicates: two people who keep the same answer in other words stand by one answer."""

from collections.abc import Collection

import numpy as np

from core.opposites import words_in
from core.questions import facts_missing, same_meaning
from core.retrieval import HEARD, Retriever
from core.terms import stem

ALIKE = 0.9  # cosine similarity from which on two texts may say the same
# Words that may be missing: without them a text says what it said.
EMPTY = frozenset(
    words_in(
        "a an the please just simply you we i it they them their your our my this that these those "
        "there here can is are be being get for and so also hi hello"
    )
)
# What begins a phrase that may as well stand at the beginning of a sentence as at its end.
LEADING = frozenset(words_in("after before when if once while until at in on during from"))


async def alike(retriever: Retriever, text: str, others: Collection[str]) -> frozenset[str]:
    """Return which of the others say what a text says; none where the embedder cannot tell.

    Nearness alone tells nothing of who does what to whom, so the words have to agree as well.
    """
    agreeing = sorted(one for one in others if one != text and says_the_same(one, text))
    if not agreeing:
        return frozenset()
    mine = await retriever.seek(text, frozenset())
    found: set[str] = set()
    for one in agreeing:
        theirs = await retriever.seek(one, frozenset())
        near = float(np.dot(mine.vector, theirs.vector))
        if min(mine.spoken, theirs.spoken) >= HEARD and near >= ALIKE:
            found.add(one)
    return frozenset(found)


def says_the_same(one: str, other: str) -> bool:
    """Say whether two texts have the same words, facts and negations.

    Words that say nothing may be missing, forms may differ, and one phrase may have moved from the
    end to the beginning. Two texts that pass may still differ: their similarity is the other gate.
    """
    if facts_missing(one, other) or facts_missing(other, one) or not same_meaning(one, other):
        return False
    left, right = _told(one), _told(other)
    return bool(left) and (left == right or _moved(left, right))


def _told(text: str) -> list[str]:
    """Return the stems of the words that say something, in their order."""
    return [stem(word) for word in words_in(text) if word not in EMPTY]


def _moved(left: list[str], right: list[str]) -> bool:
    """Say whether one is the other but for a phrase that stands at the other end."""
    if len(left) != len(right):
        return False
    leading = {stem(word) for word in LEADING}
    return any(
        left[cut:] + left[:cut] == right and {left[0], left[cut]} & leading
        for cut in range(1, len(left))
    )
