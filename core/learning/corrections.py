"""Taking a correction: a person's better answer becomes an answer of its own."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from core.answers import Answer, Citation, Origin, Question, Standing
from core.commands import is_command
from core.documents import content_hash
from core.errors import UnknownAnswerError
from core.feedback import Correction, Feedback, Verdict, Via
from core.learning.support import support_of
from core.ledger.answers import load_answer, save_answer
from core.ledger.feedback import append, save_correction
from core.ledger.ledger import Ledger, Transaction
from core.ledger.links import accounts_of
from core.ledger.people import see_person
from core.ledger.posts import asked_for
from core.ledger.runs import note
from core.retrieval import Retriever


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
            correction = await _of_what_was_presented(connection, correction)
            corrected = await load_answer(connection, correction.answer_id)
        if corrected is None:
            raise UnknownAnswerError("That answer is no longer stored, so it cannot be corrected.")
        if corrected.origin is Origin.COMMAND:
            raise UnknownAnswerError("What a command printed cannot be corrected.")
        support = await support_of(self._retriever, text, corrected.audience)
        answer = self._answer(correction, text, corrected, support)
        return answer if await self._save(correction, answer) else None

    def _answer(
        self, correction: Correction, text: str, corrected: Answer, support: tuple[Citation, ...]
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
            citations=support,
            author=correction.person,
            standing=Standing.CANDIDATE,
        )

    async def _save(self, correction: Correction, answer: Answer) -> bool:
        now = self._now()
        async with self._ledger.writing() as connection:
            await see_person(connection, correction.person, now)
            # Who may read what is corrected may have changed since it was looked up.
            corrected = await load_answer(connection, correction.answer_id) or answer
            await save_answer(connection, replace(answer, audience=corrected.audience), None)
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


async def _of_what_was_presented(connection: Transaction, correction: Correction) -> Correction:
    """Return a correction as one of the stored answer, where its writer had a command show them that.

    It is for the readers of that answer then, also where it was shown to its writer alone. What
    somebody else writes below it stays where it was written.
    """
    shown = await load_answer(connection, correction.answer_id)
    asked = await asked_for(connection, correction.answer_id)
    if shown is None or shown.reused_id is None or asked is None or not is_command(asked.text):
        return correction
    accounts = {one.id for one in await accounts_of(connection, correction.person)}
    theirs = asked.person.id in accounts
    return replace(correction, answer_id=shown.reused_id) if theirs else correction
