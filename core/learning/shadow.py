"""An epoch that does not count: what the bot would recall if it did."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.answers import Answer, Standing
from core.embedding import Vectors
from core.ratings import Ratings


@dataclass(frozen=True, slots=True, kw_only=True)
class Shadow:
    """The ratings of an epoch, the standings that come with it, and what would be recalled by them.

    `floor` is the score from which the bot would answer.
    `phrasings` are the questions of answers that the index does not hold yet: id, answer id, vector.
    """

    ratings: Ratings
    standings: Mapping[str, Standing]
    phrasings: Sequence[tuple[str, str, Vectors]]
    floor: float

    def near(self, question: Vectors) -> list[tuple[str, str, float]]:
        """Return how similar each of the phrasings is: id, answer id, cosine."""
        return [
            (id_, answer_id, float(np.dot(vector, question)))
            for id_, answer_id, vector in self.phrasings
        ]

    def moved(self, held: Mapping[str, Answer]) -> dict[str, Answer]:
        """Return answers as they would stand."""
        return {
            id_: replace(one, standing=self.standings.get(id_, one.standing))
            for id_, one in held.items()
        }
