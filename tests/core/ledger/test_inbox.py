"""Every event is stored once, comes back as it was, and is pending until it was handled."""

from dataclasses import replace

import pytest

from core.feedback import Correction, Reason, Verdict
from core.interfaces import Event
from core.ledger.inbox import handled, pending, take
from core.ledger.ledger import Ledger
from core.messages import Deleted, Edited, Reaction
from tests.doubles import NOON, message, person, said

ASKED = message()
REF = ASKED.ref
EVENTS: list[Event] = [
    replace(ASKED, thread="m0", addressed=True, text="Ünïcode 🍺"),
    Reaction(event_id="r1", ref=REF, person=person(), emoji="👍", added=False, at=NOON),
    said("a1", Verdict.DOWN, reason=Reason.WRONG_SOURCES, withdrawn=True),
    Correction(event_id="c1", answer_id="a1", person=person("bob"), text="Press it.", at=NOON),
    Edited(event_id="e1", ref=REF, text="new", at=NOON),
    Deleted(event_id="d1", ref=REF, at=NOON),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
async def test_an_event_comes_back_as_it_was(ledger: Ledger, event: Event) -> None:
    """What was received is pending in every detail, on its own platform only."""
    async with ledger.writing() as connection:
        assert await take(connection, event, NOON)
    async with ledger.reading() as connection:
        assert await pending(connection, "room") == [event]
        assert await pending(connection, "elsewhere") == []


async def test_a_repeated_delivery_is_refused(ledger: Ledger) -> None:
    """The same delivery twice is one event, even after it was handled."""
    async with ledger.writing() as connection:
        assert await take(connection, ASKED, NOON)
        assert not await take(connection, ASKED, NOON)
        await handled(connection, ASKED, NOON)
        assert not await take(connection, ASKED, NOON)
        assert await pending(connection, "room") == []


async def test_what_was_not_handled_is_pending_in_order(ledger: Ledger) -> None:
    """After a crash the events are taken up as they came, without those that are done with."""
    async with ledger.writing() as connection:
        for event in EVENTS:
            await take(connection, event, NOON)
        await handled(connection, EVENTS[1], NOON)
        await handled(connection, EVENTS[3], NOON, failure="That answer is gone.")
    async with ledger.reading() as connection:
        left = await pending(connection, "room")
    assert left == [EVENTS[0], EVENTS[2], EVENTS[4], EVENTS[5]]
