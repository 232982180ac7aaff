"""People and conversations are known by what they are called now; audiences by one number each."""

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from core.audience import EVERYONE, Audience, holders_of, members_of
from core.ledger.ledger import Ledger
from core.ledger.people import (
    audience_number,
    conversation,
    readable_numbers,
    see_conversation,
    see_person,
)
from core.ledger.tables import audiences, people
from core.messages import Conversation
from tests.doubles import LOBBY, NOON, person


async def test_an_audience_is_numbered_once(ledger: Ledger) -> None:
    """The same readers have the same number, however often and in whatever order they are named."""
    one = Audience(frozenset({"role:a", "role:b"}))
    other = Audience(frozenset({"role:b", "role:a"}))
    async with ledger.writing() as connection:
        numbers = {await audience_number(connection, each) for each in (one, other, one)}
        assert len(numbers) == 1
        assert await audience_number(connection, EVERYONE) not in numbers
        count = await connection.execute(select(func.count()).select_from(audiences))
        assert count.scalar_one() == 2


async def test_readers_may_read_what_they_hold_every_membership_of(ledger: Ledger) -> None:
    """The numbers are those of everyone and of what is held; spaces in a role's name do no harm."""
    cook, den = holders_of("Head Cook"), members_of("room:den")
    async with ledger.writing() as connection:
        everyone = await audience_number(connection, EVERYONE)
        cooks = await audience_number(connection, cook)
        both = await audience_number(connection, Audience(cook.requires | den.requires))
        assert await readable_numbers(connection, frozenset()) == [everyone]
        assert await readable_numbers(connection, cook.requires) == [everyone, cooks]
        held = cook.requires | den.requires
        assert await readable_numbers(connection, held) == [everyone, cooks, both]


async def test_a_person_goes_by_the_newest_name(ledger: Ledger) -> None:
    """Somebody who is seen again under another name is the same person."""
    async with ledger.writing() as connection:
        await see_person(connection, person(), NOON)
        await see_person(connection, replace(person(), name="Annie"), NOON)
        assert list((await connection.execute(select(people.c.name))).scalars()) == ["Annie"]


async def test_a_conversation_is_known_once_it_was_seen(ledger: Ledger) -> None:
    """Seeing it again changes nothing of who may read; one that was never seen is unknown."""
    private = replace(LOBBY, name="den", public=False)
    async with ledger.writing() as connection:
        await see_conversation(connection, LOBBY)
        await see_conversation(connection, private)
        assert await conversation(connection, LOBBY.id) == LOBBY
        with pytest.raises(LookupError, match="no conversation"):
            await conversation(connection, Conversation(platform="room", key="x").id)


async def test_who_is_known_by_the_key_alone_stays_what_they_were(ledger: Ledger) -> None:
    """A platform that tells nothing just now takes neither a guest's mark nor an account's age."""
    seen = replace(person(), guest=True, since=NOON)
    unknown = replace(person(), name=person().key)
    async with ledger.writing() as connection:
        for one in (seen, unknown):
            await see_person(connection, one, NOON)
        row = (await connection.execute(select(people.c.guest, people.c.since))).one()
        assert (row.guest, row.since) == (True, NOON)
        await see_person(connection, replace(seen, guest=False), NOON)
        assert (await connection.execute(select(people.c.guest))).scalar_one() is False
