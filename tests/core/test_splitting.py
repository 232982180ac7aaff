"""Documents become passages that fit the window, and nothing of them is lost."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.documents import Document, Passage
from core.splitting import MOST, passages_of


def words(text: str) -> int:
    """Count as a simple tokenizer does: words, and two special tokens."""
    return len(text.split()) + 2


def letters(text: str) -> int:
    """Count as a tokenizer of single letters does, which does not add up word by word."""
    return len(text) + 2


def split(text: str, *, title: str = "Guide", window: int = 256) -> list[Passage]:
    """Return the passages of a text."""
    document = Document(source="docs", uri="guide.md", title=title, text=text)
    return passages_of(document, words, window)


def squashed(text: str) -> str:
    """Return a text without its blanks."""
    return "".join(text.split())


LINE = st.one_of(
    st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=200),
    st.sampled_from(
        ["# One", "## Two", "### Three ##", "```", "~~~", "- item", "> quote", "| a | b |", "---"]
    ),
    st.lists(st.sampled_from(["tavern", "ale", "**bold**", "`code`", "[x](y)"]), max_size=300).map(
        " ".join
    ),
)


@settings(max_examples=150, deadline=None)
@given(
    lines=st.lists(LINE, max_size=30),
    title=st.text(max_size=300),
    window=st.sampled_from([32, 64, 256, 8192]),
    count=st.sampled_from([words, letters]),
)
def test_nothing_is_lost_and_everything_fits(
    lines: list[str], title: str, window: int, count: Callable[[str], int]
) -> None:
    """Joined passages hold all that is not blank, and each fits the window with its breadcrumb."""
    text = "\n".join(lines)
    document = Document(source="docs", uri="a", title=title, text=text)
    passages = passages_of(document, count, window)
    assert squashed("".join(p.text for p in passages)) == squashed(text)
    assert all(count(p.embedded) <= window for p in passages)
    assert [p.ordinal for p in passages] == list(range(len(passages)))


@pytest.mark.parametrize("text", ["", " \n\t\n", "\0\0"])
def test_an_empty_document_has_no_passages(text: str) -> None:
    """Blank text gives nothing to embed."""
    assert split(text) == []


def test_a_short_document_is_one_passage() -> None:
    """A page that fits is kept whole, under its title."""
    (passage,) = split("# Guide\n\nPour the ale.\n")
    assert passage.embedded == "Guide\n\n# Guide\n\nPour the ale."


def test_a_breadcrumb_names_title_and_headings() -> None:
    """Each piece stands under the headings above it."""
    text = (
        f"# Inn\n\n{'ale ' * 190}\n\n## Cellar\n\n### Barrels\n\n{'oak ' * 400}\n\n# Roof\n\nLeaks."
    )
    crumbs = [passage.breadcrumb for passage in split(text)]
    assert crumbs[0] == "Guide › Inn"
    assert "Guide › Inn › Cellar › Barrels" in crumbs
    assert all(
        "Barrels" not in passage.breadcrumb for passage in split(text) if "Leaks" in passage.text
    )


def test_pieces_of_several_sections_stand_under_what_they_share() -> None:
    """Two short sections in one passage are not both said to be the first one."""
    (passage,) = split("# Inn\n\n## Ale\n\nPour.\n\n## Wine\n\nDecant.\n")
    assert passage.breadcrumb == "Guide › Inn"


def test_a_heading_is_not_left_alone() -> None:
    """A heading goes with the text below it."""
    passages = split(f"# One\n\n{'ale ' * 230}\n\n## Two\n\n{'wine ' * 230}")
    assert [p.text for p in passages if p.text.strip().startswith("#") and words(p.text) < 10] == []


def test_a_number_sign_in_a_code_fence_is_no_heading() -> None:
    """A shell comment within a fence names no section, even when the fence is never closed."""
    for close in ("```", ""):
        text = f"```sh\n# install\nrun\n{close}\n" + "ale " * 300
        assert {passage.breadcrumb for passage in split(text)} == {"Guide"}


def test_an_underlined_line_is_a_heading() -> None:
    """Headings underlined with signs count, as in reStructuredText; a table's rule does not."""
    text = f"Cellar\n======\n\n{'ale ' * 200}\n\nOak\n---\n\n{'wine ' * 200}\n\n- item\n---\n"
    assert {passage.breadcrumb for passage in split(text)} >= {
        "Guide › Cellar",
        "Guide › Cellar › Oak",
    }


def test_a_code_fence_that_fits_is_kept_whole() -> None:
    """Code is not torn apart where it has place in one passage."""
    fence = "```python\n" + "\n".join(f"pour(ale, {n})" for n in range(80)) + "\n```"
    passages = split(f"{'ale ' * 120}\n\n{fence}\n\n{'wine ' * 120}")
    assert any(fence in passage.text for passage in passages)


def test_an_overlong_breadcrumb_is_cut_in_the_middle() -> None:
    """Of a long title both ends stay, and the text keeps most of the window."""
    passages = split("ale " * 300, title="first " + "middle " * 400 + "last")
    assert passages[0].breadcrumb.startswith("first")
    assert passages[0].breadcrumb.endswith("last")
    assert words(passages[0].breadcrumb) <= MOST // 4


def test_a_breadcrumb_is_plain_text() -> None:
    """Links, code signs and line breaks do not reach the breadcrumb."""
    (passage,) = split("# See [`pour`](x.md) *now*\n\nText", title="A\nguide")
    assert passage.breadcrumb == "A guide › See pour now"


@pytest.mark.parametrize(
    "text",
    [
        "\ud800 ale \0 wine",
        "a" * 1_000_000,
        ">" * 20_000 + " ale",
        "\n".join("  " * depth + "- ale" for depth in range(600)),
        "```\n" * 5_000,
        "[" * 20_000,
        "# \n" * 2_000,
        "a\u0301" + "\u0301" * 20_000,
    ],
    ids=["surrogate", "one run", "quotes", "nested", "fences", "brackets", "headings", "accents"],
)
def test_hostile_text_is_split(text: str) -> None:
    """Whatever stands in a document, it becomes passages that fit, in bounded time."""
    passages = split(text)
    assert all(words(passage.embedded) <= 256 for passage in passages)
    assert max(len(passage.text) for passage in passages) <= 8 * 2 * MOST


def test_tokens_that_do_not_add_up_still_fit() -> None:
    """A tokenizer that takes more for the whole than for its parts overflows no window."""

    def swelling(text: str) -> int:
        return len(text) ** 2 // 40 + 2

    document = Document(source="docs", uri="a", title="Guide to the inn", text="ale wine " * 40)
    passages = passages_of(document, swelling, 64)
    assert all(swelling(passage.embedded) <= 64 for passage in passages)
    assert squashed("".join(p.text for p in passages)) == "alewine" * 40


def test_a_passages_identity_follows_its_content() -> None:
    """The same document splits into the same passages, so that their embeddings are found again."""
    text = "# One\n\n" + "ale " * 500
    assert [p.id for p in split(text)] == [p.id for p in split(text)]
