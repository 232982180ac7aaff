"""Labels: where a stored answer was right or wrong, as the log tells it, for its threshold.

Nobody is asked for labels. Three things that people do are ones:

- a verdict on an answer that was given again, or on the stored one, at the question where it was given;
- a phrasing that an answer is found by, because somebody accepted it there: each is compared with
  the other phrasings, as if it were asked anew;
- where another stored answer is right, the one that is nearest would have been wrong.

A curator's verdict, or two others that agree, is certain; a single one weighs half, for people err.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.influence import CURATOR_WEIGHT
from core.ledger.epochs import live_epoch
from core.ledger.ledger import Ledger
from core.ledger.phrasings import Phrasing, Said, load_phrasings, load_said
from core.questions import same_meaning
from core.settings_of_learning import LearningSettings
from core.thresholds import Floats, Label, Thresholds, learned, untaught

CERTAIN = CURATOR_WEIGHT  # weighted verdicts that make a label certain
ON_TRIAL = 0.5  # the weight of a phrasing that nobody verified
AT_ONCE = 256  # questions compared between two breaths
DIGITS = 6  # of a similarity; what the processor makes of the rest may differ


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """How right a stored answer is at a question, 0…1, and how sure that is, up to 1."""

    right: float
    weight: float


class LearnedThresholds:
    """The thresholds of the live epoch, kept in memory until another one is live."""

    def __init__(
        self, *, ledger: Ledger, fingerprint: Callable[[], str], settings: LearningSettings
    ) -> None:
        """Take the log, whose vectors are compared, and what holds where nothing was learned."""
        self._ledger = ledger
        self._fingerprint = fingerprint
        self._start = untaught(settings.near, settings.reuse_error)
        self._held: tuple[tuple[int, str], Thresholds] | None = None
        self._computing = asyncio.Lock()

    @property
    def start(self) -> Thresholds:
        """What holds where nothing was learned."""
        return self._start

    async def now(self) -> Thresholds:
        """Return what the live epoch amounts to; computed once an epoch, beside whoever asks."""
        async with self._computing:
            async with self._ledger.reading() as connection:
                epoch, fingerprint = await live_epoch(connection), self._fingerprint()
                if epoch is None:
                    return self._start
                key = (epoch.id, fingerprint)
                if self._held is not None and self._held[0] == key:
                    return self._held[1]
                phrasings = await load_phrasings(connection, fingerprint)
                said = await load_said(connection, epoch.id, fingerprint)
            labels = await asyncio.to_thread(labels_of, phrasings, said)
            taught = await asyncio.to_thread(learned, labels, self._start.near, self._start.error)
            self._held = (key, taught)
            return taught


def labels_of(phrasings: Sequence[Phrasing], said: Sequence[Said]) -> list[Label]:
    """Return a label for each stored answer that is the nearest where it is known what is right.

    A question is never compared with itself: what it was given there is what is to be learned. Nor
    with what means something else: there the answer would not have been given, however near.
    """
    if not phrasings:
        return []
    ordered = sorted(phrasings, key=lambda one: (one.answer_id, one.hash))
    stored = _Stored(ordered)
    told = _told(ordered, said)
    asked: dict[str, Phrasing | Said] = {one.hash: one for one in said}
    asked |= {one.hash: one for one in ordered}
    known = sorted(told)
    labels: list[Label] = []
    for first in range(0, len(known), AT_ONCE):
        some = [asked[one] for one in known[first : first + AT_ONCE]]
        for one, near in zip(some, stored.near(some), strict=True):
            label = stored.label(one.text, near, told[one.hash])
            labels.extend([label] if label else [])
    return labels


class _Stored:
    """The phrasings of stored answers side by side, in the order of the answers."""

    def __init__(self, ordered: Sequence[Phrasing]) -> None:
        self._ordered = ordered
        self._vectors = np.array([one.vector for one in ordered], dtype=np.float32)
        self._hashes = np.array([one.hash for one in ordered])
        owners, starts = np.unique([one.answer_id for one in ordered], return_index=True)
        self._owners, self._starts = [str(one) for one in owners], starts

    def near(self, asked: Sequence[Phrasing | Said]) -> Floats:
        """Return how near each question is to each phrasing; -1 where that is itself."""
        vectors = np.array([one.vector for one in asked], dtype=np.float32)
        near = (vectors @ self._vectors.T).astype(np.float64)
        near[np.array([one.hash for one in asked])[:, None] == self._hashes] = -1.0
        return near

    def label(self, text: str, near: Floats, told: Mapping[str, Told]) -> Label | None:
        """Return what is known of the answer that is the nearest of all to a question, or None."""
        nearest = self._ordered[int(np.argmax(near))]
        similarity = round(float(near.max()), DIGITS)
        right = _right(nearest.answer_id, told)
        if right is None or similarity <= 0.0 or not same_meaning(text, nearest.text):
            return None
        best = np.maximum.reduceat(near, self._starts)
        others = [
            float(one)
            for owner, one in zip(self._owners, best, strict=True)
            if owner != nearest.answer_id
        ]
        return Label(
            answer_id=nearest.answer_id,
            similarity=similarity,
            lead=round(similarity - max(0.0, *others, 0.0), DIGITS),
            right=right[0],
            weight=right[1],
        )


def _right(answer_id: str, told: Mapping[str, Told]) -> tuple[float, float] | None:
    """Return how right an answer is where this is known, and how sure that is; None where nothing is.

    Where another one is right this one would have been wrong.
    """
    if answer_id in told:
        return told[answer_id].right, told[answer_id].weight
    sure = [one.weight for one in told.values() if one.right > 0.5]
    return (0.0, max(sure)) if sure else None


def _told(phrasings: Sequence[Phrasing], said: Sequence[Said]) -> dict[str, dict[str, Told]]:
    """Return what is known of the answers at each question, by its hash and then by answer."""
    reusable = {one.answer_id for one in phrasings}
    found: dict[str, dict[str, Told]] = {}
    for one in phrasings:
        weight = 1.0 if one.verified else ON_TRIAL
        found.setdefault(one.hash, {})[one.answer_id] = Told(right=1.0, weight=weight)
    judged: dict[tuple[str, str], tuple[float, float]] = {}
    for given in said:
        if given.root in reusable:
            ups, downs = judged.get((given.hash, given.root), (0.0, 0.0))
            judged[given.hash, given.root] = (ups + given.ups, downs + given.downs)
    for (hash_, root), (ups, downs) in judged.items():
        if ups + downs > 0.0:
            weight = min(1.0, (ups + downs) / CERTAIN)
            told = Told(right=ups / (ups + downs), weight=weight)
            found.setdefault(hash_, {})[root] = told
    return found
