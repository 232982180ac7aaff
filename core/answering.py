"""Question -> passages -> language model -> Answer with citations, streamed to the reply."""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from core.answers import Answer, Citation, Origin, Question
from core.audience import Audience
from core.errors import IndexUnavailableError, ModelError
from core.interfaces import LanguageModel, Reply
from core.items import Found, citation_of
from core.messages import Person
from core.preferences import USUAL, Preferences
from core.prompts import (
    CitationPiece,
    Guidance,
    Instructions,
    Mistake,
    Piece,
    Prompt,
    TextPiece,
    Turn,
    prompt_of,
)
from core.retrieval import Retriever, Sought

log = logging.getLogger(__name__)
NEAREST = 3
AWAY = (
    "I cannot look into my memory at the moment, so I have no answer: its index does not answer. "
    "I go on trying; please ask again in a minute."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question that is to be answered, with all that its answer depends on.

    `style` is how whoever asks likes answers; `mistakes` were made near the question. `floor` is the
    score below which nothing counts as found, where another one was learned than the configured one.
    """

    answer_id: str
    question: Question
    thread: tuple[Turn, ...]
    person: Person
    audience: Audience
    style: Preferences = USUAL
    mistakes: tuple[Mistake, ...] = ()
    floor: float | None = None


@dataclass(slots=True)
class _Draft:
    """An answer while it is being written."""

    found: Sequence[Found]
    text: str = ""
    cited: dict[str, Citation] = field(default_factory=dict)


class Answerer:
    """Answers from passages, or says that it does not know. It never invents."""

    def __init__(
        self,
        *,
        retriever: Retriever,
        model: LanguageModel,
        quoting: LanguageModel,
        instructions: Instructions,
        floor: float,
        now: Callable[[], datetime],
    ) -> None:
        """Take the language model and the one that quotes when it is away."""
        self._retriever = retriever
        self._model = model
        self._quoting = quoting
        self._instructions = instructions
        self._floor = floor
        self._now = now

    async def standalone(self, question: str, thread: Sequence[Turn]) -> str:
        """Return a follow-up as a question that can be searched without its thread."""
        if not thread:
            return question
        try:
            return await self._model.standalone(question, thread)
        except ModelError as error:
            log.info("A follow-up was not rewritten by the language model: %s", error)
            return await self._quoting.standalone(question, thread)

    async def answer(
        self, asked: Asked, sought: Sought, reply: Reply, guidance: Sequence[Guidance] = ()
    ) -> Answer:
        """Answer a question while showing progress; the answer is not stored yet.

        Without the index nothing can be found: then `IndexUnavailableError` says so to the asker.
        """
        found = await self._found(sought)
        floor = self._floor if asked.floor is None else asked.floor
        grounds = [one for one in found if one.score >= floor]
        if not grounds and not guidance:
            return self._unknown(asked, found, None)
        await reply.progress(_reading(grounds) if grounds else "Remembering…")
        prompt = prompt_of(
            asked.question.text,
            self._instructions,
            grounds,
            guidance=guidance,
            thread=asked.thread,
            person_id=asked.person.id,
            style=asked.style,
            mistakes=asked.mistakes,
        )
        draft, failure = await self._write(prompt, grounds, reply)
        if not draft.text.strip():
            return self._unknown(asked, found, failure)
        written = failure is None and self._model is not self._quoting
        origin = Origin.GENERATED if written else Origin.QUOTED
        quoted = f"{failure} Here is what the documents say, word for word." if failure else None
        return self._finished(asked, draft, origin, quoted)

    async def _found(self, sought: Sought) -> list[Found]:
        try:
            return await self._retriever.find(sought)
        except IndexUnavailableError as error:
            log.warning("A question could not be answered: %s", error)
            raise IndexUnavailableError(AWAY) from error

    async def _write(
        self, prompt: Prompt, grounds: Sequence[Found], reply: Reply
    ) -> tuple[_Draft, str | None]:
        """Return the draft, and the sentence on why the language model did not write it."""
        try:
            return await self._stream(self._model, prompt, grounds, reply), None
        except ModelError as error:
            log.warning("The language model gave no answer, so passages are quoted: %s", error)
            await reply.progress("Quoting the documents…")
            return await self._stream(self._quoting, prompt, grounds, None), str(error)

    async def _stream(
        self, model: LanguageModel, prompt: Prompt, grounds: Sequence[Found], reply: Reply | None
    ) -> _Draft:
        draft = _Draft(found=grounds)
        async for piece in model.answer(prompt):
            added = piece.text if isinstance(piece, TextPiece) else _cite(draft, piece)
            draft.text += added
            if added and reply is not None:
                await reply.append(added)
        return draft

    def _finished(self, asked: Asked, draft: _Draft, origin: Origin, notice: str | None) -> Answer:
        return Answer(
            id=asked.answer_id,
            question=asked.question,
            text=draft.text.strip(),
            origin=origin,
            audience=asked.audience,
            created_at=self._now(),
            citations=tuple(draft.cited.values()),
            notice=self._noticed(notice),
            score=max(
                (one.score for one in draft.found if one.passage_id in draft.cited), default=None
            ),
        )

    def _unknown(self, asked: Asked, found: Sequence[Found], notice: str | None) -> Answer:
        first_of_each = {one.document_id: one for one in reversed(found)}
        nearest = sorted(first_of_each.values(), key=lambda one: -one.score)[:NEAREST]
        text = "I don't know: nothing that I have read answers this."
        if nearest:
            text += " These pages come closest."
        return Answer(
            id=asked.answer_id,
            question=asked.question,
            text=text,
            origin=Origin.UNKNOWN,
            audience=asked.audience,
            created_at=self._now(),
            nearest=tuple(citation_of(one, number, "") for number, one in enumerate(nearest, 1)),
            notice=self._noticed(notice),
        )

    def _noticed(self, notice: str | None) -> str | None:
        """Add to a notice that the memory is being rebuilt, where it is."""
        return " ".join(one for one in (notice, self._retriever.notice) if one) or None


def written(pieces: Iterable[Piece], found: Sequence[Found]) -> tuple[str, tuple[Citation, ...]]:
    """Return the text of an answer that a model wrote from these passages, and what it cites."""
    draft = _Draft(found=found)
    for piece in pieces:
        draft.text += piece.text if isinstance(piece, TextPiece) else _cite(draft, piece)
    return draft.text.strip(), tuple(draft.cited.values())


def _cite(draft: _Draft, piece: CitationPiece) -> str:
    """Note a citation and return its mark, empty where it would stand twice in a row."""
    if not 0 <= piece.passage < len(draft.found):
        log.warning("The language model cited passage %d, which it was not given.", piece.passage)
        return ""
    one = draft.found[piece.passage]
    if one.passage_id not in draft.cited:
        number = len(draft.cited) + 1
        draft.cited[one.passage_id] = citation_of(one, number, piece.quote)
    mark = f"[{draft.cited[one.passage_id].number}]"
    if draft.text.rstrip().endswith(mark):
        return ""
    # Right below a table the mark would become a row of it, and right below code a line of it.
    return f"\n{mark}" if draft.text.endswith("\n") else f" {mark}"


def _reading(found: Sequence[Found]) -> str:
    return "Reading 1 passage…" if len(found) == 1 else f"Reading {len(found)} passages…"
