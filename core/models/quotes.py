"""The lines of passages that best answer a question, word for word (pure)."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from core.models.blocks import Block, Kind, blocks_of
from core.models.sentences import sentences_of
from core.models.subject import subject_of
from core.preferences import Length
from core.prompts import PromptPassage
from core.terms import terms_of

UNSEEN = re.compile(r"!\[[^\]]*\]\([^)]*\)|\]\([^)]*\)|https?://\S+|</?\w[^>\n]*>")
FLOOR = 0.35
NEAR_BEST = 0.6
LONGEST_PARAGRAPH = 320
LONGEST_INTRODUCTION = 200
LONG_BLOCK = 1500


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """How much is quoted at most: quotes, passages, quotes of a later passage, and letters."""

    quotes: int
    passages: int
    later: int
    letters: int


MEASURES = {
    Length.BRIEF: Measure(quotes=1, passages=1, later=1, letters=900),
    Length.NORMAL: Measure(quotes=3, passages=3, later=1, letters=900),
    Length.DETAILED: Measure(quotes=6, passages=5, later=2, letters=2000),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """Lines of the passage at place `passage`; `weight` is that of the question's terms in them."""

    passage: int
    text: str
    weight: float


def quotes_of(
    question: str, passages: Sequence[PromptPassage], length: Length = Length.NORMAL
) -> list[Quote]:
    """Return the quotes that answer a question, or none if no passage comes near.

    The order of the passages is trusted: a later one only adds what is about as good. What comes of
    one source stands together and as it reads there, the source of the best quote first.
    """
    most = MEASURES[length]
    held = [terms_held(f"{p.title}\n{p.breadcrumb}\n{p.text}") for p in passages]
    weights = weights_of(question, held)
    near = [place for place, terms in enumerate(held) if covered(weights, terms) >= FLOOR]
    chosen: list[Quote] = []
    for place in near[: most.passages]:
        found = sorted(candidates(place, passages[place], weights), key=lambda q: -q.weight)
        for quote in found[: most.later if chosen else 2]:
            if fits(quote, chosen, most.letters):
                chosen.append(quote)
    return as_read(chosen[: most.quotes], passages)


def as_read(quotes: Sequence[Quote], passages: Sequence[PromptPassage]) -> list[Quote]:
    """Return quotes source by source, each in its order: the second step comes behind the first."""
    sources = list(dict.fromkeys(passages[quote.passage].source for quote in quotes))

    def place(quote: Quote) -> tuple[int, int, int]:
        passage = passages[quote.passage]
        return sources.index(passage.source), passage.ordinal, passage.text.find(quote.text)

    return sorted(quotes, key=place)


def weights_of(question: str, held: Sequence[frozenset[str]]) -> dict[str, float]:
    """Return each of the question's terms with its weight: the rarer in the passages, the more."""
    counts = {term: sum(term in terms for terms in held) for term in subject_of(question)}
    return {term: 1 + math.log((len(held) + 1) / (count + 1)) for term, count in counts.items()}


def covered(weights: Mapping[str, float], terms: Iterable[str]) -> float:
    """Return the share (0…1) of the question that terms cover."""
    total = sum(weights.values())
    return weight_in(weights, frozenset(terms)) / total if total else 0.0


def weight_in(weights: Mapping[str, float], terms: frozenset[str]) -> float:
    """Return the weight of the question's terms among others."""
    return sum(weight for term, weight in weights.items() if term in terms)


def fits(quote: Quote, chosen: Sequence[Quote], letters: int) -> bool:
    """Say whether a quote adds something good and new, and leaves the answer within so many letters."""
    if not chosen:
        return True
    if quote.weight < NEAR_BEST * chosen[0].weight:
        return False
    if any(quote.text in other.text or other.text in quote.text for other in chosen):
        return False
    return sum(len(q.text) for q in (*chosen, quote)) <= letters


def candidates(place: int, passage: PromptPassage, weights: Mapping[str, float]) -> list[Quote]:
    """Return what can be quoted of a passage.

    A term of the passage's title is no merit of one line of it, so it counts half for each; a term
    of the heading right above counts half where the lines lack it.
    """
    above = terms_held(f"{passage.title}\n{passage.breadcrumb}")
    found = []
    heading: frozenset[str] = frozenset()
    for group in groups_of(blocks_of(passage.text)):
        text = "".join(block.text for block in group)
        if group[0].kind is Kind.HEADING:
            heading = terms_held(text)
            continue
        if len(group) == 1 and group[0].kind is Kind.PARAGRAPH:
            text = best_sentences(text, weights)
        own = terms_held(text) - above
        weight = weight_in(weights, own) + weight_in(weights, (above | heading) - own) / 2
        weight *= fitness(group[0].kind, text, bool(own & weights.keys()))
        found.append(Quote(passage=place, text=text.strip("\n").rstrip(), weight=weight))
    return [quote for quote in found if quote.weight > 0]


def fitness(kind: Kind, text: str, touches: bool) -> float:
    """Return how well a block reads as a quote, 0…1: not without words, less when it is long.

    A list or code that does not even touch the question gives way to prose that does not.
    """
    if not terms_held(text):
        return 0.0
    length = 1 + max(0, len(text) - LONGEST_PARAGRAPH) / LONG_BLOCK
    return (1.0 if touches or kind is Kind.PARAGRAPH else 0.5) / length


def groups_of(blocks: Iterable[Block]) -> list[list[Block]]:
    """Return the blocks, each that has an introduction together with it."""
    groups: list[list[Block]] = []
    for block in blocks:
        if groups and introduces(groups[-1][-1], block):
            groups[-1].append(block)
        else:
            groups.append([block])
    return groups


def introduces(above: Block, block: Block) -> bool:
    """Say whether a block is hardly understood without the one above it."""
    if Kind.HEADING in {above.kind, block.kind} or not terms_held(above.text):
        return False
    if above.text.rstrip().endswith((":", "：")):
        return True
    short = above.kind is Kind.PARAGRAPH and len(above.text) <= LONGEST_INTRODUCTION
    return short and block.kind is not Kind.PARAGRAPH


def best_sentences(paragraph: str, weights: Mapping[str, float]) -> str:
    """Return a short paragraph whole, of a long one the run of sentences with the most weight."""
    if len(paragraph) <= LONGEST_PARAGRAPH:
        return paragraph
    sentences = sentences_of(paragraph)
    runs = [run_from(sentences, start) for start in range(len(sentences))]
    best: list[str] = max(runs, key=lambda run: worth(run, weights))
    return "".join(best)


def worth(run: Sequence[str], weights: Mapping[str, float]) -> float:
    """Return a run's weight; its first sentence counts twice, so that quotes begin to the point."""
    return sum(weight_in(weights, terms_held(text)) for text in ("".join(run), run[0]))


def run_from(sentences: Sequence[str], start: int) -> list[str]:
    """Return as many sentences from one on as make a short paragraph, at least that one."""
    run = [sentences[start]]
    for sentence in sentences[start + 1 :]:
        if sum(map(len, run)) + len(sentence) > LONGEST_PARAGRAPH:
            break
        run.append(sentence)
    return run


def terms_held(markdown: str) -> frozenset[str]:
    """Return the terms that a reader sees in a text: not those of addresses, images and tags."""
    return frozenset(terms_of(UNSEEN.sub(" ", markdown)))
