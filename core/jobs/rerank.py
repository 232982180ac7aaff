"""`rerank`: folds new evidence into ratings and standings, as a new epoch."""

import json
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from core.answers import Answer, Origin, Question
from core.documents import content_hash
from core.feedback import Feedback, Weighed, by_answer
from core.indexing import Indexing
from core.job import JobReport, Progress
from core.learning.grounds import SecondGate
from core.learning.judged import Judged
from core.learning.penalties import penalties_of
from core.learning.promotion import Move, by_others, carry_out, next_move
from core.learning.replay import Replay
from core.learning.trusting import weights_of
from core.learning.weighing import weighed_of
from core.ledger.answers import answers_to_rank, load_answers, save_question, standings_of
from core.ledger.epochs import (
    EPOCHS,
    FITTED,
    Epoch,
    begin_epoch,
    is_overtaken,
    live_epoch,
    newest_epoch,
    one_epoch,
    prove,
    prune_epochs,
    save_epoch,
    unembedded,
)
from core.ledger.feedback import (
    accepted_phrasings,
    judged_answers,
    last_feedback_id,
    live_verdicts,
)
from core.ledger.ledger import Ledger, Transaction
from core.ledger.operations import ANSWERS, queue
from core.ledger.verifications import Verification, load_verifications, overdue
from core.ledger.writes import portions
from core.priors import Prior, centred, fitted
from core.proof import Outcome, Proof
from core.ranking import rating_of, weight_of
from core.settings_of_learning import LearningSettings

log = logging.getLogger(__name__)
AT_ONCE = 50  # answers that are judged, or moved, between two breaths
OVERTAKEN = Proof(outcome=Outcome.FAILED, reason="another one came to count meanwhile")
FADES_AFTER = timedelta(days=1)  # without new evidence ratings still fade, slowly


