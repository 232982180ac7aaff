"""`replay`: asks what is known of the epoch that counts, and goes back where answers got worse."""

import logging
from dataclasses import replace
from datetime import datetime, timedelta

from core.indexing import Indexing
from core.job import JobReport, Progress
from core.learning.replay import Replay
from core.learning.rollback import Epochs
from core.ledger.epochs import Epoch
from core.ledger.ledger import Ledger
from core.proof import Outcome, Proof

log = logging.getLogger(__name__)
LATELY = timedelta(days=1)  # verdicts of so long are a stream, compared with those of thirty days
BEFORE = timedelta(days=30)
NOTHING = JobReport(summary="There is no earlier epoch to compare with.", figures={"undone": 0})


class ReplayJob:
    """Compares the live epoch with the one that counted a day ago, by what is known and by verdicts.

    Where it is worse, the earlier one counts again and is held, until somebody releases it.
    """

    def __init__(
        self,
        *,
        ledger: Ledger,
        indexing: Indexing,
        replay: Replay,
        epochs: Epochs,
    ) -> None:
        """Take what asks, and the way back."""
        self._ledger = ledger
        self._indexing = indexing
        self._replay = replay
        self._epochs = epochs

    async def run(self, now: datetime, progress: Progress) -> JobReport:
        """Compare; a held epoch is left as it is."""
        there = await self._epochs.all()
        live = next((one for one in there if one.live), None)
        earlier = _a_day_before(there, live, now) if live and not live.held else None
        if live is None or earlier is None:
            return NOTHING
        proof = await self._replay.compare(earlier.id, live.id)
        why = proof.reason if proof.outcome is Outcome.FAILED else None
        why = why or await self._replay.souring(_since(there, earlier, live), now - BEFORE)
        if why is None:
            summary = f"Epoch {live.id} against epoch {earlier.id}: {proof.reason}."
            return JobReport(summary=summary, figures={"known": proof.known, "undone": 0})
        return await self._go_back(earlier, live, replace(proof, reason=why), progress)

    async def _go_back(
        self, earlier: Epoch, live: Epoch, proof: Proof, progress: Progress
    ) -> JobReport:
        undone = replace(proof, outcome=Outcome.UNDONE)
        moved = await self._epochs.go_back(earlier.id, undone)
        await self._indexing.catch_up(progress)
        log.warning(
            "Epoch %d counts again in place of %d: %s. `epochs release` lets new ones be made.",
            earlier.id,
            live.id,
            proof.reason,
        )
        return JobReport(
            summary=f"Epoch {earlier.id} counts again, and is held: {proof.reason}.",
            figures={"known": proof.known, "undone": moved},
        )


def _since(there: list[Epoch], earlier: Epoch, live: Epoch) -> datetime:
    """Return from when on verdicts are listened to: what undid another epoch is not held against this."""
    undone = [one for one in there if one.refused and earlier.id < one.id < live.id]
    return live.made_at if undone else earlier.made_at


def _a_day_before(there: list[Epoch], live: Epoch, now: datetime) -> Epoch | None:
    """Return the newest epoch before the live one that is a day old, or else the oldest that passed."""
    fit = [one for one in there if one.id < live.id and one.counted]
    old = (one for one in fit if now - one.made_at >= LATELY)
    return next(old, fit[-1] if fit else None)
