"""Tavernkeep itself as a method: its ledger, its log of verdicts, its job, its index, its reuse."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.app import App
from bot.simulation.crowd import Crowd, Vote
from bot.simulation.world import Problem, in_silence
from core.answers import Answer, Origin, Question, Standing
from core.audience import EVERYONE
from core.documents import content_hash
from core.feedback import Correction, Feedback, Verdict, Via
from core.items import Found, citation_of
from core.learning.recalled import Recalled
from core.ledger.answers import save_answer

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
BETWEEN = timedelta(
    minutes=20
)  # two interactions: 750 votes take ten weeks, as in a workspace of 200


class Times:
    """A clock that stands still between two interactions."""

    def __init__(self, at: datetime) -> None:
        """Take when the simulation begins."""
        self._at = at

    def __call__(self) -> datetime:
        """Return the time."""
        return self._at

    def go_on(self) -> datetime:
        """Let the time between two interactions pass, and return the time."""
        self._at += BETWEEN
        return self._at


class Product:
    """Every vote is an event of the log; what it comes to is what `rerank` makes of it, by its gates."""

    def __init__(self, app: App, times: Times, crowd: Crowd, texts: Mapping[str, str]) -> None:
        """Take a bot that has read the documents, and what they say, by which people correct."""
        self._app = app
        self._times = times
        self._crowd = crowd
        self._texts = texts
        self._stands_for: dict[str, str] = {}  # an answer that may be given again -> its document
        self._given: dict[str, Recalled] = {}  # by question, what it was given again
        self._events = 0

    async def ranked(self, problem: Problem) -> list[str]:
        """Return the document of a stored answer that would be given, then those that are found."""
        documents = list(dict.fromkeys(one.document_uri for one in await self._found(problem)))
        self._given.pop(problem.id, None)
        again = None
        if self._stands_for:
            again = await self._app.loop.reuse.given_again(problem.searched.sought)
        if again is None:
            return documents
        self._given[problem.id] = again
        first = self._stands_for[again.answer.id]
        return [first, *(one for one in documents if one != first)]

    async def learn(self, problem: Problem, votes: list[Vote], correction: str | None) -> None:
        """Take verdicts on answers that cite what was shown, and a better answer where there is one."""
        now = self._times.go_on()
        if not votes and correction is None:
            return
        answers = await self._shown(problem, {vote.document for vote in votes}, now)
        async with self._app.store.ledger.writing() as connection:
            for answer in answers.values():
                await save_answer(connection, answer, None)
            for vote in votes:
                if vote.document in answers:
                    event = self._verdict(vote, answers[vote.document], now)
                    await self._app.loop.evidence.take_verdict(connection, event)
        if correction is not None:
            await self._correct(problem, correction, now)

    async def fold(self) -> None:
        """Run `rerank`, with the gates that everybody's answers and epochs pass."""
        await self._app.scheduler.run("rerank", in_silence)

    async def _found(self, problem: Problem) -> list[Found]:
        return list(await self._app.store.retriever.rate(problem.searched))

    async def _shown(
        self, problem: Problem, documents: Collection[str], now: datetime
    ) -> dict[str, Answer]:
        """Return an answer for each document: the stored one that was given again, or a quotation."""
        best = {one.document_uri: one for one in reversed(await self._found(problem))}
        again = self._given.get(problem.id)
        stored = self._stands_for[again.answer.id] if again else None
        answers = {}
        for document in sorted(documents):
            if again is not None and document == stored:
                answers[document] = self._again(problem, again.answer, now)
            elif document in best:
                answers[document] = self._answer(problem, best[document], now)
                self._stands_for[answers[document].id] = document
        return answers

    async def _correct(self, problem: Problem, document: str, now: datetime) -> None:
        """Have somebody write what the right document says, under an answer that was given."""
        again = self._given.get(problem.id)
        wrong = (
            self._again(problem, again.answer, now) if again else self._answer(problem, None, now)
        )
        async with self._app.store.ledger.writing() as connection:
            await save_answer(connection, wrong, None)
        answer = await self._app.loop.corrections.take(
            Correction(
                event_id=self._event(),
                answer_id=wrong.id,
                person=self._crowd.author,
                text=self._texts[document],
                at=now,
            )
        )
        if answer is not None:
            self._stands_for[answer.id] = document

    def _answer(self, problem: Problem, found: Found | None, now: datetime) -> Answer:
        answer_id = content_hash("simulated", self._event())[:32]
        return Answer(
            id=answer_id,
            question=_question(answer_id, problem),
            text=found.text if found else "It does not say.",
            origin=Origin.QUOTED,
            audience=EVERYONE,
            created_at=now,
            citations=(citation_of(found, 1, ""),) if found else (),
        )

    def _again(self, problem: Problem, stored: Answer, now: datetime) -> Answer:
        answer_id = content_hash("simulated", self._event())[:32]
        return replace(
            stored,
            id=answer_id,
            question=_question(answer_id, problem),
            standing=Standing.CANDIDATE,
            created_at=now,
            reused_id=stored.id,
        )

    def _verdict(self, vote: Vote, answer: Answer, now: datetime) -> Feedback:
        return Feedback(
            event_id=self._event(),
            answer_id=answer.id,
            person=vote.person,
            verdict=Verdict.UP if vote.up else Verdict.DOWN,
            via=Via.BUTTON,
            at=now,
        )

    def _event(self) -> str:
        self._events += 1
        return f"simulated-{self._events}"


def _question(answer_id: str, problem: Problem) -> Question:
    id_ = content_hash(answer_id, problem.text)[:32]
    return Question(id=id_, text=problem.text, asked=problem.text)
