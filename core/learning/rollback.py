"""Going back to an earlier epoch: its ratings count again, and what was moved since moves back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from core.answers import Answer, Standing
from core.errors import UnknownEpochError
from core.feedback import Rating
from core.learning.promotion import Move, carry_out
from core.ledger.answers import load_answers
from core.ledger.epochs import EPOCHS, Epoch, go_to, let_go, list_epochs, load_ratings, prove
from core.ledger.ledger import Ledger, Transaction
from core.ledger.runs import note
from core.ledger.standings import moved_since
from core.proof import Proof

BY = "rerank"  # only what the job moved moves back; what a person or a source did stays


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """An answer that an epoch rates otherwise than the epoch before it; None where one does not."""

    answer: Answer
    before: Rating | None
    after: Rating | None

    @property
    def size(self) -> float:
        """How far the rating moved."""
        values = [one.value if one else None for one in (self.before, self.after)]
        known = [value for value in values if value is not None]
        return abs(known[0] - known[1]) if len(known) == 2 else max(known, default=0.0)


class Epochs:
    """The epochs that there are, and the way back to one of them."""

    def __init__(self, *, ledger: Ledger, now: Callable[[], datetime]) -> None:
        """Take where they are stored."""
        self._ledger = ledger
        self._now = now

    async def all(self) -> list[Epoch]:
        """Return the epochs, the newest first."""
        async with self._ledger.reading() as connection:
            return await list_epochs(connection)

    async def changes(self, epoch_id: int) -> list[Change]:
        """Return what an epoch changed against the one before it, the largest change first.

        Raises `UnknownEpochError` where there is no such epoch.
        """
        async with self._ledger.reading() as connection:
            earlier = [one for one in await _known(connection, epoch_id) if one.id < epoch_id]
            after = await load_ratings(connection, epoch_id)
            before = await load_ratings(connection, earlier[0].id) if earlier else {}
            ids = sorted(id_ for id_ in {*before, *after} if before.get(id_) != after.get(id_))
            held = await load_answers(connection, ids)
        return _sorted(held, before, after)

    async def go_back(self, epoch_id: int, why: Proof | None = None) -> int:
        """Let an epoch count again and hold it; return how many answers moved back.

        No other epoch is made until `release`. `why` is written down with those that were gone back
        from. Raises `UnknownEpochError` where there is no such one.
        """
        async with self._ledger.alone(EPOCHS), self._ledger.writing() as connection:
            later = [one for one in await _known(connection, epoch_id) if one.id > epoch_id]
            moves = await undone(connection, later[-1].made_at) if later else []
            await carry_out(connection, moves, self._now)
            await go_to(connection, epoch_id)
            if why is not None:
                await prove(connection, [one.id for one in later if not one.refused], why)
            what = {"action": "go back", "subject": f"epoch {epoch_id}"}
            await note(connection, by="epochs", now=self._now(), **what)
        return len(moves)

    async def release(self) -> bool:
        """Let new epochs be made again; return False where none was held."""
        async with self._ledger.writing() as connection:
            return await let_go(connection)


async def _known(connection: Transaction, epoch_id: int) -> list[Epoch]:
    """Return all epochs, the newest first; raise where the wanted one is not among them."""
    epochs = await list_epochs(connection)
    if epoch_id not in {one.id for one in epochs}:
        there = f"there are {epochs[-1].id} to {epochs[0].id}" if epochs else "there is none yet"
        raise UnknownEpochError(f"There is no epoch {epoch_id}: {there}.")
    return epochs


async def undone(connection: Transaction, since: datetime) -> list[Move]:
    """Return the moves that bring answers back to where they stood at a time."""
    moved = await moved_since(connection, since, BY)
    held = await load_answers(connection, list(moved))
    return [
        Move(answer_id=id_, standing=stood, reason="an earlier epoch counts again", by="epochs")
        for id_, stood in moved.items()
        if id_ in held and held[id_].standing not in {stood, Standing.STALE}
    ]


def _sorted(
    held: Mapping[str, Answer], before: Mapping[str, Rating], after: Mapping[str, Rating]
) -> list[Change]:
    changes = [
        Change(answer=answer, before=before.get(id_), after=after.get(id_))
        for id_, answer in held.items()
    ]
    return sorted(changes, key=lambda one: (-one.size, one.answer.id))
