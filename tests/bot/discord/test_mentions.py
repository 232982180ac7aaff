"""Discord's markup is read as people see it."""

import pytest

from bot.discord.mentions import plain

NAMES = {"1": "Ana", "7": "Staff", "20": "general"}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("<@100> When does it close?", "When does it close?"),
        ("When, <@!100>, does it close?", "When, does it close?"),
        ("<@&11>: hello", "hello"),
        ("ask <@1> or <@&7> in <#20>", "ask @Ana or @Staff in #general"),
        ("ask <@2> in <#21>", "ask @2 in #21"),
        ("fine <:thumb:55> <a:wave:56>", "fine :thumb: :wave:"),
        ("type </ask:99> now", "type /ask now"),
        ("see <https://example.org/a>", "see https://example.org/a"),
        ("by <t:1780315200:R>", "by 2026-06-01 12:00 UTC"),
        ("by <t:999999999999>", "by <t:999999999999>"),
        ("a <b> c < d", "a <b> c < d"),
    ],
)
def test_what_people_see(written: str, read: str) -> None:
    """The bot's own mentions go, keys become names, and nothing else changes."""
    assert plain(written, ["100", "11"], NAMES) == read
