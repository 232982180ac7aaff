"""The learned floor: as low as the bound on wrong answers allows, whatever order labels come in."""

from hypothesis import given
from hypothesis import strategies as st

from core.floor import ABOVE, BELOW, CONFIDENCE, LEAST, Case, learned_floor
from core.measures import upper_bound

CONFIGURED, BORNE = 0.32, 0.2
CASES = st.lists(
    st.builds(Case, score=st.integers(25, 60).map(lambda score: score / 100), right=st.booleans()),
    max_size=60,
)


def cases(score: float, count: int, *, right: bool = True) -> list[Case]:
    """Return so many alike."""
    return [Case(score=score, right=right)] * count


def at(*parts: list[Case]) -> float:
    """Return the floor that parts amount to together."""
    return learned_floor([one for part in parts for one in part], CONFIGURED, BORNE).at


def test_few_labels_change_nothing() -> None:
    """One fewer than the least leaves the configured floor as it is, unproven."""
    found = learned_floor(cases(0.4, LEAST - 1, right=False), CONFIGURED, BORNE)
    assert (found.at, found.proven, found.labels) == (CONFIGURED, False, LEAST - 1)


def test_the_floor_rises_above_wrong_answers_and_no_higher() -> None:
    """Just so far that those that are left keep the bound."""
    assert at(cases(0.6, 20), cases(0.41, 5, right=False)) == 0.42
    assert at(cases(0.6, 20), cases(0.41, 1, right=False)) == CONFIGURED


def test_the_floor_stays_in_its_range() -> None:
    """Where no score keeps the bound it is the highest there may be."""
    assert at(cases(0.9, 40, right=False)) == round(CONFIGURED + ABOVE, 6)
    assert at(cases(0.05, 40), cases(0.28, 40)) == round(CONFIGURED - BELOW, 6)


def test_below_the_configured_floor_what_is_added_keeps_the_bound_by_itself() -> None:
    """However many are right above it: those say nothing of what would be answered in addition."""
    assert at(cases(0.6, 100)) == CONFIGURED
    assert at(cases(0.6, 100), cases(0.3, 5), cases(0.3, 5, right=False)) == CONFIGURED
    assert at(cases(0.6, 100), cases(0.3, 20)) == 0.27


def test_all_wrong_may_be_borne() -> None:
    """Then nothing is learned."""
    assert not learned_floor(cases(0.4, 40, right=False), CONFIGURED, 1.0).proven


def test_the_bound_is_that_of_clopper_and_pearson() -> None:
    """By their formula: 1 - α^(1/n) where none is wrong, and 1 of none at all."""
    assert abs(upper_bound(0, 20, CONFIDENCE) - (1 - 0.1 ** (1 / 20))) < 1e-6
    assert abs(upper_bound(3, 30, 0.975) - 0.2653) < 1e-4
    assert upper_bound(0, 0, CONFIDENCE) == 1.0


@given(CASES, st.randoms())
def test_the_order_makes_no_difference(known: list[Case], random: object) -> None:
    """The same labels give the same floor, to the bit."""
    shuffled = [*known]
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis names no type
    assert learned_floor(shuffled, CONFIGURED, BORNE) == learned_floor(known, CONFIGURED, BORNE)


@given(CASES)
def test_one_more_wrong_answer_never_lowers_the_floor(known: list[Case]) -> None:
    """Nor does it where it is the one label that was missing."""
    before = at(known)
    assert at(known, cases(before + 0.001, 1, right=False)) >= before


@given(CASES)
def test_a_proven_floor_keeps_the_bound_or_is_the_highest(known: list[Case]) -> None:
    """What is given from there on is surely wrong no more often than is borne."""
    found = learned_floor(known, CONFIGURED, BORNE)
    highest = round(CONFIGURED + ABOVE, 6)
    assert not found.proven or found.at == highest or found.at_most <= BORNE + 1e-6
