"""Whose verdicts weigh how much: by how many they gave, by who they are, by how often curators agree."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.feedback import Feedback, Verdict
from core.influence import Influence, audits_of, is_light, shares_of, trust, trust_of
from tests.doubles import NOON, said

UP, DOWN = Verdict.UP, Verdict.DOWN
CURATORS = frozenset({"room:curator"})
LATER = NOON + timedelta(minutes=1)
# Six answers, each asked once; c0 is a0 given again to the same question, d0 to another one.
OCCASIONS = {f"a{n}": (f"a{n}", "how") for n in range(6)} | {
    "c0": ("a0", "how"),
    "d0": ("a0", "why"),
}
AUDITS = [said(f"a{n}", by="curator") for n in range(6)]


def trusted(verdicts: list[Feedback]) -> dict[str, float]:
    """Return the trust in everybody who was compared with the curator."""
    audits = audits_of([*AUDITS, *verdicts], OCCASIONS, CURATORS)
    return trust_of(verdicts, OCCASIONS, audits, CURATORS)


def test_who_votes_often_shares_out_what_a_few_votes_weigh() -> None:
    """Ten in a month count in full, a hundred weigh as much as those ten; trust lowers either."""
    shares = shares_of({"calm": 10, "keen": 100}, 10, {"keen": 0.5, "seldom": 0.25})
    assert shares == {"calm": 1, "keen": 0.05, "seldom": 0.25}


def test_a_curator_counts_double_whatever_else_holds() -> None:
    """Neither the budget nor being new lowers a curator's verdict."""
    influence = Influence(shares={"room:curator": 0.1}, curators=CURATORS, light=0.3, new_days=7)
    one = said("a0", by="curator")
    new = replace(one, person=replace(one.person, guest=True, since=NOON))
    assert influence.of(new) == 2


def test_guests_and_new_accounts_weigh_little() -> None:
    """A guest always, an account for its first days; what it said then stays light."""
    influence = Influence(shares={"room:ann": 0.5}, light=0.3, new_days=7)
    one = said("a0")
    guest = replace(one, person=replace(one.person, guest=True))
    new = replace(one, person=replace(one.person, since=NOON - timedelta(days=6)))
    old = replace(one, person=replace(one.person, since=NOON - timedelta(days=7)))
    assert [influence.of(who) for who in (one, guest, new, old)] == [0.5, 0.15, 0.15, 0.5]
    assert not is_light(new, 0)


def test_consensus_earns_no_trust() -> None:
    """However many agree with one another, without an audit nobody is compared."""
    crowd = [said("d0", by=f"p{n}") for n in range(50)]
    assert trusted(crowd) == {}


def test_who_contradicts_curators_loses_all_weight_and_who_agrees_none() -> None:
    """Five comparisons decide; four do not."""
    for n in (4, 5):
        bad = [said(f"a{k}", DOWN, by="bad") for k in range(n)]
        good = [said(f"a{k}", by="good") for k in range(n)]
        expected = {"room:bad": 1.0 if n == 4 else 0.0, "room:good": 1.0}
        assert trusted([*bad, *good]) == expected


def test_an_audit_holds_at_its_question_alone() -> None:
    """A verdict on the same answer to another question is compared with nothing; on a copy it is, once."""
    given_ = [said("a0"), said("c0", DOWN, at=LATER), said("d0", DOWN, at=LATER)]
    audits = audits_of(AUDITS, OCCASIONS, CURATORS)
    assert ("a0", "why") not in audits
    five = [*given_, *(said(f"a{n}") for n in range(1, 5))]
    assert trusted(five) == {"room:ann": trust(4, 5)}


def test_the_last_of_several_curators_settles_it() -> None:
    """By the platform's time, however they arrived."""
    both = [said("a0", DOWN, by="curator", at=LATER), said("c0", by="curator")]
    for order in (both, both[::-1]):
        assert audits_of(order, OCCASIONS, CURATORS) == {("a0", "how"): DOWN}


def test_linked_accounts_are_trusted_as_one() -> None:
    """What one of them said is compared once, and all of them have the trust."""
    pair = frozenset({"room:ann", "slack:ann"})
    given_ = [replace(said(f"a{n}", DOWN), linked=pair) for n in range(6)]
    assert trusted(given_) == dict.fromkeys(sorted(pair), 0.0)


@given(st.integers(0, 60), st.integers(0, 60))
def test_trust_is_bounded_and_rises_with_agreement(agreed: int, contradicted: int) -> None:
    """It lies between 0 and 1, and one more agreement never lowers it once it counts at all."""
    compared = agreed + contradicted
    assert 0 <= trust(agreed, compared) <= 1
    assert compared < 5 or trust(agreed + 1, compared + 1) >= trust(agreed, compared)


@pytest.mark.parametrize("comparisons", [5, 20, 100])
def test_honest_people_keep_their_weight(comparisons: int) -> None:
    """Who is right in two of three cases has nearly all of it."""
    assert trust(round(0.66 * comparisons), comparisons) >= 0.9
