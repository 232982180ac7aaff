"""What people write in Slack is read as they see it."""

import pytest

from bot.slack.mrkdwn import calls_others, people_in, plain, text_of

NAMES = {"U1": "Ana", "U2": "Ben"}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("<@UBOT> how do I renew it?", "how do I renew it?"),
        ("<@UBOT|tavernkeep>: how?", "how?"),
        ("how, <@UBOT>, do I?", "how, do I?"),
        ("hello <@U1> and <@U3|cleo>", "hello @Ana and @cleo"),
        ("<@U9> left", "@U9 left"),
        ("see <https://example.com/a?b=1&amp;c=2>", "see https://example.com/a?b=1&c=2"),
        ("see <https://example.com|the page>", "see the page (https://example.com)"),
        ("see <http://example.com|example.com>", "see http://example.com"),
        ("<mailto:a@example.com|a@example.com>", "a@example.com"),
        ("in <#C1|general> or <#C2>", "in #general or #C2"),
        ("<!here> <!subteam^S1|@cooks> <!subteam^S2>", "@here @cooks @subteam"),
        ("1 &lt; 2 &amp;&amp; 3 &gt; 2", "1 < 2 && 3 > 2"),
        ("  code:\n    indented  twice", "code:\n    indented  twice"),
    ],
)
def test_markup_is_read_as_it_is_seen(written: str, read: str) -> None:
    """The bot's own mention goes, people and conversations get their names, links their addresses."""
    assert plain(written, "UBOT", NAMES) == read


def test_what_looks_like_markup_once_it_is_read_stays_text() -> None:
    """Escaped signs are read last, so nobody can write a mention that is none."""
    assert plain("&lt;@U1&gt;", "UBOT", NAMES) == "<@U1>"
    assert people_in("&lt;@U1&gt;") == []


@pytest.mark.parametrize(
    ("written", "others"),
    [
        ("<@UBOT> hi", False),
        ("<@UBOT> ask <@U1>", True),
        ("<!channel> lunch", True),
        ("<!subteam^S1|@cooks>?", True),
        ("mail @ana", False),
    ],
)
def test_calling_others_is_noticed(written: str, others: bool) -> None:
    """People, groups and everybody at once are others; the bot is not."""
    assert calls_others(written, "UBOT") is others


def test_people_are_listed_once_in_order() -> None:
    """Whoever is mentioned twice is one person."""
    assert people_in("<@U2> <@U1> <@U2|ben>") == ["U2", "U1"]


def test_a_message_of_blocks_alone_has_the_blocks_text() -> None:
    """Some messages of apps have no text of their own."""
    blocks = [{"type": "section", "text": {"text": "a page"}}, {"type": "divider"}, "nonsense"]
    assert text_of({"text": "", "blocks": blocks}) == "a page"
    assert text_of({"text": "hi", "blocks": blocks}) == "hi"
