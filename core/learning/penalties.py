"""Penalties: what a reason takes off the cited passages near the question that it was given at."""

from collections.abc import Iterable

from core.feedback import Feedback, Penalty, Reason
from core.ledger.feedback import wrong_sources
from core.ledger.ledger import Transaction

WRONG = 1.0
NOT_FRESH = 0.5  # less than of a wrong source: it may well hold the answer, once it is up to date


async def penalties_of(connection: Transaction, verdicts: Iterable[Feedback]) -> list[Penalty]:
    """Return what live verdicts take off passages; each passage once near a question, by its worst reason.

    A passage that is changed is another one, so what was outdated is no longer penalised then.
    """
    wrong: set[str] = set()
    old: set[str] = set()
    for one in verdicts:
        if one.reason is Reason.WRONG_SOURCES:
            wrong.add(one.answer_id)
        elif one.reason is Reason.OUTDATED:
            old.add(one.answer_id)
    weighed = ((wrong, WRONG), (old - wrong, NOT_FRESH))
    return [
        Penalty(passage_id=passage_id, question_id=question_id, weight=weight)
        for ids, weight in weighed
        for passage_id, question_id in await wrong_sources(connection, sorted(ids))
    ]
