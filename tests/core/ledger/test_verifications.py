"""Who vouches for a verified answer is stored, falls due, and goes when they are forgotten."""

from datetime import timedelta

from core.answers import Standing
from core.grounds import Grounds
from core.ledger.answers import save_answer
from core.ledger.erasure import empty_answers
from core.ledger.forgotten import erase_trail
from core.ledger.grounds import count_contradicted, found_before, put_off, save_grounds
from core.ledger.ledger import Transaction
from core.ledger.trail import trail_of
from core.ledger.verifications import count_lapsed, load_verifications, note_lapsed, note_verified
from core.ledger.verifications import overdue as falls_due
from tests.doubles import NOON, answer, person

BOB = person("bob")
DAYS = timedelta(days=1)


async def verify(writer: Transaction) -> None:
    """Verify an answer, with bob's word."""
    await save_answer(writer, answer(standing=Standing.VERIFIED), None)
    await note_verified(writer, "a1", BOB.id, NOON)


async def test_an_answer_falls_due_after_its_interval(writer: Transaction) -> None:
    """Ninety days after the last look, and not before; with an interval of 0 never."""
    await verify(writer)
    assert await falls_due(writer, NOON + 89 * DAYS, 90) == []
    assert await falls_due(writer, NOON + 90 * DAYS, 90) == ["a1"]
    assert await falls_due(writer, NOON + 900 * DAYS, 0) == []
    await note_verified(writer, "a1", None, NOON + 80 * DAYS)
    assert await falls_due(writer, NOON + 90 * DAYS, 90) == []
    assert (await load_verifications(writer, ["a1"]))["a1"].owner_id == BOB.id


async def test_what_lapsed_is_counted_while_it_is_on_trial(writer: Transaction) -> None:
    """It waits for somebody; once it is verified again nothing waits."""
    await save_answer(writer, answer(standing=Standing.TRIAL), None)
    await note_verified(writer, "a1", None, NOON)
    await note_lapsed(writer, "a1", NOON)
    assert await count_lapsed(writer) == 1
    await note_verified(writer, "a1", None, NOON)
    assert await count_lapsed(writer) == 0


async def test_a_forgotten_owner_owns_nothing(writer: Transaction) -> None:
    """The answer stays verified by whoever else found it right; the name goes."""
    await verify(writer)
    await erase_trail(writer, await trail_of(writer, BOB), NOON)
    assert (await load_verifications(writer, ["a1"]))["a1"].owner_id is None


async def test_what_was_found_of_a_forgotten_answer_goes_with_it(writer: Transaction) -> None:
    """Neither a finding nor a verification outlives the words that it was about."""
    await save_answer(writer, answer(), None)
    await note_verified(writer, "a1", BOB.id, NOON)
    await save_grounds(writer, "k1", "a1", Grounds.CONTRADICTED, NOON)
    await save_grounds(writer, "k2", "a1", None, NOON)
    assert await count_contradicted(writer) == 1
    await empty_answers(writer, ["a1"], "gone", NOON)
    assert await found_before(writer, "k1") is None
    assert await put_off(writer, 9) == []
    assert await load_verifications(writer, ["a1"]) == {}
