"""Markdown -> HTML in the room."""

from datetime import UTC, datetime

import pytest

from bot.room.block import clock, element_id
from bot.room.markup import answer_html, document_html, message_html, words_of
from bot.room.page import ascii_json

GOOD = "https://docs.example/slack"


def test_markers_become_buttons_that_name_their_source() -> None:
    """[1] is a button with the source's title, escaped; a number without a source stays text."""
    html = answer_html("See [1] and [2] and `[1]`.", [], {1: 'A "B" <c>'})
    assert 'data-source="1" title="Source 1: A &quot;B&quot; &lt;c&gt;"' in html
    assert (html.count("<button"), "[2]" in html, "<code>[1]</code>" in html) == (1, True, True)


@pytest.mark.parametrize(
    "text",
    [
        "<script>x</script>",
        "![a](https://evil.example)",
        "[a](javascript:x)",
        "<a href='//e'>b</a>",
    ],
)
def test_messages_have_no_live_parts(text: str) -> None:
    """Whatever a person writes is text."""
    html = message_html(text)
    assert not any(part in html for part in ("<script", "<img", "<a "))


def test_only_cited_links_are_live_in_answers() -> None:
    """A link that was cited opens in a new tab without a referrer; another one is text."""
    html = answer_html(f"[in]({GOOD}) [out](https://evil.example)", [GOOD], {})
    assert html.count("<a ") == 1
    assert f'href="{GOOD}" target="_blank" rel="noopener noreferrer nofollow"' in html


def test_a_document_keeps_its_web_links_and_loses_its_images() -> None:
    """In a page that somebody opened links may be followed; nothing is loaded by itself."""
    html = document_html(f"[in]({GOOD}) ![a](https://evil.example/p) <b>x</b> [l](other.md)")
    assert (html.count("<a "), "<img" in html, "<b>" in html) == (2, False, False)


def test_words_are_a_preview_without_markup() -> None:
    """A preview is one line of words."""
    assert words_of("# A *b*\n\n- `c`\n- d\n\n```\ne\n```") == "A b c d e"
    assert words_of(f"1. **In**: [here]({GOOD})\n2. out") == "In: here out"


def test_times_are_short() -> None:
    """Today has the hour only; other days are named."""
    now = datetime.now(UTC)
    assert len(clock(now, now)) == 5
    assert clock(datetime(2020, 1, 5, 12, tzinfo=UTC), now).startswith("05 Jan")


def test_names_cannot_end_the_script_they_stand_in() -> None:
    """Everything but letters, digits and a few signs is escaped."""
    assert ascii_json('a"</script>é') == '"a\\u{22}\\u{3c}\\u{2f}script\\u{3e}\\u{e9}"'
    assert element_id('a"b') == "thread-a-b"
