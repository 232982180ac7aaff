"""`rerank`: folds new evidence into ratings and standings, as a new epoch."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from core.answers import Answer, Question
from core.documents import content_hash
from core.feedback import Feedback, Penalty, Rating, Reason, Verdict
from core.indexing import Indexing
from core.interfaces import JobReport, Progress
from core.learning.promotion import carry_out, next_standing
from core.ledger.answers import answers_to_rank, load_answers, save_question
from core.ledger.epochs import Epoch, live_epoch, save_epoch, unembedded
from core.ledger.feedback import accepted_phrasings, last_feedback_id, live_verdicts, wrong_sources
from core.ledger.ledger import Ledger, Transaction
from core.ledger.operations import ANSWERS, queue
from core.ranking import Prior, rating_of
from core.settings import LearningSettings

FADES_AFTER = timedelta(days=1)  # without new evidence ratings still fade, slowly


@dataclass(frozen=True, slots=True, kw_only=True)
class _Evidence:
    """What an epoch is computed from."""

    last_feedback_id: int
    answer_ids: list[str]
    verdicts: Mapping[str, Sequence[Feedback]]


class Rerank:
    """Computes ratings from the whole log: the same log always gives the same ratings."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        indexing: Indexing,
        settings: LearningSettings,
        now: Callable[[], datetime],
    ) -> None:
        """Take the log, and the index that follows the standings."""
        self._ledger = ledger
        self._indexing = indexing
        self._settings = settings
        self._now = now
        self._prior = Prior(
            ups=settings.prior_up,
            downs=settings.prior_down,
            half_life_days=settings.half_life_days,
        )

    async def run(self, now: datetime, progress: Progress) -> JobReport:
        """Make a new epoch where there is new evidence; otherwise only finish what was left."""
        async with self._ledger.reading() as connection:
            evidence = await self._gather(connection)
            live = await live_epoch(connection)
        if not self._is_stale(live, evidence, now):
            await self._finish(live, progress)
            return JobReport(summary="Nothing new since the last epoch.", figures={"moved": 0})
        progress("rating answers", 0, len(evidence.answer_ids))
        async with self._ledger.writing() as connection:
            epoch_id, moved = await self._make(connection, evidence, now)
            made = await live_epoch(connection)
        rated = len(evidence.answer_ids)
        progress("rating answers", rated, rated)
        await self._finish(made, progress)
        return JobReport(
            summary=f"Epoch {epoch_id}: {rated} answers rated, {moved} moved.",
            figures={"epoch": epoch_id, "rated": rated, "moved": moved},
        )

    async def _finish(self, epoch: Epoch | None, progress: Progress) -> None:
        """Give the epoch's penalties the vectors that they are found by, and the index its due.

        Nobody else embeds the question of an answer that was only ever called wrong; and after a
        change of the embedder it needs another vector.
        """
        if epoch is not None:
            async with self._ledger.reading() as connection:
                texts = await unembedded(connection, epoch.id, self._indexing.fingerprint)
            await self._indexing.remember(texts)
        await self._indexing.catch_up(progress)

    async def _gather(self, connection: Transaction) -> _Evidence:
        return _Evidence(
            last_feedback_id=await last_feedback_id(connection),
            answer_ids=await answers_to_rank(connection),
            verdicts=_by_answer(await live_verdicts(connection, merged=True)),
        )

    def _is_stale(self, live: Epoch | None, evidence: _Evidence, now: datetime) -> bool:
        if live is None:
            return bool(evidence.answer_ids)
        return (
            live.last_feedback_id != evidence.last_feedback_id
            or live.parameters != self._parameters()
            or (bool(evidence.verdicts) and now - live.made_at > FADES_AFTER)
        )

    def _parameters(self) -> str:
        return json.dumps(
            {**asdict(self._prior), "kernel_width": self._settings.kernel_width}, sort_keys=True
        )

    async def _make(
        self, connection: Transaction, evidence: _Evidence, now: datetime
    ) -> tuple[int, int]:
        held = await load_answers(connection, evidence.answer_ids)
        rated = {
            id_: rating_of(_by_others(answer, evidence.verdicts.get(id_, ())), self._prior, now)
            for id_, answer in held.items()
        }
        given = await live_verdicts(connection)
        epoch_id = await save_epoch(
            connection,
            parameters=self._parameters(),
            last_feedback_id=evidence.last_feedback_id,
            rated=rated,
            penalised=await _penalties(connection, given),
            now=now,
        )
        liked = {one.answer_id for one in given if one.verdict is Verdict.UP}
        await self._keep_phrasings(connection, liked)
        return epoch_id, await self._promote(connection, held, evidence, rated)

    async def _promote(
        self,
        connection: Transaction,
        held: Mapping[str, Answer],
        evidence: _Evidence,
        rated: Mapping[str, Rating],
    ) -> int:
        curators = frozenset(self._settings.curators)
        judged = (
            next_standing(answer, rated[id_], evidence.verdicts.get(id_, ()), curators)
            for id_, answer in held.items()
        )
        moves = [move for move in judged if move is not None]
        await carry_out(connection, moves, self._now)
        return len(moves)

    async def _keep_phrasings(self, connection: Transaction, liked: Collection[str]) -> None:
        """Let answers be found by the other words in which somebody liked them."""
        for answer_id, text, asked in await accepted_phrasings(connection, liked):
            id_ = content_hash(answer_id, text)[:32]
            question = Question(id=id_, text=text, asked=asked)
            await save_question(connection, answer_id, question, None, self._now())
            await queue(connection, ANSWERS, [id_], self._now())


def _by_others(answer: Answer, verdicts: Sequence[Feedback]) -> list[Feedback]:
    """Return the verdicts without the author's own, which counts for nothing."""
    author = answer.author.id if answer.author else None
    return [one for one in verdicts if one.person.id != author]


def _by_answer(verdicts: Sequence[Feedback]) -> dict[str, list[Feedback]]:
    grouped: dict[str, list[Feedback]] = {}
    for one in verdicts:
        grouped.setdefault(one.answer_id, []).append(one)
    return grouped


async def _penalties(connection: Transaction, verdicts: Sequence[Feedback]) -> list[Penalty]:
    """Return what "wrong sources" takes off the cited passages; each counts once near a question."""
    called = {one.answer_id for one in verdicts if one.reason is Reason.WRONG_SOURCES}
    return [
        Penalty(passage_id=passage_id, question_id=question_id, weight=1.0)
        for passage_id, question_id in await wrong_sources(connection, sorted(called))
    ]
