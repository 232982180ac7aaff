"""What Slack is given calls nobody and hides no address, finished or still being written."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.card import INVISIBLE, safe_markdown
from bot.slack.markup import BREAK, StreamFilter, escaped, link, neutral

GOOD = "https://docs.example/slack"
CALLS = re.compile(
    r"(?:<|&lt;)(?:!(?:channel|here|everyone|subteam)|@[UW]|#C)|@(?:channel|here|everyone)\b",
    re.IGNORECASE,
)


@pytest.mark.parametrize(
    "text",
    [
        "<!channel> look",
        "&lt;!here> look",
        "<@U0123ABC>",
        "<#C0123ABC>",
        "<!subteam^S0123|@crew>",
        "@here and @channel",
        "@Everyone!",
        "`<!channel>`",
        "```\n@channel\n```",
    ],
)
def test_nobody_is_called(text: str) -> None:
    """What would call people is broken by a sign that nobody sees, in code as well."""
    shown = neutral(safe_markdown(text))
    assert CALLS.search(shown) is None
    assert shown.replace(BREAK, "") == safe_markdown(text)


def test_an_entity_does_not_become_a_mention() -> None:
    """A sign that is written as its number stays a number, and harmless ones are left alone."""
    assert neutral("&#64;here &mdash; &lt;b>") == f"&{BREAK}#64;here &mdash; &lt;b>"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"[the page]({GOOD})", f"[the page]({GOOD})"),
        (f"[docs.example]({GOOD})", f"[docs.example]({GOOD})"),
        ("[setup.md](https://docs.example/setup.md)", "[setup.md](https://docs.example/setup.md)"),
        (f"[bank.example]({GOOD})", f"bank.example ([docs.example]({GOOD}))"),
        (f"`[bank.example]({GOOD})`", f"`[bank.example]({GOOD})`"),
    ],
)
def test_a_label_that_names_another_place_is_no_link(text: str, shown: str) -> None:
    """Whoever follows a link knows where it leads."""
    assert neutral(text) == shown


def test_an_address_that_nobody_can_read_has_no_host() -> None:
    """A label beside a broken address is told apart from it all the same."""
    assert neutral("[bank.example](https://a\u2100b/x)").startswith("bank.example ([link](")


def test_words_for_slacks_own_markup() -> None:
    """Signs that mean something there are written as entities; a link's address ends where it should."""
    assert escaped("<a> & @here") == f"&lt;a&gt; &amp; @{BREAK}here"
    assert link("a|b", "https://a.example/x|y&z") == "<https://a.example/x%7Cy&amp;z|a|b>"
    assert link("a<b", None) == "a&lt;b"


def streamed(*deltas: str) -> str:
    """Return all that goes through, piece by piece."""
    through = StreamFilter()
    return "".join([*(through.feed(delta) for delta in deltas), through.rest()])


def test_plain_words_go_through_as_they_are() -> None:
    """Words without anything live come out as in the finished answer, from the first word on."""
    text = "  Set the **token** [1], then `List<String>` if 3 < 4.\n\n- one\n- two\n"
    assert streamed(text) == neutral(safe_markdown(text.lstrip())).replace("<String", "&lt;String")


def test_a_word_is_held_back_until_another_begins() -> None:
    """Half a word shows nothing, for what follows may make something of it; no piece begins blank."""
    through = StreamFilter()
    assert [through.feed(one) for one in ("Hi <!cha", "nnel>\n", "\nyou", " ")] == [
        "Hi ",
        "",
        f"&lt;{BREAK}!channel>\n\n",
        "",
    ]
    assert through.rest() == "you "


def test_a_long_word_is_not_held_back_for_ever() -> None:
    """Scripts without blanks stream, too."""
    through = StreamFilter()
    assert through.feed("字" * 100) == "字" * 76
    assert through.rest() == "字" * 24


def test_half_a_line_break_waits_for_its_other_half() -> None:
    """A carriage return at the end of a piece is one line break with the next piece's."""
    assert streamed("one\r", "\ntwo\r", "three") == "one\ntwo\nthree"


LIVE = st.sampled_from(
    [
        "[", "]", "(", ")", "!", "<", ">", "`", "```\n", "\n", "\\", ":", " ", "//", "&#104;", "ttps",
        "https://evil.example/x", "[a]: ", "[a]", "](https://evil.example)", "www.", "<!channel>",
        "<@U0123>", "@here", "@", "here", "&", "lt;", "<b>", "\u200b", "\r", "\r\n", "x", "&commat;",
    ]
)  # fmt: skip
PIECES = st.lists(LIVE | st.text(max_size=4), max_size=24)


def whole(shown: str) -> str:
    """Return what went in, from what went through."""
    return shown.replace("&lt;", "<").replace(BREAK, "")


@settings(max_examples=250, deadline=None)
@given(PIECES)
def test_nothing_live_streams_and_no_word_is_lost(pieces: list[str]) -> None:
    """However an answer is cut into deltas, no link, no HTML and no mention is ever live in it."""
    shown = streamed(*pieces)
    said = "".join(pieces).replace("\r\n", "\n").replace("\r", "\n")
    readable = INVISIBLE.sub("", said).encode("utf-8", "replace").decode()
    assert whole(shown) == readable.lstrip()
    assert CALLS.search(shown) is None
    assert "://" not in shown
    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(shown)
    kinds = {one.type for token in tokens for one in [token, *(token.children or [])]}
    assert not kinds & {"link_open", "image", "html_inline", "html_block"}


@settings(max_examples=120, deadline=None)
@given(st.text(max_size=60), st.integers(0, 60))
def test_where_it_is_cut_changes_nothing(text: str, cut: int) -> None:
    """Two halves stream as the whole does."""
    assert streamed(text[:cut], text[cut:]) == streamed(text)


@settings(max_examples=120, deadline=None)
@given(PIECES.map("".join))
def test_nobody_is_called_by_a_finished_answer(text: str) -> None:
    """Whatever is written, the finished Markdown mentions nobody."""
    assert CALLS.search(neutral(safe_markdown(text))) is None
