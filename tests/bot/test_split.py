"""Long Markdown in parts that can be read on their own."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.split import split_markdown

FENCE = re.compile(r"[ \t]*(```+|~~~+)(.*)")
CODE = "```python\n" + "\n".join(f"x{n} = {n}" for n in range(40)) + "\n```"
TABLE = "| a | b |\n|---|---|\n" + "\n".join(f"| r{n} | v{n} |" for n in range(40))


def test_a_short_text_stays_as_it_is() -> None:
    """Nothing is changed where nothing must be cut, and nothing is made of nothing."""
    assert split_markdown("a *b*\n\n```\nc\n", 100) == ["a *b*\n\n```\nc\n"]
    assert split_markdown(" \n", 100) == []


def test_a_limit_that_holds_no_line_is_refused() -> None:
    """Below forty characters neither fences nor words could be kept."""
    with pytest.raises(ValueError, match="too short"):
        split_markdown("words", 39)


def test_a_part_ends_where_a_paragraph_does() -> None:
    """A paragraph that fits the next part whole moves there."""
    first, second = "one " * 15, "two " * 15
    assert split_markdown(f"{first}\n\n{second}", 90) == [first, second]


def test_a_part_ends_after_a_sentence_if_it_can() -> None:
    """A long paragraph is cut behind a full stop rather than behind any word."""
    first, *_ = split_markdown("These are some words. " * 9, 100)
    assert first.endswith("words.")


def test_code_is_closed_and_opened_again_with_its_language() -> None:
    """Each part holds code that is complete in itself."""
    parts = split_markdown(f"Do this:\n\n{CODE}\n\nDone.", 160)
    assert parts[0].startswith("Do this:\n\n```python\nx0 = 0")
    assert all(part.count("```") % 2 == 0 for part in parts)
    assert all(part.startswith("```python\n") for part in parts[1:])


def test_code_that_fits_a_part_is_kept_whole() -> None:
    """Half a page of code moves to the next part instead of being cut."""
    small = "```\n" + "y = 1\n" * 12 + "```"
    parts = split_markdown("Some words. " * 10 + "\n\n" + small, 160)
    assert small in parts


def test_a_table_that_is_cut_repeats_its_header() -> None:
    """Rows never stand without what names their columns."""
    parts = split_markdown(TABLE, 120)
    assert len(parts) > 2
    assert all(part.startswith("| a | b |\n|---|---|\n| r") for part in parts)


def test_a_header_too_long_to_be_repeated_stands_once() -> None:
    """A table's header does not fill every part; it stays in front of the first row."""
    wide = "| " + " | ".join(f"column{n}" for n in range(9)) + " |"
    parts = split_markdown(f"{wide}\n|{'-|' * 9}\n" + "| 1 | 2 |\n" * 30, 120)
    assert sum("column0" in part for part in parts) == 1
    assert max(map(len, parts)) <= 120


def test_a_language_too_long_to_be_repeated_is_left_out() -> None:
    """The name of a language cannot take the room of the code."""
    parts = split_markdown(f"```{'l' * 90}\n" + "z = 1\n" * 40 + "```", 100)
    assert all(part.startswith("```\nz = 1") for part in parts)


def test_a_link_and_inline_code_stay_whole() -> None:
    """Words within a link's label or within code are no place to cut."""
    link = "[the page on tokens](https://docs.example/tokens) "
    parts = split_markdown(link * 6 + "`a b c d` " * 20, 110)
    assert all(part.count("[") == part.count("](") == part.count(")") for part in parts)
    assert all(part.count("`") % 2 == 0 for part in parts)


def test_a_word_longer_than_the_limit_is_cut() -> None:
    """What fits nowhere is the only thing that is cut within."""
    assert split_markdown("a" * 130, 50) == ["a" * 50, "a" * 50, "a" * 30]


def test_a_word_is_not_cut_to_fill_a_part() -> None:
    """Where it does not fit what is left of a part it begins the next one."""
    code, words = "~~~\n" + "a" * 15 + "\n~~~", " ".join(["b" * 16, "c", "d", "e" * 20])
    parts = split_markdown(f"{code}\n\n{words}", 40)
    assert re.findall(r"b+|e+", "\n".join(parts)) == ["b" * 16, "e" * 20]


def test_code_that_nobody_closed_is_closed_where_it_is_cut() -> None:
    """A model that stopped within code leaves readable parts all the same."""
    parts = split_markdown("```\n" + "line\n" * 50, 100)
    assert all(part.startswith("```\nline") for part in parts)
    assert all(part.endswith("\n```") for part in parts[:-1])


WORDS = st.lists(st.integers(1, 14), min_size=1, max_size=60)
BLOCKS = st.lists(
    st.tuples(st.sampled_from(["prose", "list", "code", "table", "tilde"]), WORDS), max_size=8
)


def document(blocks: list[tuple[str, list[int]]]) -> tuple[str, list[str]]:
    """Return Markdown in which every word is another one, and these words in order."""
    words: list[str] = []
    texts = []
    for kind, lengths in blocks:
        mine = [f"w{len(words) + n}{'x' * length}" for n, length in enumerate(lengths)]
        words += mine
        texts.append(
            {
                "prose": " ".join(mine),
                "list": "\n".join(f"- {word}" for word in mine),
                "code": "```py\n" + "\n".join(f"    {word}" for word in mine) + "\n```",
                "tilde": "~~~\n" + "\n".join(mine) + "\n~~~",
                "table": "| h |\n|---|\n" + "\n".join(f"| {word} |" for word in mine),
            }[kind]
        )
    return "\n\n".join(texts), words


@settings(max_examples=150, deadline=None)
@given(BLOCKS, st.integers(40, 300))
def test_every_word_is_kept_in_order_and_every_part_fits(
    blocks: list[tuple[str, list[int]]], limit: int
) -> None:
    """Joined, the parts say what the text said; each fits, and no code stays open in any."""
    text, words = document(blocks)
    parts = split_markdown(text, limit)
    assert re.findall(r"w\d+x*", "\n".join(parts)) == words
    assert all(len(part) <= limit for part in parts)
    for part in parts:
        assert sum(FENCE.fullmatch(line) is not None for line in part.split("\n")) % 2 == 0


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="ab `~|-\n[](). ", max_size=400), st.integers(40, 80))
def test_whatever_is_written_every_part_fits(text: str, limit: int) -> None:
    """Odd Markdown is cut without an error, and no letter is lost."""
    parts = split_markdown(text, limit)
    assert all(len(part) <= limit for part in parts)
    repeated = sum(part.count("a") + part.count("b") for part in parts)
    assert repeated >= text.count("a") + text.count("b") or "`" in text or "~" in text
