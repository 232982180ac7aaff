"""Thresholds: how near a question must be is learned of each answer, and what is wrong is bounded."""

from dataclasses import replace

import pytest

from core.thresholds import LEAST, Label, learned, untaught

NEAR, ERROR = 0.7, 0.02


def label(similarity: float, right: float, **changes: object) -> Label:
    """Return a certain label on one answer, with no rival."""
    made = Label(answer_id="a", similarity=similarity, lead=1.0, right=right, weight=1.0)
    return replace(made, **changes)  # type: ignore[arg-type]  # the fields' types differ


def taught(edge: float, answer_id: str = "a", count: int = 60) -> list[Label]:
    """Return labels of an answer that is right from a similarity on."""
    return [
        label(at, float(at >= edge), answer_id=answer_id)
        for at in (0.4 + 0.6 * step / count for step in range(count))
    ]


@pytest.mark.parametrize("near", [0.5, 0.7, 0.95])
def test_without_labels_near_is_what_is_asked_for(near: float) -> None:
    """A correction that somebody just wrote is given again from there on; the bound is met there."""
    start = untaught(near, ERROR)
    assert (start.allow("a", near, 0.0), start.allow("a", near - 0.001, 1.0)) == (True, False)
    assert start.surely_right("a", near, 1.0) == pytest.approx(1 - ERROR, abs=1e-9)


def test_an_answer_asks_for_as_much_as_its_labels_say() -> None:
    """One is right from 0.5 on and one from 0.8 on: they get thresholds of their own."""
    both = learned([*taught(0.5, "early", 400), *taught(0.8, "late", 400)], NEAR, ERROR)
    assert both.needed("early") < both.needed("late")
    assert both.needed("late") > 0.8


def test_what_is_allowed_is_surely_right() -> None:
    """An answer is given if and only if the lower bound is at least 1 - δ, for every δ."""
    for error in (0.01, 0.05, 0.2):
        bound = learned(taught(0.6), NEAR, error)
        for at in (0.5, 0.65, 0.75, 0.85, 1.0):
            assert bound.allow("a", at, 1.0) == (bound.surely_right("a", at, 1.0) >= 1 - error)


def test_below_near_an_answer_needs_labels_of_its_own() -> None:
    """However much was learned of others, six labels are the least."""
    everyone = learned(taught(0.3, "other", 600), NEAR, ERROR)
    assert not everyone.allow("new", NEAR - 0.01, 1.0)
    few = learned([*taught(0.3, "other", 600), *taught(0.3, "new", LEAST)], NEAR, ERROR)
    assert few.needed("new") < NEAR


def test_a_rival_that_is_nearly_as_near_tells_against_an_answer() -> None:
    """Where close rivals were wrong, a lead is asked for; without one more similarity does not help."""
    tied = [label(0.85, float(step % 2), lead=0.0, answer_id=f"a{step}") for step in range(60)]
    clear = [label(0.85, 1.0, answer_id=f"a{step}") for step in range(60)]
    rivalled = learned([*tied, *clear], NEAR, ERROR)
    assert rivalled.surely_right("new", 0.9, 1.0) > rivalled.surely_right("new", 0.9, 0.0)
    assert not rivalled.allow("new", 0.9, 0.0)


def test_one_wrong_label_moves_one_answer_and_hardly_the_others() -> None:
    """A single 👎 raises what its answer asks for by little, and others' by less."""
    once = learned([label(0.8, 0.0, weight=0.5)], NEAR, ERROR)
    assert NEAR <= once.needed("b") < once.needed("a") < 0.8


def test_the_order_of_the_log_makes_no_difference() -> None:
    """The same labels give the same thresholds, to the bit."""
    labels = taught(0.6) + taught(0.8, "b")
    dealt = [one for first in range(7) for one in labels[first::7]]
    assert learned(labels, NEAR, ERROR) == learned(dealt, NEAR, ERROR)
