"""What is said of the floor: where it is, and what that rests on."""

from bot.refusal import refusal
from core.floor import Floor


def test_a_learned_floor_tells_its_labels() -> None:
    """With how many of them are wrong from there on, and the bound."""
    found = refusal(
        Floor(at=0.37, configured=0.32, proven=True, labels=61, given=48, wrong=4, at_most=0.161)
    )
    assert found.said == (
        "“I don't know” below a score of 0.37, learned from 61 judged answers (0.32 is set): "
        "4 of 48 above it are wrong, surely no more than 16%."
    )


def test_a_floor_that_is_set_is_unproven() -> None:
    """It tells how many judged answers there are of those that it takes."""
    said = refusal(Floor(at=0.32, configured=0.32, labels=3)).said
    assert said == (
        "“I don't know” below a score of 0.32, as set. "
        "To learn one takes 20 judged answers, and there are 3."
    )


def test_a_floor_that_was_kept_is_told() -> None:
    """The learned one would lose what is known."""
    assert "would lose what is known" in refusal(Floor(at=0.4, configured=0.32, labels=30)).said
