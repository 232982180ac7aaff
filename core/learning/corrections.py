"""Taking a correction: a person's better answer becomes an answer of its own."""

import logging
from collections.abc import Callable
from datetime import datetime

from core.answers import Answer, Origin, Question, Standing
from core.audience import Audience
from core.documents import content_hash
from core.errors import IndexUnavailableError, UnknownAnswerError
from core.feedback import Correction, Feedback, Verdict, Via
from core.items import Found, citation_of
from core.ledger.answers import load_answer, save_answer
from core.ledger.feedback import append, save_correction
from core.ledger.ledger import Ledger
from core.ledger.people import see_person
from core.ledger.runs import note
from core.retrieval import Retriever

log = logging.getLogger(__name__)
SUPPORT = 0.6  # share of a correction's terms that a passage must have to be cited for it
MOST_CITATIONS = 2


class Corrections:
    """Turns "Fix it" into a candidate for the same question, and a verdict on what it corrects."""

    def __init__(
        self, *, ledger: Ledger, retriever: Retriever, now: Callable[[], datetime]
    ) -> None:
        """Take where corrections are stored and what their sources are looked up with."""
        self._ledger = ledger
        self._retriever = retriever
        self._now = now

    async def take(self, correction: Correction) -> Answer | None:
        """Store a correction; return its answer, or None where it was stored before.

        Raises `UnknownAnswerError` where there is no such answer, where it is a command's output,
        or where the text is empty. What a bot writes is passed over.
        """
        if correction.person.bot:
            return None
        text = correction.text.strip()
        if not text:
            raise UnknownAnswerError("A correction needs a text: write the better answer.")
        async with self._ledger.reading() as connection:
            corrected = await load_answer(connection, correction.answer_id)
        if corrected is None:
            raise UnknownAnswerError("That answer is no longer stored, so it cannot be corrected.")
        if corrected.origin is Origin.COMMAND:
            raise UnknownAnswerError("What a command printed cannot be corrected.")
        support = await self._support(text, corrected.audience)
        answer = self._answer(correction, text, corrected, support)
        return answer if await self._save(correction, answer) else None

    async def _support(self, text: str, audience: Audience) -> list[Found]:
        """Return the passages that hold most of what a correction says; none when none is found."""
        try:
            sought = await self._retriever.seek(text, audience.requires)
            found = await self._retriever.find(sought)
        except IndexUnavailableError as error:  # what a person wrote is kept, with or without
            log.warning("A correction is kept without sources: %s", error)
            return []
        return [one for one in found if one.coverage >= SUPPORT][:MOST_CITATIONS]

    def _answer(
        self, correction: Correction, text: str, corrected: Answer, support: list[Found]
    ) -> Answer:
        answer_id = content_hash(correction.event_id)[:32]
        asked = corrected.question
        return Answer(
            id=answer_id,
            question=Question(
                id=content_hash(answer_id, asked.text)[:32], text=asked.text, asked=asked.asked
            ),
            text=text,
            origin=Origin.CORRECTION,
            audience=corrected.audience,
            created_at=self._now(),
            citations=tuple(
                citation_of(one, number, quote="") for number, one in enumerate(support, 1)
            ),
            author=correction.person,
            standing=Standing.CANDIDATE,
        )

    async def _save(self, correction: Correction, answer: Answer) -> bool:
        now = self._now()
        async with self._ledger.writing() as connection:
            await see_person(connection, correction.person, now)
            await save_answer(connection, answer, None)
            if not await save_correction(connection, correction, answer.id, now):
                return False
            down = Feedback(
                event_id=f"{correction.event_id}:verdict",
                answer_id=correction.answer_id,
                person=correction.person,
                verdict=Verdict.DOWN,
                via=Via.CORRECTION,
                at=correction.at,
            )
            await append(connection, down)
            await note(
                connection,
                by=correction.person.id,
                action="correct",
                subject=f"{correction.answer_id} -> {answer.id}",
                now=now,
            )
        return True
