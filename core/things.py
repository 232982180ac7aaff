"""What a question names: the words behind its articles. Pure."""

import itertools
from collections.abc import Iterator
from functools import lru_cache

from core.opposites import words_in
from core.questions import ARTICLES, ASKING
from core.terms import terms_of


def named_instead(one: str, other: str) -> frozenset[str]:
    """Return the terms of what one question names where another names something else.

    Empty where either names nothing that the other does not. It may be another word for the same, so
    that the terms alone say little: what is known under that name decides.
    """
    mine, theirs = _named(one) - _terms(other), _named(other) - _terms(one)
    return mine if theirs else frozenset()


@lru_cache(maxsize=4_096)
def _terms(text: str) -> frozenset[str]:
    return frozenset(terms_of(text))


@lru_cache(maxsize=4_096)  # the phrasings of stored answers are compared with every question
def _named(text: str) -> frozenset[str]:
    return frozenset(term for word in _behind_articles(words_in(text)) for term in terms_of(word))


def _behind_articles(words: list[str]) -> Iterator[str]:
    """Yield the word behind each article, unless it says nothing by itself, as in "the way"."""
    for article, word in itertools.pairwise(words):
        if article in ARTICLES and word not in ARTICLES and {*terms_of(word)} - ASKING:
            yield word
