"""Telling a tale: a language model writes it from the facts, or a recorded one is taken."""

import logging
from collections import Counter
from collections.abc import Sequence

from core.errors import ModelError
from core.interfaces import LanguageModel
from core.models.quoting import QuotingModel
from plugins.taverns.book import Mark, Tale
from plugins.taverns.tavern import Tavern

log = logging.getLogger(__name__)
RECORDED = "the innkeepers' own book"
LONGEST = 600
INSTRUCTIONS = (
    "Describe this tavern to a traveller in two or three sentences of plain text. Use only the "
    "facts that are given and add none. "
)
ANEW = (
    "People disliked the earlier description, which follows the facts: write a different one. "
    "What they said of it: "
)


class Teller:
    """Tells tales with a language model, and from the record where there is none that writes."""

    def __init__(self, model: LanguageModel) -> None:
        """Take the model."""
        self._model = model

    @property
    def writes(self) -> bool:
        """Whether there is a model that writes; one that only quotes would repeat the facts."""
        return self._model.name != QuotingModel().name

    async def tell(self, tavern: Tavern, edition: int) -> Tale:
        """Return a first tale, a recorded one where the model fails."""
        text = ""
        if self.writes:
            try:
                text = shortened(await self._model.write(INSTRUCTIONS, tavern.original))
            except ModelError as error:
                log.warning("The tale of %s is taken from the record: %s", tavern.id, error)
        return self._tale(tavern, text, edition)

    async def tell_anew(self, tavern: Tavern, earlier: Tale, marks: Sequence[Mark]) -> Tale:
        """Return a tale other than the earlier one; raise `ModelError` where the model fails."""
        text = ""
        if self.writes:
            given = f"{tavern.original}\n\nThe earlier description: {earlier.text}"
            instructions = INSTRUCTIONS + ANEW + complaints(marks)
            text = shortened(await self._model.write(instructions, given))
        else:
            recorded = tavern.tales.index(earlier.text) if earlier.text in tavern.tales else -1
            text = tavern.tales[(recorded + 1) % len(tavern.tales)]
        return self._tale(tavern, text, earlier.edition + 1)

    def _tale(self, tavern: Tavern, text: str, edition: int) -> Tale:
        written = bool(text) and self.writes
        return Tale(
            text=text or tavern.tales[0],
            teller=self._model.name if written else RECORDED,
            facts=tavern.hash,
            edition=edition,
        )


def complaints(marks: Sequence[Mark]) -> str:
    """Return how many said what against a tale, in words for the model."""
    given = Counter(mark.reason or "gave no reason" for mark in marks if mark.verdict == "down")
    return ", ".join(f"{reason} ({times})" for reason, times in given.most_common()) + "."


def shortened(text: str) -> str:
    """Return a model's text as one paragraph of a length that suits a chat."""
    # A lone surrogate can be written to no file.
    paragraph = " ".join(text.encode("utf-8", "replace").decode("utf-8").split())
    return paragraph if len(paragraph) <= LONGEST else f"{paragraph[: LONGEST - 1]}…"
