"""Weighing: what was said of an answer at the question that it was given to."""

import math
from collections.abc import Callable, Sequence

from core.answers import Answer
from core.feedback import Feedback, Verdict, Weighed


def weighed_of(
    answer: Answer,
    verdicts: Sequence[Feedback],
    weight_of_one: Callable[[Feedback], float],
    meant: Callable[[Feedback], float],
) -> Weighed:
    """Return weighed verdicts on an answer at its question.

    "Wrong answer" and "outdated" say nothing of which sources were chosen, and "wrong sources" has
    an effect of its own. `meant` weighs what is said of whether to answer so at all.
    """
    ups = downs = source_downs = 0.0
    for one in verdicts:
        weight = weight_of_one(one)
        if one.verdict is Verdict.UP:
            ups += weight
        else:
            downs += weight
            source_downs += weight if one.reason is None else 0.0
    return Weighed(
        answer_id=answer.id,
        question_id=answer.question.id,
        ups=ups,
        downs=downs,
        source_downs=source_downs,
        meant_ups=_meant(verdicts, Verdict.UP, meant),
        meant_downs=_meant(verdicts, Verdict.DOWN, meant),
    )


def _meant(
    verdicts: Sequence[Feedback], verdict: Verdict, meant: Callable[[Feedback], float]
) -> float:
    return math.fsum(meant(one) for one in verdicts if one.verdict is verdict)
