"""Cutting prose into sentences without losing a sign of it (pure)."""

import itertools
import re

LATIN_END = re.compile(r"(?<![.!?…])[.!?…]+[\"'”’»)\]*_`]*\s+(?=\S)")
IDEOGRAPHIC_END = re.compile(r"(?<![。！？｡])[。！？｡]+[」』”’）]*\s*(?=\S)")
ABBREVIATIONS = frozenset(
    [
        "e.g",
        "i.e",
        "etc",
        "vs",
        "cf",
        "approx",
        "ca",
        "fig",
        "nr",
        "mr",
        "mrs",
        "ms",
        "dr",
        "prof",
        "st",
        "z.b",
        "d.h",
        "bzw",
        "usw",
        "u.a",
        "p.ej",
        "resp",
        "incl",
        "excl",
    ]
)
LONGEST_WORD = 24
LAST_WORD = re.compile(r"[\w.]+$")


def sentences_of(text: str) -> list[str]:
    """Return the sentences of a paragraph, in order; joined they are the text itself.

    Blanks go with the sentence before them. No cut is made inside `inline code`, after an
    abbreviation or an initial, or before a small letter.
    """
    cuts, marks, seen = [], 0, 0
    for match in LATIN_END.finditer(text):
        marks += text.count("`", seen, match.start())
        seen = match.start()
        in_code = marks % 2 == 1 and "`" not in match.group()
        if not in_code and ends_here(text, match):
            cuts.append(match.end())
    cuts += [match.end() for match in IDEOGRAPHIC_END.finditer(text)]
    edges = [0, *sorted(set(cuts)), len(text)]
    return [text[start:end] for start, end in itertools.pairwise(edges) if start < end]


def ends_here(text: str, match: re.Match[str]) -> bool:
    """Say whether a full stop that is followed by a blank ends a sentence."""
    if text[match.end()].islower():
        return False
    if match.group()[0] != ".":
        return True
    word = LAST_WORD.search(text, max(0, match.start() - LONGEST_WORD), match.start())
    last = word.group().lower() if word else ""
    return last not in ABBREVIATIONS and not (len(last) == 1 and last.isalpha())
