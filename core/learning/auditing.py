"""Auditing: which answers curators should judge next, so that a few verdicts of theirs anchor the rest."""

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from core.answers import Answer, Standing, badge_of
from core.errors import TavernkeepError
from core.learning.promotion import LEARNABLE
from core.ledger.answers import load_answers
from core.ledger.contested import Contested, contested, count_given, count_judged
from core.ledger.ledger import Ledger
from core.messages import Conversation, Person
from core.priors import NEUTRAL

NOT_YOURS = "Only a curator audits answers: whoever `learning.curators` names."
WEEK = timedelta(days=7)
SHARE = 0.02  # of a week's answers
FEWEST = 10  # a week
FLOOR = 0.05  # what no conflict, or no displacement, counts as: neither alone decides


class Auditing:
    """Gives curators what is worth their verdict most, of that which all who read along may read."""

    def __init__(
        self, *, ledger: Ledger, curators: Collection[str], now: Callable[[], datetime]
    ) -> None:
        """Take who the curators are, as `platform:key`."""
        self._ledger = ledger
        self._curators = frozenset(curators)
        self._now = now

    async def next(self, person: Person, conversation: Conversation) -> Answer | None:
        """Return the answer to judge next, with the question that it was given to; None at the week's end.

        Raises `TavernkeepError` for somebody who is no curator.
        """
        if person.id not in self._curators:
            raise TavernkeepError(NOT_YOURS)
        since = self._now() - WEEK
        async with self._ledger.reading() as connection:
            most = quota(await count_given(connection, since))
            if await count_judged(connection, self._curators, since) >= most:
                return None
            queue = queued(await contested(connection, self._curators, since, NEUTRAL), most)
            ids = sorted({id_ for one in queue for id_ in (one.answer_id, one.shown)})
            held = await load_answers(connection, ids)
        for one in queue:
            root, shown = held.get(one.answer_id), held.get(one.shown)
            if root and shown and self._may_judge(person, conversation, root, shown):
                badge = badge_of(root, 0, self._now())
                return replace(root, question=shown.question, badge=badge)
        return None

    def _may_judge(
        self, person: Person, conversation: Conversation, root: Answer, shown: Answer
    ) -> bool:
        """Say whether a verdict of this curator would count, and everyone here may read both."""
        readable = all(one.audience.readable_by(conversation.held) for one in (root, shown))
        own = root.author is not None and root.author.id == person.id
        learned = root.origin in LEARNABLE and root.standing is not Standing.STALE
        return readable and learned and not own


def quota(given: int) -> int:
    """Return how many answers curators are asked to judge in a week in which so many were given."""
    return max(FEWEST, math.ceil(SHARE * given))


def urgency(one: Contested) -> float:
    """Return how much a curator's verdict is worth: conflict × traffic × displacement."""
    conflict = FLOOR + min(one.ups, one.downs)
    return conflict * math.log2(1 + one.given) * (FLOOR + one.moved)


def queued(there: Sequence[Contested], most: int) -> list[Contested]:
    """Return the most urgent, the first first; ties are broken by the answers' ids."""
    return sorted(there, key=lambda one: (-urgency(one), one.answer_id, one.shown))[:most]
