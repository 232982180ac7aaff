"""What is recalled of stored answers near a question, and which of it is given again or guides."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.answers import Answer, Origin, Standing
from core.feedback import Rating
from core.prompts import Guidance
from core.questions import same_meaning
from core.ranking import learned_term
from core.thresholds import Thresholds

WORD_FOR_WORD = 0.9995  # similarity from which two questions are one


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalled:
    """A stored answer with those of its phrasings that are near, and how near each is (cosine).

    The nearest comes first. `rival` is how near any other answer is, by other words.
    """

    answer: Answer
    phrasings: tuple[tuple[str, float], ...]
    rating: Rating
    helpful: int
    rival: float = 0.0

    @property
    def phrasing(self) -> str:
        """The nearest phrasing."""
        return self.phrasings[0][0]

    @property
    def similarity(self) -> float:
        """How near the nearest phrasing is."""
        return self.phrasings[0][1]

    @property
    def worth(self) -> float:
        """Similarity, moved by what people made of the answer: who is given among several."""
        return self.similarity + learned_term(self.rating.value)

    def fits(self, question: str, thresholds: Thresholds) -> bool:
        """Say whether a phrasing is near enough and means the same; it need not be the nearest.

        Nothing rivals what is asked word for word.
        """
        return any(
            thresholds.allow(
                self.answer.id, near, 1.0 if near >= WORD_FOR_WORD else near - self.rival
            )
            and same_meaning(question, phrasing)
            for phrasing, near in self.phrasings
        )

    @property
    def place(self) -> tuple[bool, float, datetime, str]:
        """What the worthiest has most of: of equals the newer one, then one that stays the same.

        What is verified yields to nothing that is not, however well liked that is.
        """
        verified = self.answer.standing is Standing.VERIFIED
        return verified, self.worth, self.answer.created_at, self.answer.id


def verbatim(
    question: str, recalled: Sequence[Recalled], thresholds: Thresholds
) -> Recalled | None:
    """Return the stored answer that may be given again word for word, or None.

    It was written or verified by people, its threshold allows it at this similarity, and nothing in
    the two questions reverses the meaning.
    """
    fit = [
        one
        for one in recalled
        if (one.answer.origin is Origin.CORRECTION or one.answer.standing is Standing.VERIFIED)
        and one.fits(question, thresholds)
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
