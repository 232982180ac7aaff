"""`reanswer`: writes fresh answers, for review, to what went stale or was found wrong."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.answering import written
from core.answers import Answer, Origin, Question
from core.batching import Batching
from core.documents import content_hash
from core.errors import IndexUnavailableError, ModelError
from core.interfaces import LanguageModel
from core.items import Found
from core.job import JobReport, Progress
from core.ledger.answers import load_answer, load_answers, save_answer
from core.ledger.documents import StoredPassage, load_passages
from core.ledger.ledger import Ledger
from core.ledger.reanswers import (
    Reanswer,
    Stage,
    begun_since,
    due_for_reanswer,
    known_reanswers,
    note_stage,
    put_reanswer,
    reanswers_in,
    touch,
)
from core.prompts import Instructions, Piece, Prompt, prompt_of
from core.retrieval import Retriever

log = logging.getLogger(__name__)
A_DAY = timedelta(days=1)
DONE = (Stage.SENT, Stage.MADE, Stage.NOTHING)  # what need not be tried again


@dataclass(frozen=True, slots=True, kw_only=True)
class _Begun:
    """A fresh answer that is about to be written."""

    reanswer: Reanswer
    prompt: Prompt


class Reanswers:
    """Has fresh answers written from the current sources; what comes of it is a candidate, never given.

    With a language model that takes batches they are handed over in one run and collected by a later
    one, be it after a restart; without one they are written at once.
    """

    def __init__(
        self,
        *,
        ledger: Ledger,
        retriever: Retriever,
        model: LanguageModel,
        instructions: Instructions,
        floor: float,
        most: int,
        now: Callable[[], datetime],
    ) -> None:
        """Take who writes; `most` answers are begun in a day, and 0 is none."""
        self._ledger = ledger
        self._retriever = retriever
        self._model = model
        self._instructions = instructions
        self._floor = floor
        self._most = most
        self._now = now

    async def run(self, now: datetime, progress: Progress) -> JobReport:
        """Collect what was written meanwhile, then begin what is due."""
        made = await self._collect()
        begun = await self._begin(now, progress)
        if isinstance(self._model, Batching):
            sent = await self._send(self._model, begun)
        else:
            sent = 0
            for one in begun:
                made += await self._write(one)
        async with self._ledger.reading() as connection:
            waiting = len(await reanswers_in(connection, Stage.SENT))
        return JobReport(
            summary=f"{made} fresh answers written, {sent} handed over, {waiting} under way.",
            figures={"made": made, "sent": sent, "waiting": waiting},
        )

    # -- beginning -----------------------------------------------------------------------------

    async def _begin(self, now: datetime, progress: Progress) -> list[_Begun]:
        """Return what is due and allowed today, noted as begun, and what was begun and cut off."""
        async with self._ledger.writing() as connection:
            cut_off = await reanswers_in(connection, Stage.QUEUED)
            await note_stage(connection, [one.fresh_id for one in cut_off], Stage.FAILED)
            yesterday = now - A_DAY
            room = max(0, self._most - await begun_since(connection, yesterday))
            ids = [one.answer_id for one in cut_off] if self._most else []
            ids += await due_for_reanswer(connection, room, yesterday) if room else []
            due = await load_answers(connection, ids)
        begun: list[_Begun] = []
        for number, answer in enumerate(due.values()):
            progress("finding sources", number, len(due))
            try:
                one = await self._begun(answer)
            except IndexUnavailableError as error:
                log.warning("No fresh answers can be begun: %s", error)
                break
            begun += [one] if one else []
        return begun

    async def _begun(self, answer: Answer) -> _Begun | None:
        """Return what is to be written; None where its sources hold nothing, or nothing new."""
        held = answer.audience.requires
        found = await self._retriever.find(await self._retriever.seek(answer.question.text, held))
        sources = [one for one in found if one.score >= self._floor and one.text.strip()]
        hashes = [one.hash for one in sources]
        reanswer = Reanswer(
            fresh_id=content_hash("reanswer", answer.id, answer.question.text, *hashes)[:32],
            answer_id=answer.id,
            stage=Stage.QUEUED if sources else Stage.NOTHING,
            batch_id=None,
            passages=tuple(one.passage_id for one in sources),
            at=self._now(),
        )
        async with self._ledger.writing() as connection:
            known = await known_reanswers(connection, [reanswer.fresh_id])
            if known.get(reanswer.fresh_id) in DONE:  # from the very same sources
                await touch(connection, reanswer.fresh_id, self._now())
                return None
            await put_reanswer(connection, reanswer)
        if not sources:
            return None
        prompt = prompt_of(answer.question.text, self._instructions, sources)
        return _Begun(reanswer=reanswer, prompt=prompt)

    async def _send(self, model: Batching, begun: Sequence[_Begun]) -> int:
        """Hand everything over as one batch, and keep its name for whoever collects it."""
        if not begun:
            return 0
        prompts = {one.reanswer.fresh_id: one.prompt for one in begun}
        try:
            batch_id = await model.send(prompts)
        except ModelError as error:
            log.warning("Fresh answers were not handed over, and will be: %s", error)
            return 0
        async with self._ledger.writing() as connection:
            await note_stage(connection, list(prompts), Stage.SENT, batch_id)
        return len(prompts)

    async def _write(self, one: _Begun) -> int:
        try:
            pieces = [piece async for piece in self._model.answer(one.prompt)]
        except ModelError as error:
            log.warning("A fresh answer was not written: %s", error)
            return await self._keep(one.reanswer, None)
        return await self._keep(one.reanswer, pieces)

    # -- collecting ----------------------------------------------------------------------------

    async def _collect(self) -> int:
        """Store what came back; return how many fresh answers wait for review now."""
        async with self._ledger.reading() as connection:
            sent = await reanswers_in(connection, Stage.SENT)
        made = 0
        if not isinstance(self._model, Batching):  # the key was taken away meanwhile
            return sum([await self._keep(one, None) for one in sent])
        for batch_id in dict.fromkeys(one.batch_id for one in sent if one.batch_id):
            try:
                back = await self._model.collect(batch_id)
            except ModelError as error:
                log.warning("Fresh answers could not be collected, and will be: %s", error)
                break
            for one in sent if back is not None else ():
                if one.batch_id == batch_id:
                    made += await self._keep(one, (back or {}).get(one.fresh_id))
        return made

    async def _keep(self, one: Reanswer, pieces: Sequence[Piece] | None) -> int:
        """Store a fresh answer as a candidate; return 0 where there is none, or no place for it.

        Its question may have been forgotten meanwhile, and its sources changed.
        """
        async with self._ledger.writing() as connection:
            old = await load_answer(connection, one.answer_id)
            if one.fresh_id not in await known_reanswers(connection, [one.fresh_id]):
                return 0
            held = await load_passages(connection, one.passages)
            if pieces is None or old is None or not {*one.passages} <= held.keys():
                await note_stage(connection, [one.fresh_id], Stage.FAILED)
                return 0
            text, citations = written(pieces, _found(one.passages, held))
            if not text or not old.question.text or text == old.text:
                await note_stage(connection, [one.fresh_id], Stage.NOTHING)
                return 0
            asked = old.question
            question_id = content_hash(one.fresh_id, asked.text)[:32]
            fresh = Answer(
                id=one.fresh_id,
                question=Question(id=question_id, text=asked.text, asked=asked.asked),
                text=text,
                origin=Origin.GENERATED if isinstance(self._model, Batching) else Origin.QUOTED,
                audience=old.audience,
                created_at=self._now(),
                citations=citations,
            )
            await save_answer(connection, fresh, None)
            await note_stage(connection, [one.fresh_id], Stage.MADE)
        return 1


def _found(ids: Sequence[str], held: Mapping[str, StoredPassage]) -> list[Found]:
    """Return passages as they were found, in the order in which the language model got them."""
    return [
        Found(
            passage_id=one.id,
            document_id=one.document_id,
            document_uri=one.document_uri,
            title=one.title,
            breadcrumb=one.breadcrumb,
            text=one.text,
            link=one.link,
            hash=one.hash,
            audience_id=one.audience_id,
            score=0.0,
            dense=0.0,
            coverage=0.0,
            ordinal=one.ordinal,
        )
        for one in (held[id_] for id_ in ids)
    ]
