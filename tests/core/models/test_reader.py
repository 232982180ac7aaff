"""From a stream's events to pieces, where the wire is odd."""

from typing import Any

import pytest
from anthropic import MessageStreamEvent
from pydantic import TypeAdapter

from core.models.reader import Reader
from core.models.request import MARK, rewriting_effort
from core.prompts import CitationPiece, Piece, TextPiece

EVENTS: TypeAdapter[Any] = TypeAdapter(MessageStreamEvent)


def pieces_of(*events: dict[str, Any]) -> list[Piece]:
    """Return the pieces that events make with two search results, the prompt's third and first."""
    spent: list[int] = []
    reader = Reader((2, 0), spent.append)
    return [piece for event in events for piece in reader.read(EVENTS.validate_python(event))]


def text(words: str) -> dict[str, Any]:
    """Return the event of some words."""
    return {"type": "text", "text": words, "snapshot": words}


def citation(index: int, quote: str = "Quote. ") -> dict[str, Any]:
    """Return the event of a citation of a search result."""
    location = {
        "type": "search_result_location",
        "source": "a",
        "cited_text": quote,
        "search_result_index": index,
        "start_block_index": 0,
        "end_block_index": 1,
    }
    return {"type": "citation", "citation": location, "snapshot": []}


OF_A_PAGE = {
    "type": "page_location",
    "cited_text": "x",
    "document_index": 0,
    "start_page_number": 1,
    "end_page_number": 2,
}
STOP = {"type": "content_block_stop", "index": 0, "content_block": {"type": "text", "text": ""}}


def test_a_citation_that_comes_before_its_words_waits_for_them() -> None:
    """Whatever the order on the wire, the text comes first."""
    assert pieces_of(citation(1), text("N"), STOP) == [TextPiece("N"), CitationPiece(0, "Quote.")]


def test_citations_of_nothing_that_was_given_are_dropped() -> None:
    """An index out of range, another kind of source, and a repetition are no citation."""
    page = {"type": "citation", "citation": OF_A_PAGE, "snapshot": []}
    events = (text("Yes."), citation(2), citation(0), citation(0), page, STOP)
    assert pieces_of(*events) == [TextPiece("Yes."), CitationPiece(2, "Quote.")]


def test_what_is_said_to_be_no_answer_is_not_cited() -> None:
    """NO_ANSWER with a citation is still none."""
    assert pieces_of(text("NO_ANSWER"), citation(0), STOP) == []


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Open it [1]. Then [2][3] close.", "Open it. Then close."),
        ("`names[0]` is [1](https://x)", "`names[0]` is [1](https://x)"),
    ],
)
def test_marks_of_citations_are_taken_out_of_what_the_bot_said(said: str, kept: str) -> None:
    """Numbers of another answer's sources would mean nothing; code and links stay."""
    assert MARK.sub("", said) == kept


def test_of_an_unknown_model_nothing_special_is_asked() -> None:
    """Neither thinking nor effort is sent."""
    effort = rewriting_effort(None)
    assert not effort.thinking
    assert not effort.output