class Rerank:
    """Computes ratings from the whole log: the same log always gives the same ratings."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        indexing: Indexing,
        settings: LearningSettings,
        now: Callable[[], datetime],
        grounds: SecondGate | None = None,
        gate: Replay | None = None,
    ) -> None:
        """Take the log, the index that follows the standings, and the gates.

        `grounds` is the second one to "verified"; `gate` is what an epoch passes before it counts.
        """
        self._gate = gate
        self._ledger = ledger
        self._grounds = grounds
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
        if self._grounds is not None:
            await self._grounds.catch_up()
        async with self._ledger.reading() as connection:
            live = await live_epoch(connection)
            last = await last_feedback_id(connection)
            newest = await newest_epoch(connection)
            refused = newest if newest and newest.refused and not (live and live.held) else None
            stale = await self._is_stale(connection, refused or live, last, now)
            judged = await self._judge(connection, last, now, progress) if stale else None
            before = live.id if live else None
        if judged is None:
            await self._finish(live, progress)
            return JobReport(summary=_unmoved(live), figures={"moved": 0})
        if self._grounds is not None:
            judged.moves[:] = await self._grounds.allowed(judged.moves)
        return await self._renew(judged, before, now, progress)

    async def _renew(
        self, judged: Judged, before: int | None, now: datetime, progress: Progress
    ) -> JobReport:
        """Make an epoch, and let it count if it is proven to be no worse than the one that does."""
        async with self._ledger.writing() as connection:
            epoch_id = await self._make(connection, judged, now)
            shadow = await one_epoch(connection, epoch_id)
        await self._finish(shadow, progress)
        proof = await self._prove(epoch_id, judged.moves)
        if proof is not None and proof.outcome is Outcome.FAILED:
            return await self._refuse(epoch_id, proof)
        async with self._ledger.alone(EPOCHS):  # nobody goes back meanwhile
            async with self._ledger.reading() as connection:
                overtaken = await is_overtaken(connection, before)
            if overtaken:
                return await self._refuse(epoch_id, OVERTAKEN)
            moved = await self._move(judged)
            async with self._ledger.writing() as connection:
                await prove(connection, [epoch_id], proof)
                await self._begin(connection, epoch_id, judged, now)
        await self._finish(shadow, progress)
        figures = {"epoch": epoch_id, "rated": len(judged.rated), "moved": moved}
        summary = f"Epoch {epoch_id}: {figures['rated']} answers rated, {moved} moved."
        return JobReport(summary=summary, figures=figures)

    async def _refuse(self, epoch_id: int, proof: Proof) -> JobReport:
        async with self._ledger.writing() as connection:
            await prove(connection, [epoch_id], proof)
        summary = f"Epoch {epoch_id} does not count: {proof.reason}."
        log.warning("%s", summary)
        return JobReport(summary=summary, figures={"moved": 0})

    async def _prove(self, epoch_id: int, moves: list[Move]) -> Proof | None:
        """Ask what is known; what would answer a canary does not move, and holds nobody else up."""
        if self._gate is None:
            return None
        proof = await self._gate.judge(epoch_id, moves)
        moves[:] = [move for move in moves if move.answer_id not in proof.barred]
        return proof

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

    async def _is_stale(
        self, connection: Transaction, live: Epoch | None, last: int, now: datetime
    ) -> bool:
        if live is None:
            return bool(await answers_to_rank(connection))
        if live.held:
            return False
        return (
            live.last_feedback_id != last
            or live.settings != self._parameters()
            or (last > 0 and now - live.made_at > FADES_AFTER)
            or bool(await overdue(connection, now, self._settings.reverify_days))
        )

    def _parameters(self) -> dict[str, Any]:
        return {
            **asdict(self._prior),
            "budget": self._settings.budget,
            "curators": sorted(self._settings.curators),
            "light": self._settings.light,
            "new_days": self._settings.new_days,
            "kernel_width": self._settings.kernel_width,
            "implicit": self._settings.implicit.model_dump(),
        }

    async def _judge(
        self, connection: Transaction, last: int, now: datetime, progress: Progress
    ) -> Judged:
        """Rate a few answers at a time, so that whoever else is at work gets a word in."""
        weights = await weights_of(connection, self._settings, now)
        judged = Judged(last_feedback_id=last, weights=weights)
        ids = await answers_to_rank(connection)
        for portion in portions(ids, AT_ONCE):
            progress("rating answers", len(judged.rated), len(ids))
            held = await load_answers(connection, portion)
            verdicts = by_answer(await live_verdicts(connection, portion, merged=True))
            verified = await load_verifications(connection, portion)
            for id_, answer in held.items():
                self._rate(judged, answer, verdicts.get(id_, ()), verified.get(id_), now)
        progress("rating answers", len(ids), len(ids))
        explained: list[Feedback] = []
        for portion in portions(await judged_answers(connection), AT_ONCE):
            given = await live_verdicts(connection, portion, implicit=True)
            held = await load_answers(connection, portion)
            judged.weighed.extend(self._weigh(judged, held, given, now))
            judged.liked.update(one.answer_id for one in given if one.is_liking)
            explained += [one for one in given if one.reason is not None]
        judged.penalties.extend(await penalties_of(connection, explained))
        return judged

    def _rate(
        self,
        judged: Judged,
        answer: Answer,
        verdicts: Sequence[Feedback],
        verified: Verification | None,
        now: datetime,
    ) -> None:
        others = by_others(answer, verdicts)
        rating = rating_of(others, self._prior, now, judged.weights.influence)
        voices = judged.weights.voices(verdicts)
        move = next_move(answer, rating, voices, verified, self._settings, now)
        judged.rated[answer.id] = rating
        judged.standings[answer.id] = answer.standing
        if move is not None:
            judged.moves.append(move)

    def _weigh(
        self,
        judged: Judged,
        held: Mapping[str, Answer],
        verdicts: Sequence[Feedback],
        now: datetime,
    ) -> list[Weighed]:
        """Return what was said of each answer at its own question, be it a stored one given again."""
        given, days, weights = by_answer(verdicts), self._settings.half_life_days, judged.weights

        def weight(one: Feedback) -> float:
            share = self._settings.implicit.weight(one.via)
            return share * weight_of(one, now, days, weights.influence)

        return [
            weighed_of(
                answer, weights.left(by_others(answer, given.get(id_, ()))), weight, weights.meant
            )
            for id_, answer in held.items()
            if answer.origin is not Origin.COMMAND
        ]

    async def _move(self, judged: Judged) -> int:
        """Move answers, a few at a time, before the epoch: a run that is cut off is made up by the next.

        What was moved by somebody else since it was judged stays there.
        """
        moved = 0
        for some in portions(judged.moves, AT_ONCE):
            async with self._ledger.writing() as connection:
                there = await standings_of(connection, [move.answer_id for move in some])
                due = [
                    move
                    for move in some
                    if there.get(move.answer_id) is judged.standings[move.answer_id]
                ]
                await carry_out(connection, due, self._now)
            moved += len(due)
        return moved

    async def _make(self, connection: Transaction, judged: Judged, now: datetime) -> int:
        prior = fitted(self._prior, judged.rated.values())
        return await save_epoch(
            connection,
            parameters=json.dumps(self._parameters() | {FITTED: asdict(prior)}, sort_keys=True),
            last_feedback_id=judged.last_feedback_id,
            rated={id_: centred(one, prior) for id_, one in judged.rated.items()},
            weighed=judged.weighed,
            penalised=judged.penalties,
            now=now,
        )

    async def _begin(
        self, connection: Transaction, epoch_id: int, judged: Judged, now: datetime
    ) -> None:
        await begin_epoch(connection, epoch_id)
        await prune_epochs(connection, now)
        await self._keep_phrasings(connection, judged.liked)

    async def _keep_phrasings(self, connection: Transaction, liked: Collection[str]) -> None:
        """Let answers be found by the other words in which somebody liked them."""
        for answer_id, text, asked in await accepted_phrasings(connection, liked):
            id_ = content_hash(answer_id, text)[:32]
            question = Question(id=id_, text=text, asked=asked)
            await save_question(connection, answer_id, question, None, self._now())
            await queue(connection, ANSWERS, [id_], self._now())


def _unmoved(live: Epoch | None) -> str:
    if live is not None and live.held:
        return f"Epoch {live.id} is held: what was said since waits for `epochs release`."
    return "Nothing new since the last epoch."
