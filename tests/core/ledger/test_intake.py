"""Intake: what is taken in is durable, each event once, and nobody pays for another's event."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from core.errors import LedgerError
from core.feedback import Verdict
from core.interfaces import Event
from core.ledger import inbox
from core.ledger.envelopes import CUT, LONGEST, storable
from core.ledger.intake import LEASE, Intake
from core.ledger.ledger import Ledger
from core.ledger.tables import inbox as table
from core.messages import Deleted, Edited, Message, Reaction
from tests.doubles import NOON, message, person, said

MANY = [message(f"m{number}", f"Question {number}?") for number in range(64)]


class CountingLedger(Ledger):
    """Counts the transactions that were written."""

    written = 0

    @asynccontextmanager
    async def writing(self, *, first: bool = False) -> AsyncIterator[AsyncConnection]:
        """Count one more."""
        async with super().writing(first=first) as connection:
            self.written += 1
            yield connection


@pytest.fixture
async def counting(ledger_url: str) -> AsyncIterator[CountingLedger]:
    """Return a ledger that counts its transactions."""
    opened = CountingLedger(ledger_url)
    await opened.open()
    yield opened
    await opened.close()


def intake_of(ledger: Ledger) -> Intake:
    """Return an intake of a process at noon."""
    return Intake(ledger=ledger, owner="here", now=lambda: NOON)


async def kept(ledger: Ledger) -> Sequence[Event]:
    """Return what the inbox holds."""
    async with ledger.reading() as connection:
        return await inbox.pending(connection, "room")


async def test_what_comes_together_is_committed_together(counting: CountingLedger) -> None:
    """Sixty-four events at once share a few transactions; each is stored, and is new once."""
    intake = intake_of(counting)
    fresh = await asyncio.gather(*(intake.take(one) for one in [*MANY, *MANY]))
    assert fresh == [True] * 64 + [False] * 64
    assert counting.written <= 3
    assert {one.event_id for one in await kept(counting)} == {one.event_id for one in MANY}


async def test_what_is_taken_in_is_claimed(ledger: Ledger) -> None:
    """Nobody else sees an event through before the claim of its process has run out."""
    await intake_of(ledger).take(MANY[0])
    async with ledger.writing() as connection:
        for after, taken in [(timedelta(0), 0), (LEASE, 1)]:
            now = NOON + after
            found = await inbox.claim(connection, "there", ["room"], now, now + LEASE, 9)
            assert [one.attempts for one in found] == [2] * taken


@pytest.mark.parametrize(
    "event",
    [
        MANY[0],
        Reaction(event_id="r", ref=MANY[0].ref, person=person(), emoji="👍", added=True, at=NOON),
        said("a1", Verdict.UP),
        Edited(event_id="e", ref=MANY[0].ref, text="New.", at=NOON),
        Deleted(event_id="d", ref=MANY[0].ref, at=NOON),
    ],
    ids=lambda event: type(event).__name__,
)
async def test_one_thing_under_two_identities_is_one_event(ledger: Ledger, event: Event) -> None:
    """A platform that names a delivery anew does not make it another event."""
    intake = intake_of(ledger)
    assert await intake.take(event)
    assert not await intake.take(replace(event, event_id="another"))
    assert len(await kept(ledger)) == 1


async def test_an_emoji_that_is_added_again_is_news(ledger: Ledger) -> None:
    """Taking an emoji off and putting it on again are events of their own."""
    intake = intake_of(ledger)
    first = Reaction(
        event_id="1", ref=MANY[0].ref, person=person(), emoji="👍", added=True, at=NOON
    )
    later = NOON + timedelta(seconds=1)
    assert await intake.take(first)
    assert await intake.take(replace(first, event_id="2", added=False))
    assert await intake.take(replace(first, event_id="3", at=later))


async def test_of_what_was_taken_away_no_text_is_stored(ledger: Ledger) -> None:
    """A message or an edit that comes after the deletion brings nothing; its neighbours do."""
    gone = MANY[0]
    async with ledger.writing() as connection:
        await inbox.bury(connection, Deleted(event_id="d", ref=gone.ref, at=NOON), NOON)
    edited = Edited(event_id="e", ref=gone.ref, text="New.", at=NOON)
    await asyncio.gather(*(intake_of(ledger).take(one) for one in (gone, edited, MANY[1])))
    texts = [one.text for one in await kept(ledger) if isinstance(one, Message | Edited)]
    assert sorted(texts) == ["", "", MANY[1].text]


async def test_an_error_reaches_everyone_who_waits(ledger: Ledger) -> None:
    """Where nothing can be stored nobody is told otherwise."""
    async with ledger.writing() as connection:
        await connection.execute(text("ALTER TABLE inbox RENAME TO elsewhere"))
    intake = intake_of(ledger)
    told = await asyncio.gather(*(intake.take(one) for one in MANY[:5]), return_exceptions=True)
    assert [type(one) for one in told] == [LedgerError] * 5
    async with ledger.writing() as connection:
        await connection.execute(text("ALTER TABLE elsewhere RENAME TO inbox"))
    assert await intake.take(MANY[0])


async def test_who_stops_waiting_keeps_nobody_up(ledger: Ledger) -> None:
    """A caller that is cancelled takes nothing from the others of its group."""
    intake = intake_of(ledger)
    waiting = [asyncio.create_task(intake.take(one)) for one in MANY[:3]]
    await asyncio.sleep(0)
    waiting[1].cancel()
    told = await asyncio.gather(*waiting, return_exceptions=True)
    assert [told[0], told[2]] == [True, True]
    assert len(await kept(ledger)) == 3


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
async def test_what_the_database_refuses_is_refused_alone(ledger: Ledger) -> None:
    """An event that cannot be stored fails for its sender; the others of its group are stored."""
    intake = intake_of(ledger)
    endless = replace(MANY[0], event_id="x" * 1000)
    told = await asyncio.gather(
        *(intake.take(one) for one in (MANY[1], endless, MANY[2])), return_exceptions=True
    )
    assert [told[0], told[2]] == [True, True]
    assert isinstance(told[1], LedgerError)
    assert len(await kept(ledger)) == 2


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("NUL \x00 here", "NUL \ufffd here"),
        ("half a \ud83c sign", "half a \ufffd sign"),
        ("🍺 and \\u0000 as letters", "🍺 and \\u0000 as letters"),
        ("x" * 10_000_000, "x" * LONGEST + CUT),
    ],
    ids=["nul", "surrogate", "fine", "endless"],
)
async def test_what_no_database_takes_is_mended(ledger: Ledger, written: str, stored: str) -> None:
    """Poison in a text or a name stops nothing: it is replaced or cut, and the rest is kept."""
    sent = replace(MANY[0], text=written, person=replace(person(), name=f"A{written[:20]}"))
    await intake_of(ledger).take(sent)
    (held,) = await kept(ledger)
    assert isinstance(held, Message)
    assert held.text == stored
    assert held == storable(sent)
    async with ledger.reading() as connection:
        assert (await connection.execute(select(table.c.event_id))).scalar_one() == sent.event_id
