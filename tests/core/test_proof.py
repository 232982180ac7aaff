"""What proves an epoch: the exact test, the harm, the leaks, and a stream of verdicts."""

import pytest

from core.proof import Outcome, change_of, proof_of, regression, turned_bad


@pytest.mark.parametrize(
    ("won", "lost", "p"), [(0, 0, 1.0), (0, 5, 1 / 32), (5, 5, 638 / 1024), (10, 0, 1.0)]
)
def test_the_exact_test_is_mcnemars(won: int, lost: int, p: float) -> None:
    """The upper tail of a fair coin thrown as often as something changed."""
    assert regression(won, lost) == pytest.approx(p)


@pytest.mark.parametrize(
    ("known", "won", "lost", "outcome"),
    [
        (9, 0, 9, Outcome.UNPROVEN),
        (10, 0, 1, Outcome.PASSED),
        (10, 8, 2, Outcome.FAILED),
        (1000, 20, 10, Outcome.PASSED),
        (1000, 0, 6, Outcome.FAILED),
        (1000, 99, 11, Outcome.FAILED),
    ],
)
def test_an_epoch_may_harm_little(known: int, won: int, lost: int, outcome: Outcome) -> None:
    """One known question in a hundred, and not significantly more than it wins."""
    proof = proof_of([1] * won + [-1] * lost + [0] * (known - won - lost), [])
    assert proof.outcome is outcome
    assert (proof.won, proof.lost, proof.harm) == (won, lost, lost / known)


@pytest.mark.parametrize(
    ("was", "now", "change"),
    [
        ([True, True], [False, False], -1),
        ([True, False], [False, True], 0),
        ([False, False], [True, True], 1),
        ([True], [True], 0),
    ],
)
def test_a_question_is_one_trial(was: list[bool], now: list[bool], change: int) -> None:
    """Be it that what is given, what is found, or both got worse."""
    assert change_of(was, now) == change


def test_a_leak_is_never_borne() -> None:
    """Not even where too little is known to prove anything else."""
    proof = proof_of([], ["it would be read by strangers"])
    assert (proof.outcome, proof.reason) == (Outcome.FAILED, "it would be read by strangers")
    assert proof.harm == 0


def test_a_stream_turns_bad_by_many_verdicts() -> None:
    """Half as many 👎 again as before; a few prove nothing, and as many as before never do."""
    assert not turned_bad(2, 2, 0.2)
    assert turned_bad(20, 30, 0.2)
    assert not turned_bad(800, 200, 0.2)
    assert not turned_bad(0, 0, 0.0)
    assert turned_bad(0, 25, 1.0)
