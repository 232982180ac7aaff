"""Whether passages bear out a text, by the words, numbers and names that they share (pure)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.grounds import Grounds
from core.models.sentences import sentences_of
from core.models.subject import subject_of
from core.opposites import negated, opposed
from core.prompts import PromptPassage
from core.questions import facts_missing

COVERED = 0.6  # share of a sentence's words that the passages must have
ALIKE = 0.5  # Dice coefficient from which two sentences speak of the same
WORDS = 3  # a sentence with fewer words that say something claims nothing, but for its numbers
MARK = re.compile(r"[ \t]?(?<!\w)\[\d{1,3}\](?!\()")
BULLET = re.compile(r"^\s*(?:[-*+•>#]+|\d{1,9}[.)])\s+", re.MULTILINE)
SIGNS = re.compile(r"\*\*|__|`|!?\[([^\]]*)\]\([^)]*\)")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence, and the terms in it that say something."""

    text: str
    terms: frozenset[str]

    def likeness(self, other: "Sentence") -> float:
        """Return the Dice coefficient of two sentences' terms, 0…1."""
        both = len(self.terms) + len(other.terms)
        return 2 * len(self.terms & other.terms) / both if both else 0.0


def overlap(text: str, passages: Sequence[PromptPassage]) -> Grounds:
    """Return what passages say to a text: supported is what holds for each of its sentences.

    One sentence that they contradict is enough for all of it.
    """
    source = "\n".join(f"{one.title}\n{one.breadcrumb}\n{one.text}" for one in passages)
    said = sentences_in(source)
    terms = frozenset(subject_of(source))
    found = [finding(one, said, terms, source) for one in sentences_in(text) if claims(one)]
    if Grounds.CONTRADICTED in found:
        return Grounds.CONTRADICTED
    return Grounds.SUPPORTED if found and set(found) == {Grounds.SUPPORTED} else Grounds.MISSING


def sentences_in(markdown: str) -> list[Sentence]:
    """Return the sentences of a text without marks of citations, lists and emphasis."""
    bare = SIGNS.sub(lambda found: found.group(1) or "", BULLET.sub("", MARK.sub("", markdown)))
    texts = (one.strip() for line in bare.splitlines() for one in sentences_of(line))
    return [Sentence(one, frozenset(subject_of(one))) for one in texts if one]


def claims(sentence: Sentence) -> bool:
    """Say whether a sentence claims something that a source would have to say."""
    return len(sentence.terms) >= WORDS or bool(numbers_in(sentence.text))


def numbers_in(text: str) -> frozenset[str]:
    """Return the numbers of a text, those written as words too."""
    return frozenset(one for one in facts_missing(text, "") if one[0].isdigit())


def finding(
    claim: Sentence, said: Sequence[Sentence], terms: frozenset[str], source: str
) -> Grounds:
    """Return what the sentences of a source, with all of its terms, say to one claim."""
    nearest = max(said, key=claim.likeness, default=claim)
    alike = bool(said) and claim.likeness(nearest) >= ALIKE
    missing = facts_missing(claim.text, source)
    if alike and contradicts(claim, nearest, missing):
        return Grounds.CONTRADICTED
    shared = len(claim.terms & terms) / len(claim.terms) if claim.terms else 1.0
    return Grounds.MISSING if missing or shared < COVERED else Grounds.SUPPORTED


def contradicts(claim: Sentence, nearest: Sentence, missing: frozenset[str]) -> bool:
    """Say whether two sentences on the same thing are at odds: in a number, a "not", an opposite."""
    if missing & numbers_in(claim.text) and numbers_in(nearest.text):
        return True
    if negated(claim.text) != negated(nearest.text):
        return True
    return not claim.terms <= nearest.terms and opposed(claim.text, nearest.text)
