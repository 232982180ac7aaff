"""Simulated people: as noisy, as many and as hostile as they are said to be; the same by their seed."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from bot.simulation.baselines import RULES
from bot.simulation.crowd import AUDITOR, Crowd, Vote
from bot.simulation.options import Attack, Options
from bot.simulation.world import Problem
from core.retrieval import Searched, Sought

OPTIONS = Options(vote_rate=0.5)
SOUGHT = Sought(text="When?", vector=np.zeros(2, dtype=np.float32), spoken=1.0, audiences=())
PROBLEM = Problem(
    id="q",
    text="When?",
    relevant=frozenset({"right"}),
    searched=Searched(sought=SOUGHT, found={}, fused={}),
)


def votes(options: Options, document: str, seed: int = 1, done: float = 0.0) -> list[Vote]:
    """Return what people say of one document in 4,000 interactions."""
    crowd = Crowd(options, seed)
    return [vote for _ in range(4_000) for vote in crowd.votes(PROBLEM, [document], done)]


def share(given: list[Vote]) -> float:
    """Return the share of 👍."""
    return sum(vote.up for vote in given) / len(given)


def test_people_vote_and_err_as_often_as_they_were_measured_to() -> None:
    """Half of them here; two thirds and one third of them up."""
    right, wrong = votes(OPTIONS, "right"), votes(OPTIONS, "wrong")
    assert len(right) / 4_000 == pytest.approx(0.5, abs=0.04)
    assert share(right) == pytest.approx(0.677, abs=0.04)
    assert share(wrong) == pytest.approx(0.361, abs=0.04)
    assert votes(OPTIONS, "right") == right
    assert votes(OPTIONS, "right", seed=2) != right


def test_experts_are_never_wrong_and_are_curators() -> None:
    """Each is named among the curators, beside the auditor."""
    options = replace(OPTIONS, experts=1.0, audits=1.0)
    crowd = Crowd(options, 1)
    assert share(votes(options, "right")) == 1
    assert share(votes(options, "wrong")) == 0
    assert len(crowd.curators) == options.people + 1
    assert crowd.audit(PROBLEM, "wrong") == Vote(person=AUDITOR, document="wrong", up=False)
    assert Crowd(OPTIONS, 1).audit(PROBLEM, "wrong") is None


@pytest.mark.parametrize(
    ("attack", "done", "up"),
    [
        (Attack.FLOOD, 0.0, 0.0),
        (Attack.RANDOM, 0.0, 0.5),
        (Attack.SLEEPER, 0.4, 0.677),
    ],
)
def test_foes_do_what_their_attack_says(attack: Attack, done: float, up: float) -> None:
    """Against what is right, at random, or honest until half of the time is over."""
    options = replace(OPTIONS, malicious=1.0, attack=attack)
    assert share(votes(options, "right", done=done)) == pytest.approx(up, abs=0.04)


def test_colluders_are_honest_where_they_have_no_target() -> None:
    """A fifth of the documents are their targets; there they turn everything round."""
    options = replace(OPTIONS, malicious=1.0)
    shares = []
    for number in range(40):
        crowd = Crowd(options, number)
        given = [v for _ in range(40) for v in crowd.votes(PROBLEM, [f"wrong{number}"], 0.0)]
        shares.append(share(given))
    targeted = sum(one == 1 for one in shares)
    assert 2 <= targeted <= 16
    assert np.mean([one for one in shares if one < 1]) == pytest.approx(0.361, abs=0.06)


def test_sybils_have_an_account_for_every_vote() -> None:
    """No two of their votes are one person's."""
    options = replace(OPTIONS, malicious=1.0, attack=Attack.SYBIL)
    documents = (f"wrong{number}" for number in range(60))
    given = next(
        some for one in documents if (some := votes(options, one))[0].person.name[0] == "a"
    )
    assert len({vote.person.id for vote in given}) == len(given)


def test_foes_stop_when_they_are_said_to() -> None:
    """Then they are as honest as anybody."""
    options = replace(OPTIONS, malicious=1.0, attack=Attack.FLOOD, until=0.5)
    assert share(votes(options, "right", done=0.5)) == 0
    assert share(votes(options, "right", done=0.6)) == pytest.approx(0.677, abs=0.04)


def test_some_vote_more_than_others_unless_all_are_alike() -> None:
    """The busiest of 200 casts a sixth of all votes by Zipf's law, and a 200th where all are alike."""
    busiest = [
        Counter(vote.person.id for vote in votes(replace(OPTIONS, zipf=zipf), "right"))
        for zipf in (1.0, 0.0)
    ]
    zipfian, even = (counted.most_common(1)[0][1] / counted.total() for counted in busiest)
    assert zipfian == pytest.approx(0.17, abs=0.03)
    assert even < 0.02


def test_everything_is_asked_before_anything_is_asked_twice() -> None:
    """In an order of chance."""
    problems = [replace(PROBLEM, id=str(number)) for number in range(5)]
    asked = [one.id for one in Crowd(replace(OPTIONS, interactions=8), 1).asks(problems)]
    assert sorted(asked[:5]) == ["0", "1", "2", "3", "4"]
    assert len(asked) == 8


def test_the_baselines_are_their_formulas() -> None:
    """Without votes the score stands; the boost is bounded by a half and twice the score."""
    assert [rule(0.5, 0, 0) for rule in RULES.values()] == pytest.approx([0.5] * len(RULES))
    assert RULES["static"](0.5, 9, 0) == 0.5
    assert RULES["global boost"](0.5, 99, 0) == pytest.approx(1.0)
    assert RULES["global boost"](0.5, 0, 99) == pytest.approx(0.25)
    assert RULES["wilson"](0.5, 1, 1) < RULES["beta"](0.5, 1, 1) < 0.5
