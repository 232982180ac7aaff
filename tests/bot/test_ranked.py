"""What is said of the epochs: which one counts, and why the newest does not."""

from dataclasses import replace

import pytest

from bot.ranked import proven, ranked
from core.ledger.epochs import Epoch
from core.proof import Outcome, Proof
from tests.doubles import NOON

PASSED = Proof(outcome=Outcome.PASSED, reason="no worse", known=40, won=2, lost=0)
LIVE = Epoch(
    id=3, made_at=NOON, parameters="{}", last_feedback_id=7, live=True, held=False, proof=PASSED
)


def test_nothing_is_wrong_before_anything_was_learned() -> None:
    """A new bot has no epoch."""
    assert ranked([]).well
    assert "Nothing" in ranked([]).said


def test_the_epoch_that_counts_tells_how_it_was_proven() -> None:
    """With the figures of its replay."""
    found = ranked([LIVE])
    assert found.well
    assert "Epoch 3 counts since" in found.said
    assert "(no worse: 40 known, 2 won, 0 lost)." in found.said


def test_a_refused_epoch_is_told_and_how_to_go_on() -> None:
    """The newest one does not count, and a curator can settle it."""
    failed = replace(
        LIVE, id=4, live=False, proof=replace(PASSED, outcome=Outcome.FAILED, reason="worse")
    )
    found = ranked([failed, LIVE])
    assert found.well
    assert "Epoch 4 does not: worse: 40 known" in found.said
    assert "/audit" in found.advice


def test_a_held_epoch_waits_for_somebody() -> None:
    """Until it is released nothing is learned, so something must be done."""
    found = ranked([replace(LIVE, held=True)])
    assert not found.well
    assert "epochs release" in found.advice


@pytest.mark.parametrize(
    ("proof", "told"),
    [(None, ""), (Proof(outcome=Outcome.UNPROVEN, reason="few"), "few")],
)
def test_what_was_not_counted_is_no_figure(proof: Proof | None, told: str) -> None:
    """No replay says nothing, and one without known questions only why."""
    assert proven(proof) == told
