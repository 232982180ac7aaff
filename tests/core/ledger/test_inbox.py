"""Every event is stored once, comes back as it was, and is pending until it was handled."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from core.errors import ClaimLostError
from core.feedback import Correction, Reason, Verdict
from core.interfaces import Event
from core.ledger.inbox import (
    Claimed,
    claim,
    handled,
    hold,
    newest_edit,
    note_failure,
    pending,
    release,
    release_all,
    release_former,
    renew,
    rewrite,
    waits,
)
from core.ledger.ledger import Ledger, Transaction
from core.messages import Deleted, Edited, Reaction
from tests.doubles import NOON, message, person, received, said

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
        assert await received(connection, event, NOON)
    async with ledger.reading() as connection:
        assert await pending(connection, "room") == [event]
        assert await pending(connection, "elsewhere") == []


async def test_a_repeated_delivery_is_refused(ledger: Ledger) -> None:
    """The same delivery twice is one event, even after it was handled."""
    async with ledger.writing() as connection:
        assert await received(connection, ASKED, NOON)
        assert not await received(connection, ASKED, NOON)
        await handled(connection, ASKED, NOON)
        assert not await received(connection, ASKED, NOON)
        assert await pending(connection, "room") == []


async def test_what_was_not_handled_is_pending_in_order(ledger: Ledger) -> None:
    """After a crash the events are taken up as they came, without those that are done with."""
    async with ledger.writing() as connection:
        for event in EVENTS:
            await received(connection, event, NOON)
        await handled(connection, EVENTS[1], NOON)
        await handled(connection, EVENTS[3], NOON, failure="That answer is gone.")
    async with ledger.reading() as connection:
        left = await pending(connection, "room")
    assert left == [EVENTS[0], EVENTS[2], EVENTS[4], EVENTS[5]]


# -- claims ---------------------------------------------------------------------------------------

SOON = NOON + timedelta(seconds=30)


async def claimed(connection: Transaction, owner: str, now: datetime = NOON) -> list[Claimed]:
    """Take on what is free for half a minute."""
    return await claim(connection, owner, ["room"], now, now + timedelta(seconds=30), 10)


async def test_a_claim_is_one_process_until_it_runs_out(ledger: Ledger) -> None:
    """What one has taken on no other gets; once the claim has run out the next attempt is counted."""
    async with ledger.writing() as connection:
        await received(connection, ASKED, NOON)
        assert await claimed(connection, "a") == [Claimed(event=ASKED, attempts=2, since=NOON)]
        assert await claimed(connection, "b") == []
        assert not await waits(connection, ["room"], NOON)
        assert await waits(connection, ["room"], SOON)
        again = Claimed(event=ASKED, attempts=3, since=NOON)
        assert await claimed(connection, "b", SOON) == [again]


async def test_a_lost_claim_is_noticed(ledger: Ledger) -> None:
    """Who was too slow can neither go on nor note anything; who holds the claim can do both."""
    async with ledger.writing() as connection:
        await received(connection, ASKED, NOON)
        await claimed(connection, "a")
        await hold(connection, ASKED, "a", SOON)
        await claimed(connection, "b", SOON)
        with pytest.raises(ClaimLostError):
            await hold(connection, ASKED, "a", SOON)
        with pytest.raises(ClaimLostError):
            await handled(connection, ASKED, NOON, owner="a")
        await handled(connection, ASKED, NOON, owner="b")
        with pytest.raises(ClaimLostError):
            await handled(connection, ASKED, NOON, owner="b")


async def test_claims_are_renewed_and_given_back(ledger: Ledger) -> None:
    """A renewed claim holds longer; one that was given back rests until its time, or not at all."""
    async with ledger.writing() as connection:
        await received(connection, ASKED, NOON)
        await claimed(connection, "a")
        await renew(connection, "a", [ASKED.event_id], SOON + timedelta(seconds=30))
        assert await claimed(connection, "b", SOON) == []
        await release(connection, ASKED, "b", NOON)  # it is not b's to give back
        assert await claimed(connection, "b", SOON) == []
        await release(connection, ASKED, "a", SOON)
        assert await claimed(connection, "b") == []
        assert len(await claimed(connection, "b", SOON)) == 1
        await release_all(connection, "b")
        assert len(await claimed(connection, "a")) == 1


async def test_where_one_process_has_the_ledger_its_start_frees_everything(ledger: Ledger) -> None:
    """On SQLite the claims of a dead process and its pauses end at once; elsewhere they run out."""
    resting = replace(ASKED, event_id="rests", ref=replace(REF, key="rests"))
    async with ledger.writing() as connection:
        for event in (ASKED, resting):
            await received(connection, event, NOON)
        await claimed(connection, "dead")
        await release(connection, resting, "dead", SOON)
        await release_former(connection, "new")
        free = await claimed(connection, "new")
    assert len(free) == (2 if ledger.url.get_backend_name() == "sqlite" else 0)


async def test_processes_that_claim_at_once_share_the_events(ledger: Ledger) -> None:
    """However many take on events at the same time, each event is one's."""
    events = [replace(ASKED, event_id=f"e{n}", ref=replace(REF, key=f"k{n}")) for n in range(40)]
    async with ledger.writing() as connection:
        for event in events:
            await received(connection, event, NOON)

    async def work(owner: str) -> list[Claimed]:
        own = Ledger(ledger.url.render_as_string(hide_password=False))
        mine: list[Claimed] = []
        while True:
            async with own.writing() as connection:
                some = await claim(connection, owner, ["room"], NOON, SOON, 3)
            if not some:
                await own.close()
                return mine
            mine += some

    shares = await asyncio.gather(work("a"), work("b"), work("c"))
    taken = [one.event.event_id for share in shares for one in share]
    assert sorted(taken) == sorted(event.event_id for event in events)


async def test_what_the_asker_is_about_to_be_told_is_known_later(ledger: Ledger) -> None:
    """An apology that was cut short is seen by whoever takes the event on next."""
    async with ledger.writing() as connection:
        await received(connection, ASKED, NOON)
        await note_failure(connection, ASKED, "Sorry.")
        (one,) = await claimed(connection, "a")
    assert one.failure == "Sorry."


# -- edits that overtake ---------------------------------------------------------------------------


async def test_the_newest_edit_is_the_last_by_the_platforms_time(ledger: Ledger) -> None:
    """In whatever order edits arrive, the last one that was written counts."""
    early = Edited(event_id="e1", ref=REF, text="early", at=NOON)
    late = Edited(event_id="e2", ref=REF, text="late", at=SOON)
    async with ledger.writing() as connection:
        assert await newest_edit(connection, REF) is None
        await received(connection, late, NOON)
        await received(connection, early, NOON)
        assert await newest_edit(connection, REF) == late
        await rewrite(connection, REF, "late")
        assert await newest_edit(connection, REF, replace(late, text="x", event_id="e0")) == late
