"""Simulated people: who asks, and what they say of what they are shown. Seeded; the same again."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from bot.simulation.options import Attack, Options
from bot.simulation.world import Problem
from core.documents import content_hash
from core.messages import Person

PLATFORM = "simulation"
AUDITOR = Person(platform=PLATFORM, key="auditor", name="The auditor")
ITSELF = Person(platform=PLATFORM, key="itself", name="The bot", bot=True)
TARGETED = 0.2  # share of the documents that colluders work against
ZEALOUS = {Attack.COLLUSION: 4.0, Attack.SYBIL: 4.0, Attack.SLEEPER: 4.0, Attack.FLOOD: 10.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """What one person says of one document that was shown."""

    person: Person
    document: str
    up: bool


class Crowd:
    """People whose activity falls off as Zipf's law says, some of them experts, some of them foes."""

    def __init__(self, options: Options, seed: int) -> None:
        """Take how they are; `seed` decides all that they do."""
        self._options = options
        self._random = Random(seed)  # noqa: S311  # people, not secrets
        self._accounts = itertools.count()
        experts = round(options.people * options.experts)
        foes = round(options.people * options.malicious)
        kinds = ["expert"] * experts + ["foe"] * foes
        kinds += ["member"] * (options.people - len(kinds))
        self._kinds = list(kinds)
        self._random.shuffle(self._kinds)
        busy = (1.0 / rank**options.zipf for rank in range(1, options.people + 1))
        self._weights = list(itertools.accumulate(busy))
        experts_are = [n for n, kind in enumerate(self._kinds) if kind == "expert"]
        self.curators = [AUDITOR.id, *(_person(f"expert{n}").id for n in experts_are)]

    def asks(self, problems: list[Problem]) -> Iterator[Problem]:
        """Yield what is asked, in an order of chance; everything once before anything twice."""
        left = self._options.interactions
        while left > 0:
            order = list(problems)
            self._random.shuffle(order)
            yield from order[:left]
            left -= len(order)

    def votes(self, problem: Problem, shown: list[str], done: float) -> list[Vote]:
        """Return what people say of what is shown when the share `done` of all was asked."""
        if self._options.attack is Attack.ITSELF:
            return [Vote(person=ITSELF, document=document, up=True) for document in shown]
        return [
            vote
            for document in shown
            for _ in range(self._options.raters)
            if (vote := self._vote(problem, document, done)) is not None
        ]

    def corrects(self) -> bool:
        """Say whether somebody corrects what is wrong now."""
        return self._random.random() < self._options.corrections

    def audit(self, problem: Problem, document: str) -> Vote | None:
        """Return what a curator says who looks at one interaction in so many."""
        if self._random.random() >= self._options.audits:
            return None
        return Vote(person=AUDITOR, document=document, up=document in problem.relevant)

    @property
    def author(self) -> Person:
        """Somebody who writes a better answer."""
        return _person(f"author{self._random.randrange(self._options.people)}")

    def _vote(self, problem: Problem, document: str, done: float) -> Vote | None:
        number = self._random.choices(range(self._options.people), cum_weights=self._weights)[0]
        kind = self._kinds[number]
        hostile = kind == "foe" and self._is_hostile(document, done)
        attack = self._options.attack
        zeal = ZEALOUS.get(attack, 1.0) if hostile else 1.0
        if self._random.random() >= min(1.0, self._options.vote_rate * zeal):
            return None
        right = document in problem.relevant
        if hostile:
            up = self._random.random() < 0.5 if attack is Attack.RANDOM else not right
        elif kind == "expert":
            up = right
        else:
            share = self._options.up_if_right if right else self._options.up_if_wrong
            up = self._random.random() < share
        name = {"expert": f"expert{number}"}.get(kind, f"person{number}")
        if hostile and attack is Attack.SYBIL:
            name = f"account{next(self._accounts)}"
        return Vote(person=_person(name), document=document, up=up)

    def _is_hostile(self, document: str, done: float) -> bool:
        attack = self._options.attack
        if done > self._options.until or (attack is Attack.SLEEPER and done < 0.5):
            return False
        if attack in {Attack.RANDOM, Attack.FLOOD}:
            return True
        return int(content_hash("target", document)[:8], 16) / 16**8 < TARGETED


def _person(name: str) -> Person:
    return Person(platform=PLATFORM, key=name, name=name)
