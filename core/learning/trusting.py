"""Trusting: what everybody's verdicts weigh, and what curators have settled, as the log has it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from core.feedback import Feedback, Reason, Verdict
from core.influence import CERTAIN, Influence, audits_of, is_light, shares_of, trust_of
from core.ledger.audits import authors_of, count_conversations, judged_by, occasions_of
from core.ledger.feedback import judged_answers, live_verdicts, votes_since
from core.ledger.ledger import Transaction
from core.ledger.writes import portions
from core.messages import Person
from core.settings_of_learning import LearningSettings

AT_ONCE = 50  # answers that are read between two breaths
LATELY = timedelta(days=30)  # in which a rater's budget is spent


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """How much each verdict counts; `settled` is what curators hold of answers, by answer copy.

    `scattered` says that people talk with the bot in more than one conversation.
    """

    influence: Influence = field(default_factory=Influence)
    settled: Mapping[str, Verdict] = field(default_factory=dict)
    scattered: bool = True

    def stands(self, one: Feedback) -> bool:
        """Say whether no curator has found the contrary of this at the same question."""
        return self.settled.get(one.answer_id, one.verdict) is one.verdict

    def left(self, verdicts: Sequence[Feedback]) -> list[Feedback]:
        """Return the verdicts that no curator has contradicted."""
        return [one for one in verdicts if self.stands(one)]

    def meant(self, one: Feedback) -> float:
        """Return what a verdict says of whether to answer so at all: `CERTAIN` for a curator's.

        A signal says nothing of that, nor do reasons that are put right by other sources.
        """
        if one.via.implicit or one.reason in (Reason.WRONG_SOURCES, Reason.OUTDATED):
            return 0.0
        return CERTAIN if one.person.id in self.influence.curators else self.influence.of(one)

    def voices(self, verdicts: Sequence[Feedback]) -> list[Feedback]:
        """Return the verdicts that count as somebody's where raters are counted, curators' among them.

        Those of guests and new accounts do not. Where there is but one conversation it tells nobody
        apart, so no verdict names it.
        """
        counted = [
            one
            for one in verdicts
            if one.person.id in self.influence.curators
            or not is_light(one, self.influence.new_days)
        ]
        return counted if self.scattered else [replace(one, conversation=None) for one in counted]


async def weights_of(connection: Transaction, settings: LearningSettings, now: datetime) -> Weights:
    """Return the weights that the log amounts to; the same log gives the same, to the bit."""
    curators = frozenset(settings.curators)
    settled, trust = await _anchored(connection, curators)
    votes = await votes_since(connection, now - LATELY)
    influence = Influence(
        shares=shares_of(votes, settings.budget, trust),
        curators=curators,
        light=settings.light,
        new_days=settings.new_days,
    )
    scattered = await count_conversations(connection) > 1
    return Weights(influence=influence, settled=settled, scattered=scattered)


async def is_trusted(
    connection: Transaction, settings: LearningSettings, person: Person, at: datetime
) -> bool:
    """Say whether somebody who wrote at a time is a curator, or trusted as fully as a member is.

    Guests, new accounts and who keeps contradicting curators are not.
    """
    if person.id in settings.curators:
        return True
    young = person.since is not None and at - person.since < timedelta(days=settings.new_days)
    if person.bot or person.guest or young:
        return False
    _, trust = await _anchored(connection, frozenset(settings.curators))
    return trust.get(person.id, 1.0) >= 1.0


async def _anchored(
    connection: Transaction, curators: Collection[str]
) -> tuple[dict[str, Verdict], dict[str, float]]:
    """Return what curators settled, by answer copy, and by it the trust in each account.

    Only what was said where a curator said something is read.
    """
    audited = await occasions_of(connection, await judged_by(connection, curators))
    if not audited:
        return {}, {}
    everywhere = await occasions_of(connection, await judged_answers(connection))
    wanted = frozenset(audited.values())
    occasions = {id_: place for id_, place in everywhere.items() if place in wanted}
    authors = await authors_of(connection, sorted(occasions))
    verdicts: list[Feedback] = []
    for portion in portions(sorted(occasions), AT_ONCE):
        given = await live_verdicts(connection, portion)
        verdicts += [one for one in given if not one.is_by(authors.get(one.answer_id))]
    audits = audits_of(verdicts, occasions, curators)
    settled = {id_: audits[place] for id_, place in occasions.items() if place in audits}
    return settled, trust_of(verdicts, occasions, audits, curators)
