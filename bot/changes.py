"""Changes: what a better answer changes, word by word, before any platform's markup. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

WORD = re.compile(r"\s*\S+\s*")
KEPT = 12  # words of what stays that are shown on either side of a change
MOST_WORDS = 400  # that are compared: it takes their number cubed; beyond, all is another text


class Change(StrEnum):
    """What happens to some words."""

    STAYS = "stays"
    GOES = "goes"
    COMES = "comes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Words that stand together, and what happens to them."""

    words: str
    change: Change


def changes(before: str, after: str, longest: int) -> Iterator[Stretch]:
    """Yield what goes and what comes, within some of what stays, in about `longest` signs."""
    for one in _stretches(WORD.findall(before), WORD.findall(after)):
        if len(one.words) > longest:
            yield Stretch(words=f"{one.words[:longest]}…", change=one.change)
            return
        longest -= len(one.words)
        yield one


def _stretches(before: list[str], after: list[str]) -> Iterator[Stretch]:
    if len(before) + len(after) > MOST_WORDS:
        yield Stretch(words="".join(after), change=Change.COMES)
        return
    plain_before, plain_after = ([word.strip() for word in words] for words in (before, after))
    compared = SequenceMatcher(None, plain_before, plain_after, autojunk=False)
    for kind, start, end, first, last in compared.get_opcodes():
        if kind == "equal":
            yield Stretch(words=_shortened(after[first:last]), change=Change.STAYS)
            continue
        if end > start:
            yield Stretch(words="".join(before[start:end]), change=Change.GOES)
        if last > first:
            yield Stretch(words="".join(after[first:last]), change=Change.COMES)


def _shortened(words: list[str]) -> str:
    if len(words) <= 2 * KEPT + 1:
        return "".join(words)
    return "".join([*words[:KEPT], " … ", *words[-KEPT:]])
