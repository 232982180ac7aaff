"""Identities hold through edits, and hashes change with what matters."""

from dataclasses import replace

import pytest

from core.audience import holders_of
from core.documents import Document, Passage, content_hash

PAGE = Document(source="docs", uri="a.md", title="A", text="Press it.", link="file:a")
PART = Passage(document_id=PAGE.id, ordinal=0, breadcrumb="A › B", text="Press it.")


def test_parts_are_joined_unambiguously() -> None:
    """The same letters cut elsewhere are another content; surrogates do no harm."""
    assert content_hash("ab", "c") != content_hash("a", "bc") != content_hash("abc")
    assert len(content_hash("\ud800")) == 64


@pytest.mark.parametrize(
    "edited", [replace(PAGE, title="B"), replace(PAGE, text="x"), replace(PAGE, link=None)]
)
def test_an_edit_keeps_the_identity(edited: Document) -> None:
    """An edited document is the same document with another hash."""
    assert edited.id == PAGE.id
    assert edited.hash != PAGE.hash


def test_other_readers_are_a_change() -> None:
    """A document that others may read now has to be stored again."""
    assert replace(PAGE, audience=holders_of("cook")).hash != PAGE.hash


def test_two_sources_may_use_one_uri() -> None:
    """The same path in two sources is two documents."""
    assert replace(PAGE, source="other").id != PAGE.id


def test_a_passage_is_known_by_place_and_content() -> None:
    """Equal texts at two places are two passages with one embedding."""
    other = replace(PART, ordinal=1)
    assert other.id != PART.id
    assert other.hash == PART.hash == content_hash("A › B\n\nPress it.")
    assert replace(PART, breadcrumb="A").hash != PART.hash
