"""Cutting Markdown and prose."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.models.blocks import Kind, blocks_of, items_of, units_of
from core.models.sentences import sentences_of

MARKDOWN = st.text(alphabet="ab .!?\n`#-*|1\t。~:", max_size=200)


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One. Two! Three?", ["One. ", "Two! ", "Three?"]),
        ("Use e.g. Docker. It works.", ["Use e.g. Docker. ", "It works."]),
        ("Version 2.4.1 is out. Ask J. Smith.", ["Version 2.4.1 is out. ", "Ask J. Smith."]),
        ("Run `a. B` now. Then stop.", ["Run `a. B` now. ", "Then stop."]),
        ("He said “Stop.” Then he left.", ["He said “Stop.” ", "Then he left."]),
        ("打开设置。点击重置!好的。", ["打开设置。", "点击重置!好的。"]),
        ("It ends … here. `code` follows.", ["It ends … here. ", "`code` follows."]),
        ("", []),
    ],
)
def test_sentences_end_where_people_end_them(text: str, sentences: list[str]) -> None:
    """Abbreviations, versions, initials and inline code are not cut."""
    assert sentences_of(text) == sentences


@given(MARKDOWN)
def test_cutting_loses_nothing(text: str) -> None:
    """Blocks, sentences and units joined are the text itself, and no unit is blank."""
    assert "".join(block.text for block in blocks_of(text)) == text
    assert "".join(sentences_of(text)) == text
    units = units_of(text)
    assert "".join(units) == (text if text.strip() else "")
    assert all(unit.strip() for unit in units)


@pytest.mark.parametrize("sign", [".", "。", "`", " ", "a.", ". A", "* "])
def test_long_texts_are_cut_quickly(sign: str) -> None:
    """Time grows with the length alone, whatever a document is made of."""
    began = time.monotonic()
    units_of(sign * 20_000)
    assert time.monotonic() - began < 2


def test_a_fence_is_one_block_whatever_stands_in_it() -> None:
    """Headings, lists and blank lines inside a fence are code."""
    code = "```sh\n# no heading\n\n- no list\n```\n"
    assert [(b.kind, b.text) for b in blocks_of(f"Run:\n{code}\nDone.")] == [
        (Kind.PARAGRAPH, "Run:\n"),
        (Kind.CODE, f"{code}\n"),
        (Kind.PARAGRAPH, "Done."),
    ]


def test_a_list_keeps_its_nested_items_code_and_loose_lines() -> None:
    """What is indented below an item, or goes on lazily, belongs to the list."""
    listed = "1. One\n   - nested\n\n   ```\n   1. code\n   ```\n2. Two\ngoes on\n"
    blocks = blocks_of(f"{listed}\nAfter.")
    assert [b.kind for b in blocks] == [Kind.LIST, Kind.PARAGRAPH]
    assert items_of(listed) == [listed[: listed.index("2. ")], "2. Two\ngoes on\n"]


def test_headings_tables_and_indented_code_are_told_apart() -> None:
    """Each kind ends where another begins."""
    text = "# Title\n| a |\n|---|\n\n    code\n    more\n\nText\n## Next\n~~~\nx\n~~~\n~~~\ny\n~~~"
    assert [b.kind for b in blocks_of(text)] == [
        Kind.HEADING,
        Kind.TABLE,
        Kind.CODE,
        Kind.PARAGRAPH,
        Kind.HEADING,
        Kind.CODE,
        Kind.CODE,
    ]
