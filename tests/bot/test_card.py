"""The answer card, and the Markdown that is safe to show."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.card import Button, badge_sentence, card_of, is_web_link, safe_markdown, stands_in
from core.answers import Answer, Badge, Citation, Origin, Question, Standing
from core.audience import EVERYONE
from core.feedback import Reason
from core.messages import Person

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
GOOD = "https://docs.example/slack"
CITED = Citation(
    number=1,
    passage_id="p",
    document_id="d",
    title="Slack",
    breadcrumb="Slack › Tokens",
    link=GOOD,
    quote="Set the token.",
    hash="h",
)
ANSWER = Answer(
    id="a",
    question=Question(id="q", text="How?", asked="How?"),
    text="Set the token [1], see [the page](https://docs.example/slack) and `[1]`. [2]",
    origin=Origin.GENERATED,
    audience=EVERYONE,
    created_at=NOW - timedelta(days=3),
    citations=(CITED,),
)


def test_a_card_has_the_words_the_sources_and_the_buttons() -> None:
    """A plain answer becomes its text, its numbered sources, the buttons and the reasons."""
    card = card_of(ANSWER, NOW)
    assert card.text == ANSWER.text
    assert [(s.number, s.title, s.link) for s in card.sources] == [(1, "Slack", GOOD)]
    assert (card.buttons, card.reasons) == (
        (Button.HELPFUL, Button.NOT_HELPFUL, Button.FIX),
        tuple(Reason),
    )
    assert (card.badge, card.notice, card.nearest, card.unknown) == (None, None, (), False)


def test_what_was_given_again_can_be_asked_afresh() -> None:
    """Nothing else can: it was written from the sources just now."""
    assert card_of(replace(ANSWER, reused_id="b"), NOW).buttons == tuple(Button)


def test_linked_text_links_the_markers_of_sources() -> None:
    """[1] becomes a link to source 1; unknown numbers and code are left alone."""
    linked = card_of(ANSWER, NOW).linked_text()
    assert linked.startswith(rf"Set the token [\[1\]]({GOOD}), see [the page]({GOOD})")
    assert linked.endswith("and `[1]`. [2]")


def test_an_unknown_answer_names_the_nearest_sources() -> None:
    """The nearest sources stand on the card only where the bot does not know."""
    near = replace(ANSWER, nearest=(CITED,), citations=())
    assert card_of(near, NOW).nearest == ()
    card = card_of(replace(near, origin=Origin.UNKNOWN), NOW)
    assert (card.unknown, card.nearest[0].breadcrumb) == (True, "Slack › Tokens")


def test_a_commands_output_has_nothing_to_press() -> None:
    """Nothing is learned from commands, so nobody is asked for a verdict."""
    card = card_of(replace(ANSWER, origin=Origin.COMMAND), NOW)
    assert (card.buttons, card.reasons) == ((), ())


def test_a_source_link_that_is_no_web_address_is_left_out() -> None:
    """A citation may carry any link; only http(s) is shown, and only it makes a link live."""
    bad = replace(CITED, link="javascript:alert(1)")
    card = card_of(replace(ANSWER, citations=(bad,), text="[x](javascript:alert(1))"), NOW)
    assert (card.sources[0].link, card.text) == (None, "x")


def test_notice_and_author_are_plain_words() -> None:
    """A notice and a name are one line without signs that cannot be seen."""
    ana = Person(platform="room", key="ana", name="A\u202ena\n")
    card = card_of(replace(ANSWER, author=ana, notice="The model\u200b is\naway."), NOW)
    assert (card.notice, card.badge) == ("The model is away.", "Written by Ana · 3 days ago")


@pytest.mark.parametrize(
    ("badge", "sentence"),
    [
        (
            Badge(author="Ana", standing=Standing.TRIAL, age_days=12, helpful=14, verbatim=True),
            "Written by Ana · 12 days ago · 14 found it helpful · not verified yet",
        ),
        (
            Badge(author=None, standing=Standing.VERIFIED, age_days=1, helpful=1, verbatim=True),
            "Answered before · yesterday · 1 found it helpful · verified",
        ),
        (
            Badge(author=None, standing=Standing.STALE, age_days=0, helpful=0, verbatim=False),
            "Answered before · today · nobody rated it yet · its source changed since",
        ),
    ],
)
def test_a_badge_is_one_sentence(badge: Badge, sentence: str) -> None:
    """A badge says whose the answer is, how old, how many it helped and whether it is verified."""
    assert badge_sentence(badge) == sentence
    assert card_of(replace(ANSWER, badge=badge), NOW).badge == sentence


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("Plain *words* and `code`.", "Plain *words* and `code`."),
        ("[in](https://docs.example/slack)", "[in](https://docs.example/slack)"),
        ("[out](https://evil.example/a?b=c)", "out"),
        ("![look](https://evil.example/p.png)", "look"),
        ("![look](https://docs.example/slack)", "look"),
        ('[out](https://evil.example "title")', "out"),
        ("[out](<https://evil.example>)", "out"),
        ("[x](javascript:alert(1))", "x"),
        ("<script>alert(1)</script>", "&lt;script>alert(1)&lt;/script>"),
        ("3 < 4 <= 5", "3 < 4 <= 5"),
        ("see https://evil.example/a.", "see evil.example/a."),
        ("see https://docs.example/slack.", "see https://docs.example/slack."),
        ("<https://evil.example>", "&lt;evil.example>"),
        ("a\u200bb\u202ec\x07d\ufeff", "abcd"),
        ("`curl https://evil.example`", "`curl https://evil.example`"),
        ("```\n<b> https://evil.example\n```", "```\n<b> https://evil.example\n```"),
        ("[a][b]\n\n[b]: https://evil.example", "[a][b]\n\n"),
        ("https&#58;//evil.example", "https&amp;\\#58;//evil\\.example"),
        (
            "[o][r]\n\n> [r]: https://evil.example",
            "\\[o\\]\\[r\\]\n\n\\> \\[r\\]\\: evil\\.example",
        ),
        ("[![a](https://evil.example/p)](https://evil.example)", "a"),
        ("line\r\nbreak", "line\nbreak"),
    ],
)
def test_safe_markdown(text: str, safe: str) -> None:
    """What may stay stays as it was, and what may not is left as harmless words."""
    assert safe_markdown(text, [GOOD]) == safe


def live_parts(markdown: str) -> list[str]:
    """Return whatever a lenient renderer would make live and that was not allowed."""
    parser = MarkdownIt("commonmark", {"html": True}).enable("table")
    found: list[str] = []
    tokens = parser.parse(markdown)
    for token in [*tokens, *(child for t in tokens for child in t.children or ())]:
        if token.type in {"html_block", "html_inline", "image"}:
            found.append(token.content)
        if token.type == "link_open" and token.attrGet("href") != GOOD:
            found.append(str(token.attrGet("href")))
        if token.type == "text" and "://evil" in token.content:
            found.append(token.content)
    return found


PARTS = st.sampled_from(
    [
        "[", "]", "(", ")", "!", "<", ">", "`", "``", "```\n", "~~~\n", "\n", "\n\n", "\\", ":", "| ",
        "    ", "- ", "> ", "1. ", '"', "&#104;", "ttps", "https://evil.example/x", GOOD, "[a]: ", "[a]",
        "javascript:alert(1)", "<script>", "</script>", "<img src=x onerror=y>", "<!--", "\u200b", "x",
    ]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(PARTS | st.text(max_size=4), max_size=24).map("".join))
def test_nothing_live_survives(text: str) -> None:
    """Whatever is written, no renderer finds HTML, images, or links that were not allowed."""
    assert live_parts(safe_markdown(text, [GOOD])) == []


@pytest.mark.parametrize(
    ("url", "web"),
    [
        (GOOD, True),
        ("http://a.example/?q=1#x", True),
        ("javascript:alert(1)", False),
        ("https://a.example/x y", False),
        ("https://a.example/)[", False),
        ("/source/1", False),
    ],
)
def test_web_links(url: str, web: bool) -> None:
    """Only http(s) addresses without signs that end a link early count as links."""
    assert is_web_link(url) is web


def test_an_address_that_a_cited_source_says_may_be_followed() -> None:
    """A link that stands word for word in a quote stays; one that the model made up does not."""
    quote = "Open [the VPN page](https://wiki.example.org/vpn), or https://wiki.example.org/help."
    said = "Open [the VPN page](https://wiki.example.org/vpn). [More](https://evil.example/vpn) [1]"
    card = card_of(replace(ANSWER, text=said, citations=(replace(CITED, quote=quote),)), NOW)
    assert "(https://wiki.example.org/vpn)" in card.text
    assert "evil.example" not in card.text


@pytest.mark.parametrize(
    ("url", "inside"),
    [
        ("https://wiki.example.org/docs", True),
        ("https://wiki.example.org/docs/setup?a=1#b", True),
        ("https://WIKI.example.org/docs/", True),
        ("https://wiki.example.org/docsy", False),
        ("https://wiki.example.org/docs/../admin", False),
        ("https://wiki.example.org/docs/%2e%2e/admin", False),
        ("https://wiki.example.org.evil.example/docs", False),
        ("https://wiki.example.org@evil.example/docs", False),
        ("http://wiki.example.org/docs", False),
        ("https://[::1/docs", False),
    ],
)
def test_a_place_holds_what_lies_below_it(url: str, inside: bool) -> None:
    """An allowed beginning is a host and a path, and never only the same first letters."""
    assert stands_in(url, "https://wiki.example.org/docs/") is inside
    assert stands_in(url, "https://wiki.example.org/docs") is inside


def test_an_allowed_place_may_be_linked_to_without_being_cited() -> None:
    """What the operator allowed stays a link; everything else is left as its label."""
    said = "[a](https://wiki.example.org/a) and [b](https://evil.example/b)"
    card = card_of(replace(ANSWER, text=said), NOW, ["https://wiki.example.org"])
    assert card.text == "[a](https://wiki.example.org/a) and b"


@pytest.mark.parametrize(
    ("badge", "mark"),
    [
        (None, "not verified yet"),
        (
            Badge(author=None, standing=Standing.VERIFIED, age_days=12, helpful=14, verbatim=True),
            "verified 12 days ago · 14 helpful",
        ),
        (
            Badge(
                author="A\u202ena", standing=Standing.TRIAL, age_days=0, helpful=0, verbatim=True
            ),
            "written by Ana · today · not verified yet",
        ),
        (
            Badge(author=None, standing=Standing.STALE, age_days=3, helpful=1, verbatim=True),
            "its source changed since · 1 helpful",
        ),
    ],
)
def test_a_mark_says_in_few_words_what_people_made_of_an_answer(
    badge: Badge | None, mark: str
) -> None:
    """An answer is verified, or it says that it is not; what is no answer has no mark."""
    assert card_of(replace(ANSWER, badge=badge), NOW).mark == mark
    assert card_of(replace(ANSWER, badge=badge, origin=Origin.COMMAND), NOW).mark is None
