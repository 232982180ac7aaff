"""What Claude's batches bring back, as the pieces of answers (pure, but for the tokens it counts)."""

import logging
from collections.abc import Callable, Iterator, Sequence

from anthropic.types import Message
from anthropic.types.messages import MessageBatchIndividualResponse

from core.models.reader import CUT_SHORT, CUTTING, DONE, tokens_in
from core.prompts import NO_ANSWER, CitationPiece, Piece, TextPiece

log = logging.getLogger(__name__)


def written_by(
    one: MessageBatchIndividualResponse, spend: Callable[[int], None]
) -> Sequence[Piece] | None:
    """Return the pieces of one entry's answer, none where it says that there is none, None where it failed.

    What failed, was cancelled or waited too long costs nothing; `spend` is told what the others took.
    """
    if one.result.type != "succeeded":
        log.info("Entry %s of a batch came to nothing: %s", one.custom_id, one.result.type)
        return None
    message = one.result.message
    spend(tokens_in(message.usage) + message.usage.output_tokens)
    if message.stop_reason not in CUTTING | DONE:
        log.info("Entry %s of a batch stopped: %s", one.custom_id, message.stop_reason)
        return None
    pieces = list(pieces_of(message))
    said = "".join(piece.text for piece in pieces if isinstance(piece, TextPiece)).strip()
    cited = any(isinstance(piece, CitationPiece) for piece in pieces)
    if not said:
        return None
    return [] if said.startswith(NO_ANSWER) and not cited else pieces


def pieces_of(message: Message) -> Iterator[Piece]:
    """Yield a whole message's words, after each block what it is cited from."""
    for block in message.content:
        if block.type != "text":
            continue
        yield TextPiece(block.text)
        seen = set()
        for one in block.citations or ():
            if one.type == "search_result_location" and one.search_result_index not in seen:
                seen.add(one.search_result_index)
                yield CitationPiece(one.search_result_index, one.cited_text.strip())
    if message.stop_reason in CUTTING:
        yield TextPiece(CUT_SHORT)
