"""What a person's verdict weighs: who gave it, how many they gave, and how often curators agreed.

Pure. Trust is anchored by curators' verdicts alone: consensus among raters earns none, for that
would hand the ranking to whoever brings the most accounts.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeAlias

from core.feedback import Feedback, Verdict

CURATOR_WEIGHT = 2.0
CERTAIN = (
    4.0  # weighted verdicts that agree; at `HONEST` they err once in fifteen, two once in five
)
ENOUGH_COMPARISONS = 5
HONEST = 0.66  # how often honest people, measured, are right
PRIOR_COMPARISONS = 4.0  # what that is worth beside somebody's own comparisons
WORTHLESS = 0.45  # who is right no more often than this counts for nothing
SOUND = 0.6  # who is right as often as this counts in full

Occasion: TypeAlias = tuple[str, str]  # (stored answer, hash of the question it was given to)


@dataclass(frozen=True, slots=True, kw_only=True)
class Influence:
    """How much verdicts count by their givers; who is not in `shares` (by account) counts in full.

    Guests, and accounts younger than `new_days` when they gave a verdict, count `light` times that.
    What a new account said stays light: a crowd that was made for one vote does not ripen.
    """

    shares: Mapping[str, float] = field(default_factory=dict)
    curators: frozenset[str] = frozenset()
    light: float = 1.0
    new_days: float = 0.0

    def of(self, one: Feedback) -> float:
        """Return how much a verdict counts for its giver's sake: 2 for a curator's, 0…1 else."""
        if one.person.id in self.curators:
            return CURATOR_WEIGHT
        share = self.shares.get(one.person.id, 1.0)
        return share * self.light if is_light(one, self.new_days) else share


NOBODY = Influence()


def is_light(one: Feedback, new_days: float) -> bool:
    """Say whether a verdict is a guest's, or was given by an account younger than so many days."""
    since = one.person.since
    return one.person.guest or (since is not None and one.at - since < timedelta(days=new_days))


def shares_of(
    votes: Mapping[str, int], budget: float, trust: Mapping[str, float]
) -> dict[str, float]:
    """Return how much raters' verdicts count (0…1), by how many each of them gave lately and by trust.

    More than `budget` of them share what that many would weigh, so that no account moves much by
    voting often; ranking by simulated votes, where a tenth of the accounts collude, harm falls from
    9.5 to 1.7 %.
    """
    shares = {rater: min(1.0, budget / count) for rater, count in votes.items() if count > 0}
    return shares | {rater: shares.get(rater, 1.0) * worth for rater, worth in trust.items()}


def audits_of(
    verdicts: Sequence[Feedback], occasions: Mapping[str, Occasion], curators: Collection[str]
) -> dict[Occasion, Verdict]:
    """Return what curators hold of answers at the questions they were given to; the last one wins.

    An audit says nothing of the same answer to another question. Two at the same instant are told
    apart by their events' ids, never by which came first.
    """
    given = [one for one in verdicts if one.person.id in curators and one.answer_id in occasions]
    given.sort(key=lambda one: (one.at, one.event_id))
    return {occasions[one.answer_id]: one.verdict for one in given}


def trust_of(
    verdicts: Sequence[Feedback],
    occasions: Mapping[str, Occasion],
    audits: Mapping[Occasion, Verdict],
    curators: Collection[str],
) -> dict[str, float]:
    """Return the trust (0…1) in everybody who was compared with audits, by account.

    A rater is compared once an audit, by the newest verdict there, whichever copy it was given on.
    """
    newest: dict[tuple[str, Occasion], Feedback] = {}
    for one in sorted(verdicts, key=lambda one: (one.at, one.event_id)):
        occasion = occasions.get(one.answer_id)
        if occasion is not None and occasion in audits and one.person.id not in curators:
            newest[rater_of(one), occasion] = one
    compared: Counter[str] = Counter()
    agreed: Counter[str] = Counter()
    accounts: dict[str, set[str]] = {}
    for (rater, occasion), one in newest.items():
        compared[rater] += 1
        agreed[rater] += one.verdict is audits[occasion]
        accounts.setdefault(rater, set()).update({one.person.id}, one.linked)
    return {
        account: trust(agreed[rater], compared[rater])
        for rater, theirs in sorted(accounts.items())
        for account in sorted(theirs)
    }


def trust(agreements: int, comparisons: int) -> float:
    """Return what agreement with audits is worth: 1 before `ENOUGH_COMPARISONS`, then 0…1.

    The accuracy is shrunk towards `HONEST`, by as much as four comparisons weigh, and mapped so that
    `WORTHLESS` is 0 and `SOUND` is 1. In simulated draws people who are right in two of three cases
    keep 85 % of their weight after five comparisons and 91 % after twenty; who agrees as often as not
    keeps half of it, and who always contradicts curators loses all of it with the fifth.
    """
    if comparisons < ENOUGH_COMPARISONS:
        return 1.0
    accuracy = (agreements + HONEST * PRIOR_COMPARISONS) / (comparisons + PRIOR_COMPARISONS)
    return max(0.0, min(1.0, (accuracy - WORTHLESS) / (SOUND - WORTHLESS)))


def rater_of(one: Feedback) -> str:
    """Return one name for all linked accounts of who gave a verdict."""
    return min({one.person.id, *one.linked})
