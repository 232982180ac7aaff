"""What Discord is given to show: nothing in it calls anybody or hides where it leads."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.card import safe_markdown
from bot.discord.markup import changed, escaped, growing, link, neutral, quoted, small

# How Discord reads a text: a sign behind a backslash, code, or any other sign.
READ = re.compile(
    r"\\[^\w\s]|(?P<code>```[\s\S]+?```|(?P<ticks>`+)[\s\S]*?[^`](?P=ticks)(?!`))|[\s\S]"
)
URL = "https://docs.example/a"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain words", "plain words"),
        ("a < b & c", "a < b & c"),
        ("a <b> c", "a <\u200bb> c"),
        ("**bold** and *slanted*", "**bold** and *slanted*"),
        ("`code` here", "`code` here"),
        ("a stray ` tick", "a stray \\` tick"),
        ("an escaped \\` tick", "an escaped \\` tick"),
        ("```py\nx = 1\n```", "```py\nx = 1\n```"),
        ("~~~\nx = 1\n~~~", "```\nx = 1\n```"),
        ("````\na ``` b\n````", "```\na `\u200b`` b\n```"),
        ("```bad info here\nx\n```", "```\nx\n```"),
        ("``a ` b``", "``\u200ba ` b\u200b``"),
        ("```\nunfinished", "```\nunfinished\n```"),
        ("see discord.gg/abc", "see discord.\u200bgg/abc"),
    ],
)
def test_what_is_shown(text: str, shown: str) -> None:
    """Markdown stays, code is code in Discord's way, and a sign is a sign."""
    assert growing(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "<@123>",
        "<@!123>",
        "<@&5>",
        "<#7>",
        "</ask:1>",
        "<t:1:R>",
        "<:x:1>",
        "<a:x:1>",
        "<id:guide>",
    ],
)
def test_nothing_of_discords_own_markup_is_live(text: str) -> None:
    """People, roles, channels, commands, times and emoji stay as they are written."""
    assert growing(f"see {text} there").startswith("see <\u200b")
    assert f"see {text}" not in growing(f"see {text} there")


@pytest.mark.parametrize("name", ["everyone", "here", "Everyone"])
def test_nobody_is_called(name: str) -> None:
    """A sign that nobody sees stands between."""
    assert f"@{name}" not in growing(f"hi @{name}!")
    assert f"@{name}" not in escaped(f"hi @{name}!")
    assert "@everyones" in growing("@everyones")


def test_code_that_only_others_take_for_code() -> None:
    """What stands in a fence that Discord does not know cannot come alive."""
    shown = growing(f"~~~\n<@123> [x]({URL})\n~~~")
    assert shown.startswith("```\n")
    assert shown.endswith("\n```")


def test_an_allowed_link_tells_where_it_leads() -> None:
    """A label that names another place is shown beside the place itself."""
    safe = safe_markdown(f"[a page]({URL}) and [bank.example]({URL})", [URL])
    assert neutral(safe) == f"[a page]({URL}) and bank.example ([docs.example]({URL}))"


def test_other_links_are_not_live() -> None:
    """Whatever was not allowed loses its address."""
    assert "https://" not in growing(
        "[x](https://evil.example) <https://evil.example> https://e.vil"
    )


def test_plain_words() -> None:
    """Every sign that would mean something is shown as it is."""
    assert escaped("*a* _b_ `c` [d](e) <@1>") == "\\*a\\* \\_b\\_ \\`c\\` \\[d\\]\\(e\\) \\<@1\\>"
    assert escaped("https://evil.example") == "https\\://evil.example"
    assert link("a [b]", None) == "a \\[b\\]"
    assert link("a [b]", URL) == f"[a \\[b\\]]({URL})"
    assert small("so") == "-# so"
    assert quoted("one\n\ntwo *x*") == "> one\n> two \\*x\\*"


def test_what_changed() -> None:
    """What goes is struck out, what comes is bold, line by line, and what stays is plain."""
    assert "~~red~~" in changed("press the red button", "press the blue button")
    assert "**blue**" in changed("press the red button", "press the blue button")
    assert changed("", "") == "…"
    assert changed("", "one\n\ntwo") == "**one**\n\n**two**"


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="`~<>@#*_[]()\\\n ae:/1&;lt", max_size=60))
def test_no_text_calls_anybody(text: str) -> None:
    """Whatever a model writes, nothing that names somebody stands outside of code."""
    shown = growing(f"{text}<@123> @everyone")
    assert "@everyone" not in shown
    live = "".join(one[0] for one in READ.finditer(shown) if not one["code"])
    assert not re.search(r"<[@#]", live)
