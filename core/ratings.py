"""What people said near a question: the live epoch's evidence, kept in memory until it changes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.embedding import Vectors
from core.feedback import Rating
from core.ledger.epochs import (
    Epoch,
    Near,
    live_epoch,
    load_evidence,
    load_penalties,
    load_ratings,
    one_epoch,
)
from core.ledger.ledger import Transaction
from core.priors import NEUTRAL
from core.ranking import (
    ANSWER_STRENGTH,
    LEARNED_SHARE,
    local_rating,
    nearness,
    penalties_near,
    source_term,
)

UNRATED = Rating(value=NEUTRAL, ups=0.0, downs=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """One epoch, its evidence in rows beside the matrix of the vectors of the questions."""

    epoch: Epoch
    fingerprint: str
    everywhere: Mapping[str, Rating]
    evidence: Sequence[Near]
    vectors: Vectors
    penalties: Sequence[tuple[str, Vectors, float]]


class Ratings:
    """Answers what the live epoch makes of passages and stored answers near a question."""

    def __init__(
        self, *, fingerprint: Callable[[], str], width: float, epoch_id: int | None = None
    ) -> None:
        """Take whose vectors are compared, h of the kernel, and an epoch that need not be live."""
        self._fingerprint = fingerprint
        self._width = width
        self._epoch_id = epoch_id
        self._held: _Held | None = None

    def of(self, epoch_id: int) -> "Ratings":
        """Return what another epoch makes of the same, be it live or not."""
        return Ratings(fingerprint=self._fingerprint, width=self._width, epoch_id=epoch_id)

    async def of_passages(self, connection: Transaction, question: Vectors) -> dict[str, float]:
        """Return what is added to passages near a question (±LEARNED_SHARE), by passage id."""
        held = await self._load(connection)
        if held is None:
            return {}
        said: dict[str, tuple[float, float]] = {}
        for near, row in _near(held, question, self._width):
            for passage_id in row.passages:
                ups, downs = said.get(passage_id, (0.0, 0.0))
                share = near / len(row.passages)
                said[passage_id] = (ups + share * row.ups, downs + share * row.source_downs)
        terms = {id_: source_term(*counts) for id_, counts in said.items()}
        for id_, taken in penalties_near(question, held.penalties, self._width).items():
            terms[id_] = max(-LEARNED_SHARE, terms.get(id_, 0.0) - taken)
        return terms

    async def of_answers(
        self, connection: Transaction, question: Vectors, ids: Sequence[str]
    ) -> dict[str, Rating]:
        """Return the rating of each stored answer near a question; its rating everywhere is the prior."""
        held = await self._load(connection)
        if held is None:
            return dict.fromkeys(ids, UNRATED)
        here = dict.fromkeys(ids, (0.0, 0.0))
        for near, row in _near(held, question, self._width):
            if row.root in here:
                ups, downs = here[row.root]
                here[row.root] = (ups + near * row.ups, downs + near * row.downs)
        return {
            id_: _rated(held.everywhere.get(id_, UNRATED), held.epoch.prior_mean, *counts)
            for id_, counts in here.items()
        }

    async def _load(self, connection: Transaction) -> _Held | None:
        """Return the live epoch, read anew where another one is live or other vectors are compared."""
        fingerprint = self._fingerprint()
        epoch = (
            await live_epoch(connection)
            if self._epoch_id is None
            else await one_epoch(connection, self._epoch_id)
        )
        if epoch is None:
            self._held = None
        elif self._held is None or (self._held.epoch, self._held.fingerprint) != (
            epoch,
            fingerprint,
        ):
            evidence = await load_evidence(connection, epoch.id, fingerprint)
            self._held = _Held(
                epoch=epoch,
                fingerprint=fingerprint,
                everywhere=await load_ratings(connection, epoch.id),
                evidence=evidence,
                vectors=np.array([one.vector for one in evidence], dtype=np.float32),
                penalties=await load_penalties(connection, epoch.id, fingerprint),
            )
        return self._held


def _near(held: _Held, question: Vectors, width: float) -> Sequence[tuple[float, Near]]:
    """Return the evidence that counts near a question, each with how much."""
    if not held.evidence:
        return []
    near = nearness(question, held.vectors, width)
    return [(float(near[row]), held.evidence[row]) for row in np.flatnonzero(near).tolist()]


def _rated(everywhere: Rating, prior_mean: float, ups: float, downs: float) -> Rating:
    shift = NEUTRAL - prior_mean
    value = shift + local_rating(everywhere.value - shift, ANSWER_STRENGTH, ups, downs)
    return Rating(value=min(1.0, max(0.0, value)), ups=everywhere.ups, downs=everywhere.downs)
