"""Who may read an answer is asked of the ledger: of its own readers, and of those of each source."""

from dataclasses import replace

import pytest

from core.audience import EVERYONE, Audience, members_of
from core.documents import Document
from core.ledger.answers import save_answer
from core.ledger.documents import save_document
from core.ledger.ledger import Transaction
from core.ledger.people import audience_number
from core.ledger.readable import readable_answers
from core.splitting import passages_of
from tests.doubles import NOON, answer, cited

DEN = members_of("room:den")
PAGE = Document(source="docs", uri="a.md", title="A", text="Press it.")


async def stored(writer: Transaction, *, answers_for: Audience, source_for: Audience) -> set[int]:
    """Store an answer that cites a page, and one without a source; return everyone's audiences."""
    page = replace(PAGE, audience=source_for)
    parts = passages_of(page, len, 500)
    await save_document(writer, page, parts, {}, "none", NOON)
    made = answer("a1", audience=answers_for, citations=(cited(page, parts[0].hash),))
    await save_answer(writer, made, None)
    gone = answer("a2", audience=answers_for, citations=(cited(page, "0" * 64),))
    await save_answer(writer, gone, None)
    return {await audience_number(writer, EVERYONE)}


@pytest.mark.parametrize(
    ("own", "source", "readable"),
    [
        (EVERYONE, EVERYONE, {"a1", "a2"}),
        (DEN, EVERYONE, set()),
        (EVERYONE, DEN, {"a2"}),
        (DEN, DEN, set()),
    ],
)
async def test_an_answer_is_read_by_whom_it_and_its_sources_are_for(
    writer: Transaction, own: Audience, source: Audience, readable: set[str]
) -> None:
    """A source that is for some withholds it from the others; one that is gone withholds nothing."""
    everyone = await stored(writer, answers_for=own, source_for=source)
    assert await readable_answers(writer, ["a1", "a2", "a3"], everyone) == readable
    den = everyone | {await audience_number(writer, DEN)}
    assert await readable_answers(writer, ["a1", "a2"], den) == {"a1", "a2"}
