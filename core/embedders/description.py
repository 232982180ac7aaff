"""What the vectors of a model depend on, the same whichever driver runs the model."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from core.embedding import EmbedderDescription
from core.settings import EmbedderSettings

if TYPE_CHECKING:
    from tokenizers import Tokenizer


def describe(
    settings: EmbedderSettings,
    *,
    identity: str,
    dimension: int,
    longest: int,
    prompts: Mapping[str, str | None],
    tokenizer: "Tokenizer",
) -> EmbedderDescription:
    """Return the description of a model that takes `longest` tokens and brings these prompts.

    The window is what a passage's prompt leaves of that. A prompt in the settings overrides the
    model's own, which stands under "query" or "document".
    """
    question = _prompt(prompts.get("query"), settings.question_prompt)
    passage = _prompt(prompts.get("document"), settings.passage_prompt)
    taken = tokenizer.encode(passage, add_special_tokens=False)
    bundled = ("latin",) if settings.model == "bundled" else ()
    return EmbedderDescription(
        model=identity,
        dimension=dimension,
        window=longest - len(taken),
        question_prompt=question,
        passage_prompt=passage,
        scripts=settings.scripts or bundled,
    )


def _prompt(own: str | None, given: str | None) -> str:
    return (own if given is None else given) or ""


def encodable(text: str) -> str:
    """Return the text with lone surrogates replaced, which no tokenizer takes."""
    return text.encode("utf-8", "replace").decode("utf-8")
