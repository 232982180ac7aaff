"""What of a question carries its meaning. Pure."""

import re
from collections import Counter

from core.terms import terms_of

# Words that a question is asked with rather than about, as terms. Chinese ones are pairs of
# characters, as terms are.
ASKING = frozenset(
    term
    for word in [
        "a",
        "an",
        "the",
        "and",
        "or",
        "but",
        "if",
        "then",
        "than",
        "so",
        "of",
        "in",
        "on",
        "at",
        "to",
        "from",
        "for",
        "with",
        "by",
        "about",
        "into",
        "over",
        "as",
        "is",
        "are",
        "was",
        "were",
        "be",
        "been",
        "being",
        "am",
        "do",
        "does",
        "did",
        "doing",
        "done",
        "have",
        "has",
        "had",
        "having",
        "will",
        "would",
        "shall",
        "should",
        "can",
        "could",
        "may",
        "might",
        "must",
        "i",
        "me",
        "my",
        "we",
        "us",
        "our",
        "you",
        "your",
        "he",
        "she",
        "it",
        "its",
        "they",
        "them",
        "their",
        "this",
        "that",
        "these",
        "those",
        "there",
        "here",
        "what",
        "which",
        "who",
        "whom",
        "whose",
        "when",
        "where",
        "why",
        "how",
        "much",
        "many",
        "some",
        "any",
        "each",
        "please",
        "tell",
        "explain",
        "show",
        "give",
        "let",
        "know",
        "want",
        "need",
        "get",
        "got",
        "go",
        "going",
        "use",
        "using",
        "used",
        "make",
        "way",
        "thing",
        "anyone",
        "someone",
        "something",
        "just",
        "also",
        "too",
        "very",
        "really",
        "again",
    ]
    for term in terms_of(word)
) | frozenset(
    [
        "什么",
        "怎么",
        "如何",
        "为什",
        "么样",
        "哪些",
        "哪个",
        "多少",
        "可以",
        "是否",
        "吗",
        "呢",
        "请问",
        "怎样",
    ]
)

NEGATIONS = frozenset(
    [
        "no",
        "not",
        "never",
        "without",
        "cannot",
        "none",
        "nothing",
        "neither",
        "nor",
        "isn't",
        "aren't",
        "wasn't",
        "weren't",
        "don't",
        "doesn't",
        "didn't",
        "can't",
        "couldn't",
        "won't",
        "wouldn't",
        "shouldn't",
        "mustn't",
        "haven't",
        "hasn't",
        "disable",
        "disabled",
        "disabling",
        "deactivate",
        "remove",
        "delete",
        "uninstall",
        "unset",
        "stop",
        "prevent",
        "forbid",
        "avoid",
        "except",
        "exclude",
        "off",
    ]
)
CHINESE_NEGATIONS = "不没無无未别勿禁停删"
WORD = re.compile(r"[\w']+", re.UNICODE)
NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
NAME = re.compile(r"(?<![.!?]\s)(?<!^)\b[A-Z][\w-]*|\b\w*[a-z][A-Z]\w*|`[^`]+`|\b\w+[_]\w+")
DIRECTION = re.compile(r"\bfrom\s+(\S+(?:\s\S+)?)\s+(?:in)?to\s+(\S+)", re.IGNORECASE)


def content_terms_of(text: str) -> list[str]:
    """Return the terms that a question is about; all of its terms where it has no other."""
    terms = terms_of(text)
    return [term for term in terms if term not in ASKING] or terms


def same_meaning(one: str, other: str) -> bool:
    """Say whether nothing that reverses or changes a question's meaning differs between two.

    Compared are negation, numbers and versions, names, and direction ("from A to B"). Two
    questions may still mean different things: their similarity is the first gate, this the second.
    """
    return (
        _negated(one) == _negated(other)
        and Counter(NUMBER.findall(one)) == Counter(NUMBER.findall(other))
        and _names_agree(one, other)
        and _directions(one) == _directions(other)
    )


def _negated(text: str) -> bool:
    words = (word.lower() for word in WORD.findall(text.replace("’", "'")))
    counted = sum(word in NEGATIONS for word in words)
    counted += sum(text.count(sign) for sign in CHINESE_NEGATIONS)
    return counted % 2 == 1


def _names_agree(one: str, other: str) -> bool:
    """A name in one question must stand in the other, however it is written there."""
    return _names(one) <= _folded_words(other) and _names(other) <= _folded_words(one)


def _names(text: str) -> frozenset[str]:
    return frozenset(
        word.lower() for name in NAME.findall(text) for word in WORD.findall(name) if len(word) > 1
    )


def _folded_words(text: str) -> frozenset[str]:
    return frozenset(word.lower() for word in WORD.findall(text))


def _directions(text: str) -> frozenset[tuple[str, str]]:
    return frozenset(
        (start.lower(), end.lower().strip("?.!,")) for start, end in DIRECTION.findall(text)
    )
