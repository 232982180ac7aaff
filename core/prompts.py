"""Question + passages + earlier answers -> prompt. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TypeAlias

from core.feedback import Reason
from core.items import Found
from core.preferences import USUAL, Preferences

MOST_GUIDANCE = 2  # the bot's own words must not crowd out the sources
MOST_MISTAKES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptPassage:
    """A passage as the language model gets it. Citations name it by its place in the prompt.

    `ordinal` is its place in its document, which `source` names.
    """

    title: str
    breadcrumb: str
    source: str
    text: str
    ordinal: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Guidance:
    """A stored answer to a near question, which guides a new answer and is never cited."""

    question: str
    text: str
    by_person: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """An answer to a near question that people found wrong, and why; it is never cited."""

    question: str
    text: str
    wrong: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One earlier message of the conversation."""

    by_bot: bool
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """All that a language model is given: it has no tools and sees nothing else."""

    question: str
    instructions: str
    passages: tuple[PromptPassage, ...]
    guidance: tuple[Guidance, ...] = ()
    thread: tuple[Turn, ...] = ()
    person_hash: str | None = None
    style: Preferences = USUAL
    mistakes: tuple[Mistake, ...] = ()


@dataclass(frozen=True, slots=True)
class TextPiece:
    """The next words of an answer."""

    text: str


@dataclass(frozen=True, slots=True)
class CitationPiece:
    """The words just written are supported by a passage of the prompt, with this quote."""

    passage: int
    quote: str


Piece: TypeAlias = TextPiece | CitationPiece


NO_ANSWER = "NO_ANSWER"
"""What a model that writes is told to write, and nothing else, when the passages hold no answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instructions:
    """The standing instructions, as `config/prompts/` holds them."""

    answer: str


def load_instructions(folder: Path) -> Instructions:
    """Read the standing instructions; raise `OSError` where the folder lacks one."""
    return Instructions(answer=(folder / "answer.md").read_text(encoding="utf-8"))


def prompt_of(
    question: str,
    instructions: Instructions,
    found: Sequence[Found],
    *,
    guidance: Sequence[Guidance] = (),
    thread: Sequence[Turn] = (),
    person_id: str | None = None,
    style: Preferences = USUAL,
    mistakes: Sequence[Mistake] = (),
) -> Prompt:
    """Return all that the language model is to be given."""
    return Prompt(
        question=question,
        instructions=instructions.answer,
        passages=tuple(
            PromptPassage(
                title=one.title,
                breadcrumb=one.breadcrumb,
                source=one.link or one.document_uri,
                text=one.text,
                ordinal=one.ordinal,
            )
            for one in found
        ),
        guidance=tuple(guidance[:MOST_GUIDANCE]),
        thread=tuple(thread),
        person_hash=sha256(person_id.encode()).hexdigest()[:32] if person_id else None,
        style=style,
        mistakes=tuple(mistakes[:MOST_MISTAKES]),
    )
