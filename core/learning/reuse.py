"""Answering with what was learned: a stored answer is given again, guides a new one, or stays away."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from core.answering import Answerer, Asked
from core.answers import Answer, Origin, Standing, badge_of
from core.errors import IndexUnavailableError
from core.feedback import Rating, Verdict
from core.indexing import Indexing
from core.interfaces import Index, Reply
from core.learning.mistakes import Mistakes
from core.learning.shadow import Shadow
from core.ledger.answers import load_answers, question_texts
from core.ledger.documents import load_passages
from core.ledger.feedback import live_verdicts
from core.ledger.ledger import Ledger, Transaction
from core.ledger.operations import ANSWERS
from core.ledger.people import audience_number
from core.prompts import Guidance
from core.questions import same_meaning
from core.ranking import learned_term
from core.retrieval import HEARD, Retriever, Sought
from core.settings_of_learning import LearningSettings
from core.terms import terms_of

log = logging.getLogger(__name__)
NEAR_QUESTIONS = 20
REUSABLE = frozenset({Standing.TRIAL, Standing.VERIFIED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalled:
    """A stored answer, the phrasing of it that is nearest, and how near that is (cosine)."""

    answer: Answer
    phrasing: str
    similarity: float
    rating: Rating
    helpful: int

    @property
    def worth(self) -> float:
        """Similarity, moved by what people made of the answer: who is given among several."""
        return self.similarity + learned_term(self.rating.value)

    @property
    def place(self) -> tuple[bool, float, datetime, str]:
        """What the worthiest has most of: of equals the newer one, then one that stays the same.

        What is verified yields to nothing that is not, however well liked that is.
        """
        verified = self.answer.standing is Standing.VERIFIED
        return verified, self.worth, self.answer.created_at, self.answer.id


def verbatim(question: str, recalled: Sequence[Recalled], near: float) -> Recalled | None:
    """Return the stored answer that may be given again word for word, or None.

    It was written or verified by people, its question is near, and nothing in the two questions
    reverses the meaning.
    """
    fit = [
        one
        for one in recalled
        if one.similarity >= near
        and (one.answer.origin is Origin.CORRECTION or one.answer.standing is Standing.VERIFIED)
        and same_meaning(question, one.phrasing)
    ]
    return max(fit, key=lambda one: one.place, default=None)


def guiding(recalled: Sequence[Recalled], guide: float) -> list[Guidance]:
    """Return the stored answers that may guide a new one, the worthiest first."""
    near = (one for one in recalled if one.similarity >= guide)
    fit = sorted(near, key=lambda one: one.place, reverse=True)
    return [
        Guidance(
            question=one.phrasing,
            text=one.answer.text,
            by_person=one.answer.origin is Origin.CORRECTION,
        )
        for one in fit
    ]


class Reuse:
    """Answers a question with everything that the bot knows: what it learned, then the documents."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        index: Index,
        indexing: Indexing,
        retriever: Retriever,
        answerer: Answerer,
        settings: LearningSettings,
        now: Callable[[], datetime],
    ) -> None:
        """Take what is recalled from and what answers when nothing is."""
        self._ledger = ledger
        self._index = index
        self._indexing = indexing
        self._retriever = retriever
        self._answerer = answerer
        self._settings = settings
        self._now = now
        self._mistakes = Mistakes(
            ledger=ledger,
            fingerprint=lambda: indexing.fingerprint,
            near=settings.guide,
        )

    async def answer(self, asked: Asked, held: frozenset[str], reply: Reply) -> Answer:
        """Return an answer that everyone who reads along may read; it is not stored yet."""
        await reply.progress("Searching…")
        sought = await self._retriever.seek(asked.question.text, held)
        recalled = await self._recalled(sought)
        again = verbatim(sought.text, recalled, self._settings.near)
        if again is not None:
            return self._given_again(asked, again)
        guidance = [
            one
            for one in guiding(recalled, self._settings.guide)
            if same_meaning(asked.question.text, one.question)
        ]
        asked = replace(asked, mistakes=await self._mistakes.near(sought))
        return await self._answerer.answer(asked, sought, reply, guidance)

    async def given_again(self, sought: Sought, shadow: Shadow | None = None) -> Recalled | None:
        """Return the stored answer that a question would be given word for word, or None.

        `shadow` is an epoch that does not count yet, or no more.
        """
        return verbatim(sought.text, await self._recalled(sought, shadow), self._settings.near)

    async def _recalled(self, sought: Sought, shadow: Shadow | None = None) -> list[Recalled]:
        """Recall; where the index does not offer what was learned, what was read may be there."""
        try:
            return await self._recall(sought, shadow)
        except IndexUnavailableError as error:
            log.warning("Nothing learned could be recalled: %s", error)
            self._indexing.doubt()
            return []

    async def _recall(self, sought: Sought, shadow: Shadow | None = None) -> list[Recalled]:
        nearest: dict[str, tuple[str, float]] = {}
        tried = shadow.near(sought.vector) if shadow else []
        ratings = shadow.ratings if shadow else self._retriever.ratings
        for hit_id, owner, similarity in [*await self._near(sought), *tried]:
            if owner not in nearest or similarity > nearest[owner][1]:
                nearest[owner] = (hit_id, similarity)
        async with self._ledger.reading() as connection:
            held = await load_answers(connection, list(nearest))
            held = shadow.moved(held) if shadow else held
            phrasings = await question_texts(connection, [id_ for id_, _ in nearest.values()])
            rated = await ratings.of_answers(connection, sought.vector, list(nearest))
            verdicts = await live_verdicts(connection, list(nearest), merged=True)
            readable = [
                one
                for one in held.values()
                if one.standing in REUSABLE
                and nearest[one.id][0] in phrasings
                and await _may_be_read(connection, one, sought.audiences)
            ]
        return [
            Recalled(
                answer=one,
                phrasing=phrasings[nearest[one.id][0]],
                similarity=nearest[one.id][1],
                rating=rated[one.id],
                helpful=sum(
                    given.answer_id == one.id and given.verdict is Verdict.UP for given in verdicts
                ),
            )
            for one in readable
        ]

    async def _near(self, sought: Sought) -> list[tuple[str, str, float]]:
        """Return near questions as (id, answer id, similarity 0…1)."""
        audiences = sought.audiences
        if sought.spoken < HEARD or not await self._indexing.speaks(ANSWERS):
            return await self._near_by_terms(sought)
        hits = await self._index.search_dense(
            ANSWERS, sought.vector, audiences=audiences, limit=NEAR_QUESTIONS
        )
        return [(hit.id, hit.owner, hit.score) for hit in hits]

    async def _near_by_terms(self, sought: Sought) -> list[tuple[str, str, float]]:
        """Compare by shared terms where the embedder does not speak the question's script."""
        words = terms_of(sought.text)
        if not words or not self._index.capabilities.bm25:
            return []
        hits = await self._index.search_terms(
            ANSWERS, " ".join(words), audiences=sought.audiences, limit=NEAR_QUESTIONS
        )
        async with self._ledger.reading() as connection:
            texts = await question_texts(connection, [hit.id for hit in hits])
        return [
            (hit.id, hit.owner, _overlap(words, terms_of(texts[hit.id])))
            for hit in hits
            if hit.id in texts
        ]

    def _given_again(self, asked: Asked, again: Recalled) -> Answer:
        stored = again.answer
        return Answer(
            id=asked.answer_id,
            question=asked.question,
            text=stored.text,
            origin=stored.origin,
            audience=asked.audience,
            created_at=self._now(),
            citations=stored.citations,
            author=stored.author,
            badge=badge_of(stored, again.helpful, self._now()),
            reused_id=stored.id,
        )


async def _may_be_read(connection: Transaction, answer: Answer, audiences: Sequence[int]) -> bool:
    """Take the second look at who may read, for the ledger has the last word.

    A source that only some may read by now withholds its answers from the others.
    """
    if await audience_number(connection, answer.audience) not in audiences:
        return False
    cited = await load_passages(connection, [one.passage_id for one in answer.citations])
    return all(passage.audience_id in audiences for passage in cited.values())


def _overlap(one: Sequence[str], other: Sequence[str]) -> float:
    """Return the Dice coefficient of two lists of terms, 0…1."""
    left, right = set(one), set(other)
    return 2 * len(left & right) / (len(left) + len(right)) if left or right else 0.0
