"""Going back to an earlier epoch: what it said counts again, and what followed from later ones does not."""

import pytest

from core.answers import Standing
from core.errors import UnknownEpochError
from core.feedback import Verdict
from core.learning.rollback import Epochs
from core.ledger.answers import load_answer, set_standing
from core.ledger.epochs import live_epoch
from core.ledger.ledger import Ledger
from tests.tavern import ANA, BEN, CLEO, Tavern

QUESTION = "When does the kitchen close?"
BETTER = "It closes at eleven on weekends, says the cook."


@pytest.fixture
def epochs(tavern: Tavern) -> Epochs:
    """Return the way back."""
    return Epochs(ledger=tavern.ledger, now=tavern.clock)


async def standing_of(ledger: Ledger, answer_id: str) -> Standing:
    """Return where an answer stands."""
    async with ledger.reading() as connection:
        held = await load_answer(connection, answer_id)
    assert held
    return held.standing


async def live(tavern: Tavern) -> tuple[int, bool]:
    """Return the number of the live epoch, and whether it is held."""
    async with tavern.ledger.reading() as connection:
        epoch = await live_epoch(connection)
    assert epoch
    return epoch.id, epoch.held


async def test_what_was_learned_since_is_undone(tavern: Tavern, epochs: Epochs) -> None:
    """A correction that was given again is given no more, until the epoch is released."""
    first = await tavern.ask(QUESTION)
    await tavern.judge(first, Verdict.DOWN, CLEO)
    await tavern.rerank()
    await tavern.correct(first, BETTER)
    tavern.clock.advance(minutes=5)
    await tavern.rerank()
    assert (await tavern.ask(QUESTION)).text == BETTER
    assert await epochs.go_back(1) == 1
    await tavern.indexing.catch_up()
    assert (await tavern.ask(QUESTION)).text != BETTER
    assert await live(tavern) == (1, True)


async def test_no_epoch_is_made_while_one_is_held(tavern: Tavern, epochs: Epochs) -> None:
    """What people say meanwhile is taken, and counts once it is released."""
    answer = await tavern.ask(QUESTION)
    await tavern.judge(answer, Verdict.UP, BEN)
    await tavern.rerank()
    assert await epochs.go_back(1) == 0
    await tavern.judge(answer, Verdict.UP, CLEO)
    await tavern.rerank()
    assert await live(tavern) == (1, True)
    assert await epochs.release()
    assert not await epochs.release()
    await tavern.rerank()
    assert await live(tavern) == (2, False)
    assert [one.id for one in await epochs.all()] == [2, 1]


async def test_what_others_did_since_is_not_undone(tavern: Tavern, epochs: Epochs) -> None:
    """An answer that was withdrawn for its changed source stays stale."""
    first = await tavern.ask(QUESTION)
    await tavern.judge(first, Verdict.DOWN, CLEO)
    await tavern.rerank()
    await tavern.correct(first, BETTER)
    await tavern.rerank()
    stored = (await tavern.ask(QUESTION)).reused_id
    assert stored
    async with tavern.ledger.writing() as connection:
        await set_standing(
            connection,
            stored,
            Standing.STALE,
            reason="it changed",
            by="refresh",
            now=tavern.clock(),
        )
    assert await epochs.go_back(1) == 0
    assert await standing_of(tavern.ledger, stored) is Standing.STALE


async def test_what_an_epoch_changed_is_told(tavern: Tavern, epochs: Epochs) -> None:
    """The largest change first, against the epoch before it; the first one against nothing."""
    one, other = await tavern.ask(QUESTION), await tavern.ask("Where is the cellar?")
    await tavern.judge(one, Verdict.UP, BEN)
    await tavern.rerank()
    for person in (ANA, BEN, CLEO):
        await tavern.judge(other, Verdict.DOWN, person)
    await tavern.rerank()
    (first,) = [c for c in await epochs.changes(1) if c.answer.id == one.id]
    assert first.before is None
    assert first.after
    assert first.after.value == pytest.approx(0.7, abs=0.01)
    largest = (await epochs.changes(2))[0]
    assert largest.answer.id == other.id
    assert largest.after
    assert largest.after.value < 0.6


async def test_an_epoch_that_there_is_not_is_refused(tavern: Tavern, epochs: Epochs) -> None:
    """With those that there are."""
    with pytest.raises(UnknownEpochError, match="there is none yet"):
        await epochs.changes(1)
    await tavern.judge(await tavern.ask(QUESTION), Verdict.UP)
    await tavern.rerank()
    with pytest.raises(UnknownEpochError, match="There is no epoch 7: there are 1 to 1"):
        await epochs.go_back(7)
