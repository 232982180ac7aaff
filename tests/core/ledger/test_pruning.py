"""The inbox keeps what was handled for as long as somebody may deliver it again or needs it."""

from datetime import timedelta

from core.answers import Placement
from core.ledger.answers import save_answer
from core.ledger.drafts import asked_in, load_draft, save_draft
from core.ledger.inbox import bury, handled, is_buried, pending
from core.ledger.ledger import Transaction
from core.ledger.messages import save_message
from core.ledger.pruning import prune
from core.messages import Deleted
from tests.doubles import NOON, answer, message, received

LATER = NOON + timedelta(days=30)


async def test_only_what_was_handled_before_then_is_removed(writer: Transaction) -> None:
    """Not what is under way, nor what was handled later; a repetition of the rest would be new."""
    for key, at in (("old", NOON), ("new", LATER), ("open", None)):
        await received(writer, message(key), NOON)
        if at is not None:
            await handled(writer, message(key), at)
    assert await prune(writer, LATER, 10) == 1
    assert await pending(writer, "room") == [message("open")]
    assert not await received(writer, message("new"), LATER)
    assert await received(writer, message("old"), LATER)


async def test_no_more_than_so_many_at_once_the_oldest_first(writer: Transaction) -> None:
    """What is left goes with the next portion."""
    for minutes, key in enumerate(("a", "b", "c")):
        await received(writer, message(key), NOON)
        await handled(writer, message(key), NOON + timedelta(minutes=minutes))
    assert await prune(writer, LATER, 2) == 2
    assert not await received(writer, message("c"), LATER)
    assert await prune(writer, LATER, 2) == 1


async def test_a_message_that_was_taken_away_stays_so(writer: Transaction) -> None:
    """However late it comes."""
    gone = Deleted(event_id="d", ref=message().ref, at=NOON)
    await bury(writer, gone, NOON)
    assert await prune(writer, LATER, 10) == 0
    assert await is_buried(writer, gone.ref)


async def test_a_draft_can_be_published_however_long_it_waits(writer: Transaction) -> None:
    """What moderators may still decide upon keeps what it answers; a whisper does not."""
    for key, placement in (("m1", Placement.MODERATORS), ("m2", Placement.ASKER)):
        await received(writer, message(key), NOON)
        await save_message(writer, message(key), NOON)
        await handled(writer, message(key), NOON)
        await save_answer(writer, answer(key), message(key))
        await save_draft(writer, key, message(key).ref, placement, NOON)
    assert await prune(writer, LATER, 10) == 1
    draft = await load_draft(writer, "m1")
    assert draft
    assert await asked_in(writer, draft) == message("m1")
