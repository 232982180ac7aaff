"""From the events of a stream to the pieces of an answer (pure, but for the tokens it counts)."""

from collections.abc import Callable, Iterator, Sequence

from anthropic.lib.streaming import ParsedMessageStreamEvent
from anthropic.types import MessageDeltaUsage, Usage
from anthropic.types.citations_delta import Citation

from core.models.failures import StoppedError
from core.prompts import NO_ANSWER, CitationPiece, Piece, TextPiece

CUT_SHORT = "\n\n*(The answer was cut short here because it grew too long.)*"
CUTTING = frozenset({"max_tokens", "model_context_window_exceeded"})
DONE = frozenset({"end_turn", "stop_sequence"})


class Opening:
    """Holds back the first words of an answer while they may still become `NO_ANSWER`."""

    def __init__(self) -> None:
        """Begin before the first word."""
        self._held = ""
        self.shown = False
        self.no_answer = False

    def let_through(self, text: str) -> str:
        """Return what can be shown now that `text` has come."""
        if self.shown:
            return text
        self._held += text
        words = self._held.lstrip()
        if words.startswith(NO_ANSWER):
            self.no_answer = True
        elif not NO_ANSWER.startswith(words):
            return self.release()
        return ""

    def release(self) -> str:
        """Return what was held back, unless it says that there is no answer or is blank."""
        held = self._held
        if self.no_answer or not held.strip():
            return ""
        self._held, self.shown = "", True
        return held


class Reader:
    """Reads one answer. Citations come after all of the text that they support."""

    def __init__(self, passages: Sequence[int], spend: Callable[[int], None]) -> None:
        """`passages` gives each search result's place in the prompt; `spend` is told of tokens."""
        self._passages = passages
        self._spend = spend
        self._opening = Opening()
        self._citations: list[CitationPiece] = []
        self._taken = 0
        self._written = 0
        self._stopped: str | None = None

    def read(self, event: "ParsedMessageStreamEvent[None]") -> Iterator[Piece]:
        """Yield what an event adds to the answer."""
        if event.type == "message_start":
            self._count(event.message.usage)
        elif event.type == "message_delta":
            self._stopped = event.delta.stop_reason
            self._count(event.usage)
        elif event.type == "text":
            yield from self._text(self._opening.let_through(event.text))
        elif event.type == "citation":
            self._cite(event.citation)
        elif event.type == "content_block_stop":
            yield from self._supported()

    def finish(self) -> Iterator[Piece]:
        """Yield what is left, or raise `StoppedError` when this is no answer."""
        if self._stopped not in CUTTING | DONE:
            raise StoppedError(self._stopped)
        if self._opening.no_answer:
            return
        yield from self._text(self._opening.release())
        if not self._opening.shown:
            raise StoppedError("end_turn")
        if self._stopped in CUTTING:
            yield TextPiece(CUT_SHORT)

    def _text(self, text: str) -> Iterator[Piece]:
        if text:
            yield TextPiece(text)

    def _cite(self, citation: Citation) -> None:
        if citation.type != "search_result_location":
            return
        if not 0 <= citation.search_result_index < len(self._passages):
            return
        place = self._passages[citation.search_result_index]
        piece = CitationPiece(place, citation.cited_text.strip())
        if piece not in self._citations:
            self._citations.append(piece)

    def _supported(self) -> Iterator[Piece]:
        """Yield the citations of the block that ended; what is cited is no `NO_ANSWER`."""
        if self._citations:
            yield from self._text(self._opening.release())
        if self._opening.shown:
            yield from self._citations
        self._citations.clear()

    def _count(self, usage: Usage | MessageDeltaUsage) -> None:
        """Count the tokens that this event adds: the figures are of the whole answer so far."""
        taken = max(self._taken, tokens_in(usage))
        written = max(self._written, usage.output_tokens or 0)
        self._spend(taken + written - self._taken - self._written)
        self._taken, self._written = taken, written


def tokens_in(usage: Usage | MessageDeltaUsage) -> int:
    """Return the tokens of a request, whether or not the cache had them."""
    parts = (
        usage.input_tokens,
        usage.cache_creation_input_tokens,
        usage.cache_read_input_tokens,
    )
    return sum(part or 0 for part in parts)
