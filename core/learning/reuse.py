"""Answering with what was learned: a stored answer is given again, guides a new one, or stays away."""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from core.answering import Answerer, Asked
from core.answers import Answer, Standing, badge_of
from core.errors import IndexUnavailableError
from core.feedback import Verdict
from core.indexing import Indexing
from core.interfaces import Index, Reply
from core.learning.elsewhere import without_others
from core.learning.floors import LearnedFloors
from core.learning.labels import LearnedThresholds
from core.learning.mistakes import Mistakes
from core.learning.recalled import Recalled, guiding, verbatim
from core.learning.shadow import Shadow
from core.ledger.answers import load_answers, question_texts
from core.ledger.feedback import live_verdicts
from core.ledger.ledger import Ledger
from core.ledger.operations import ANSWERS
from core.ledger.readable import readable_answers
from core.questions import same_meaning
from core.retrieval import HEARD, Retriever, Sought
from core.settings_of_learning import LearningSettings
from core.terms import terms_of
from core.thresholds import Thresholds

log = logging.getLogger(__name__)
NEAR_QUESTIONS = 40
REUSABLE = frozenset({Standing.TRIAL, Standing.VERIFIED})


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
        floor: float,
        now: Callable[[], datetime],
    ) -> None:
        """Take what is recalled from and what answers when nothing is, from the `floor` (a score) on."""
        self._ledger = ledger
        self._index = index
        self._indexing = indexing
        self._retriever = retriever
        self._answerer = answerer
        self._settings = settings
        self._now = now
        self._learned = LearnedThresholds(
            ledger=ledger, fingerprint=lambda: indexing.fingerprint, settings=settings
        )
        self.floors = LearnedFloors(
            ledger=ledger,
            retriever=retriever,
            fingerprint=lambda: indexing.fingerprint,
            configured=floor,
            borne=settings.wrong_answers,
        )
        self._mistakes = Mistakes(
            ledger=ledger,
            fingerprint=lambda: indexing.fingerprint,
            near=settings.guide,
        )

    async def answer(
        self, asked: Asked, held: frozenset[str], reply: Reply, *, afresh: bool = False
    ) -> Answer:
        """Return an answer that everyone who reads along may read; it is not stored yet.

        One `afresh` is neither a stored one nor guided by any.
        """
        await reply.progress("Searching…")
        sought = await self._retriever.seek(asked.question.text, held)
        recalled = [] if afresh else await self.recalled(sought)
        again = verbatim(sought.text, recalled, await self.thresholds(sought))
        if again is not None:
            return self._given_again(asked, again)
        guidance = [
            one
            for one in guiding(recalled, self._settings.guide)
            if same_meaning(asked.question.text, one.question)
        ]
        floor = await self.floors.now()
        asked = replace(asked, mistakes=await self._mistakes.near(sought), floor=floor.at)
        return await self._answerer.answer(asked, sought, reply, guidance)

    async def given_again(self, sought: Sought, shadow: Shadow | None = None) -> Recalled | None:
        """Return the stored answer that a question would be given word for word, or None.

        `shadow` is an epoch that does not count yet, or no more.
        """
        recalled = await self.recalled(sought, shadow)
        return verbatim(sought.text, recalled, await self.thresholds(sought))

    async def recalled(self, sought: Sought, shadow: Shadow | None = None) -> list[Recalled]:
        """Return the stored answers that are near a question; none where the index does not answer.

        What was read may be there even then. None is about another thing that documents know.
        """
        try:
            found = await self._recall(sought, shadow)
            return await without_others(self._retriever, sought, found)
        except IndexUnavailableError as error:
            log.warning("Nothing learned could be recalled: %s", error)
            self._indexing.doubt()
            return []

    async def thresholds(self, sought: Sought) -> Thresholds:
        """Return what was learned of similarities; of shared terms nothing is."""
        if not await self._by_meaning(sought):
            return self._learned.start
        return await self._learned.now()

    async def _by_meaning(self, sought: Sought) -> bool:
        return sought.spoken >= HEARD and await self._indexing.speaks(ANSWERS)

    async def _recall(self, sought: Sought, shadow: Shadow | None = None) -> list[Recalled]:
        near = await self._near(sought)
        ratings = shadow.ratings if shadow else self._retriever.ratings
        hits = [*near, *shadow.near(sought.vector)] if shadow else near
        owners = list(dict.fromkeys(owner for _, owner, _ in hits))
        async with self._ledger.reading() as connection:
            held = await load_answers(connection, owners)
            held = shadow.moved(held) if shadow else held
            texts = await question_texts(connection, [id_ for id_, _, _ in hits])
            rated = await ratings.of_answers(connection, sought.vector, owners)
            verdicts = await live_verdicts(connection, owners, merged=True)
            there = await readable_answers(connection, owners, sought.audiences)
        readable = [one for one in held.values() if one.standing in REUSABLE and one.id in there]
        found = _phrasings(hits, texts, {one.id for one in readable})
        terms = {text: frozenset(terms_of(text)) for text in texts.values()}
        beyond = near[-1][2] if len(near) == NEAR_QUESTIONS else 0.0  # what else there may be
        return [
            Recalled(
                answer=one,
                phrasings=found[one.id],
                rating=rated[one.id],
                helpful=sum(
                    given.answer_id == one.id and given.verdict is Verdict.UP for given in verdicts
                ),
                rival=max(beyond, _rival(one, held, found, terms)),
            )
            for one in readable
            if one.id in found
        ]

    async def _near(self, sought: Sought) -> list[tuple[str, str, float]]:
        """Return near questions as (id, answer id, similarity 0…1)."""
        if not await self._by_meaning(sought):
            return await self._near_by_terms(sought)
        hits = await self._index.search_dense(
            ANSWERS, sought.vector, audiences=sought.audiences, limit=NEAR_QUESTIONS
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


def _phrasings(
    hits: Sequence[tuple[str, str, float]], texts: Mapping[str, str], ids: Collection[str]
) -> dict[str, tuple[tuple[str, float], ...]]:
    """Return, by answer, its phrasings with how near each is, the nearest first."""
    found: dict[str, list[tuple[str, float]]] = {}
    for hit_id, owner, near in sorted(hits, key=lambda hit: -hit[2]):
        if owner in ids and hit_id in texts:
            found.setdefault(owner, []).append((texts[hit_id], near))
    return {owner: tuple(given) for owner, given in found.items()}


def _rival(
    answer: Answer,
    held: Mapping[str, Answer],
    found: Mapping[str, tuple[tuple[str, float], ...]],
    terms: Mapping[str, frozenset[str]],
) -> float:
    """Return how near another answer is.

    One that says the same is no rival, nor is one to the same question in the same words.
    """
    mine = {terms[text] for text, _ in found.get(answer.id, ())}
    return max(
        (
            near
            for owner, given in found.items()
            for text, near in given
            if held[owner].text != answer.text and terms[text] not in mine
        ),
        default=0.0,
    )


def _overlap(one: Sequence[str], other: Sequence[str]) -> float:
    """Return the Dice coefficient of two lists of terms, 0…1."""
    left, right = set(one), set(other)
    return 2 * len(left & right) / (len(left) + len(right)) if left or right else 0.0
