"""Things: what one question names in the place of what another one names."""

import pytest

from core.things import named_instead


@pytest.mark.parametrize(
    ("one", "other", "named"),
    [
        ("Where do we keep the dulcimer?", "Where is the cauldron kept?", {"dulcim"}),
        ("Where is the key to the attic?", "Who has the key of the shed?", {"attic"}),
        ("When do they inspect our roof?", "On which day is the cellar inspected?", {"roof"}),
        ("How do I reset my password?", "I forgot my password, what now?", set()),
        ("Is there a way to the roof?", "Where is the roof?", set()),
        ("How do I delete my account?", "How can I remove my account?", set()),
        ("Why is the build failing?", "Why doesn't the build pass?", set()),
        ("How do I request a laptop?", "How do I request a laptop for an intern?", set()),
        ("Wie öffnet man die Tür?", "How does one open it?", set()),
        ("打印机在哪里？", "钥匙在哪里？", set()),
        ("", "the", set()),
    ],
)
def test_only_what_stands_in_anothers_place_is_named(one: str, other: str, named: set[str]) -> None:
    """A word behind an article counts where each question has one that the other lacks."""
    assert named_instead(one, other) == named
