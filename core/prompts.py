"""Question + passages + earlier answers -> prompt. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from core.interfaces import Found, Guidance, Prompt, PromptPassage, Turn

MOST_GUIDANCE = 2  # the bot's own words must not crowd out the sources


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
            )
            for one in found
        ),
        guidance=tuple(guidance[:MOST_GUIDANCE]),
        thread=tuple(thread),
        person_hash=sha256(person_id.encode()).hexdigest()[:32] if person_id else None,
    )
