"""Mistakes near a question: what was found wrong there, and why, so that it is not said again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from core.answers import FORGOTTEN, Answer, Origin, Standing
from core.embedding import Vectors
from core.feedback import Feedback, Reason, Verdict
from core.ledger.answers import load_answers, question_texts
from core.ledger.documents import load_passages
from core.ledger.epochs import Epoch, live_epoch
from core.ledger.feedback import live_verdicts
from core.ledger.ledger import Ledger, Transaction
from core.ledger.mistakes import Disliked, disliked
from core.ledger.people import audience_number
from core.prompts import MOST_MISTAKES, Mistake
from core.questions import same_meaning
from core.retrieval import HEARD, Sought

LOOKED_AT = 20  # of the nearest; some may not be read here, or have no reason
SAID = frozenset({Origin.GENERATED, Origin.QUOTED, Origin.CORRECTION})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """What the live epoch holds to be wrong, in rows beside the matrix of its questions' vectors."""

    epoch: Epoch
    fingerprint: str
    disliked: Sequence[Disliked]
    vectors: Vectors


class Mistakes:
    """Recalls answers to near questions that people found wrong for a reason.

    It goes by the live epoch: whoever has no weight there makes no mistake of an answer. Texts,
    reasons and readers are read anew each time, so that what was deleted or forgotten is gone.
    """

    def __init__(
        self,
        *,
        ledger: Ledger,
        fingerprint: Callable[[], str],
        near: float,
    ) -> None:
        """Take whose vectors are compared, and from which similarity on."""
        self._ledger = ledger
        self._fingerprint = fingerprint
        self._near = near
        self._held: _Held | None = None

    async def near(self, sought: Sought) -> tuple[Mistake, ...]:
        """Return the nearest mistakes that everyone who reads along may read, the nearest first."""
        if sought.spoken < HEARD:
            return ()
        async with self._ledger.reading() as connection:
            held = await self._load(connection)
            near = _nearest(held, sought.vector, self._near) if held else []
            return await self._told(connection, sought, near) if near else ()

    async def _told(
        self, connection: Transaction, sought: Sought, near: Sequence[Disliked]
    ) -> tuple[Mistake, ...]:
        ids = [one.answer_id for one in near]
        answers = await load_answers(connection, ids)
        texts = await question_texts(connection, [one.question_id for one in near])
        verdicts = await live_verdicts(connection, ids)
        told: dict[str, Mistake] = {}
        for one in near:
            answer, asked = answers.get(one.answer_id), texts.get(one.question_id)
            if answer is None or asked is None or not _is_mistake(answer):
                continue
            wrong = _reasons(answer, verdicts)
            fit = wrong and answer.text not in told and same_meaning(sought.text, asked)
            if fit and await _may_be_told(connection, answer, sought.audiences):
                told[answer.text] = Mistake(question=asked, text=answer.text, wrong=wrong)
        return tuple(told.values())[:MOST_MISTAKES]

    async def _load(self, connection: Transaction) -> _Held | None:
        """Return what is held, read anew where another epoch is live or other vectors are compared."""
        epoch, fingerprint = await live_epoch(connection), self._fingerprint()
        if epoch is None:
            self._held = None
        elif self._held is None or (self._held.epoch, self._held.fingerprint) != (
            epoch,
            fingerprint,
        ):
            found = await disliked(connection, epoch.id, fingerprint)
            self._held = _Held(
                epoch=epoch,
                fingerprint=fingerprint,
                disliked=found,
                vectors=np.array([one.vector for one in found], dtype=np.float32),
            )
        return self._held


def _nearest(held: _Held, question: Vectors, least: float) -> list[Disliked]:
    if not held.disliked:
        return []
    near = held.vectors @ question
    best = np.argsort(-near, kind="stable")[:LOOKED_AT].tolist()
    return [held.disliked[row] for row in best if near[row] >= least]


def _is_mistake(answer: Answer) -> bool:
    """Say whether an answer still has words that can be wrong, and is held by nobody to be right."""
    said = answer.origin in SAID and answer.text not in ("", FORGOTTEN)
    return said and answer.standing is not Standing.VERIFIED


async def _may_be_told(connection: Transaction, answer: Answer, audiences: Sequence[int]) -> bool:
    """Say whether everyone may read an answer and what it cites.

    What is no more to be found in the sources may have been taken from these readers, and if it was
    only changed the mistake is no longer there to be made.
    """
    if await audience_number(connection, answer.audience) not in audiences:
        return False
    ids = {one.passage_id for one in answer.citations}
    cited = await load_passages(connection, sorted(ids))
    return len(cited) == len(ids) and all(one.audience_id in audiences for one in cited.values())


def _reasons(answer: Answer, verdicts: Sequence[Feedback]) -> tuple[Reason, ...]:
    """Return why others than its author found an answer wrong, each reason once."""
    author = answer.author.id if answer.author else None
    given = {
        one.reason
        for one in verdicts
        if one.answer_id == answer.id
        and one.verdict is Verdict.DOWN
        and not one.person.bot
        and not one.is_by(author)
    }
    return tuple(reason for reason in Reason if reason in given)
