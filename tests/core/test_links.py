"""Linking as a use case: a code in one hand joins two accounts, and nothing else does."""

import asyncio
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from core.errors import TavernkeepError
from core.ledger.ledger import Ledger
from core.ledger.linkage import link_codes, link_tries
from core.ledger.machinery import audit
from core.links import (
    ALREADY,
    ENOUGH_TRIES,
    MOST_ACCOUNTS,
    MOST_TRIES,
    NO_BOTS,
    NO_CODE,
    NOT_OF_ONE_RANK,
    OWN_CODE,
    TOO_MANY,
    Linking,
    new_code,
)
from core.messages import Person
from tests.doubles import Clock

ANA = Person(platform="slack", key="U1", name="Ana")
HER = Person(platform="discord", key="1", name="ana_")
HERE = Person(platform="room", key="ana", name="Ana")
MALLORY = Person(platform="slack", key="U9", name="Mallory")
ROBOT = Person(platform="discord", key="2", name="Robot", bot=True)
WRONG = "0000-0000-0000"


@pytest.fixture
def linking(ledger: Ledger, clock: Clock) -> Linking:
    """Return the use case, which gives foreseeable codes."""
    codes: Iterator[str] = (f"K7QM-2XVD-{number:04}" for number in range(1, 100))
    return Linking(ledger, ("slack:U7", "discord:7"), clock, lambda: next(codes))


async def link(linking: Linking, one: Person, other: Person) -> None:
    """Let the one ask for a code, and the other write it."""
    assert await linking.redeem(other, await linking.offer(one)) == one


async def refused(linking: Linking, person: Person, code: str) -> str:
    """Return the sentence that somebody gets who writes a code."""
    with pytest.raises(TavernkeepError) as caught:
        await linking.redeem(person, code)
    return str(caught.value)


def test_codes_cannot_be_foreseen_and_can_be_read_out() -> None:
    """Twelve signs of thirty-two, none of which looks like another."""
    codes = {new_code() for _ in range(200)}
    assert len(codes) == 200
    assert all(len(one) == 14 and one.count("-") == 2 for one in codes)
    assert not set("".join(codes)) & set("ILOU")


async def test_a_code_links_both_ways(linking: Linking) -> None:
    """However it is spelt; each account then knows the other one, and the log says who did it."""
    code = await linking.offer(ANA)
    assert await linking.redeem(HER, f" {code.lower().replace('-', ' ').replace('0', 'o')} ") == ANA
    assert await linking.accounts(ANA) == [HER]
    assert await linking.accounts(HER) == [ANA]
    async with linking.ledger.reading() as connection:
        noted = await connection.execute(select(audit.c.by, audit.c.action, audit.c.subject))
        assert {tuple(row) for row in noted} == {
            ("slack:U1", "link", "accounts"),
            ("discord:1", "link", "accounts"),
        }


async def test_only_a_digest_of_the_code_is_stored(linking: Linking) -> None:
    """Who reads the ledger cannot redeem what stands there."""
    code = await linking.offer(ANA)
    async with linking.ledger.reading() as connection:
        (row,) = (await connection.execute(select(link_codes))).all()
    assert code.replace("-", "") not in str(row)


async def test_a_code_is_used_once(linking: Linking) -> None:
    """Somebody else comes too late; the same request again, after a crash, is told the same."""
    code = await linking.offer(ANA)
    for _ in range(2):
        assert await linking.redeem(HER, code) == ANA
    assert await refused(linking, MALLORY, code) == NO_CODE
    assert await linking.accounts(MALLORY) == []


async def test_of_two_at_once_one_is_linked(linking: Linking) -> None:
    """A code in two hands joins the account of whoever is first, and no other."""
    code = await linking.offer(ANA)
    ends = await asyncio.gather(
        linking.redeem(HER, code), linking.redeem(MALLORY, code), return_exceptions=True
    )
    assert sorted(type(end).__name__ for end in ends) == ["Person", "TavernkeepError"]
    assert len(await linking.accounts(ANA)) == 1


async def test_a_code_holds_for_ten_minutes(linking: Linking, clock: Clock) -> None:
    """And the next one voids it at once."""
    first = await linking.offer(ANA)
    second = await linking.offer(ANA)
    assert await refused(linking, HER, first) == NO_CODE
    clock.advance(minutes=10)
    assert await refused(linking, HER, second) == NO_CODE


async def test_guessing_is_stopped(linking: Linking, clock: Clock) -> None:
    """After a few wrong codes even the right one is refused for a while; others are not held up."""
    code = await linking.offer(ANA)
    for _ in range(MOST_TRIES):
        assert await refused(linking, MALLORY, WRONG) == NO_CODE
    assert await refused(linking, MALLORY, code) == ENOUGH_TRIES
    assert await linking.redeem(HER, code) == ANA
    clock.advance(minutes=15)
    assert await refused(linking, MALLORY, WRONG) == NO_CODE
    async with linking.ledger.reading() as connection:
        assert len((await connection.execute(select(link_tries))).all()) == 1


async def test_linking_twice_changes_nothing(linking: Linking) -> None:
    """Nor does closing a circle of three, or one's own code."""
    await link(linking, ANA, HER)
    await link(linking, HER, HERE)
    assert await refused(linking, ANA, await linking.offer(HER)) == ALREADY
    assert await refused(linking, HERE, await linking.offer(ANA)) == ALREADY
    assert await refused(linking, ANA, await linking.offer(ANA)) == OWN_CODE
    assert {one.id for one in await linking.accounts(HERE)} == {ANA.id, HER.id}


async def test_two_groups_become_one(linking: Linking) -> None:
    """Whichever of the accounts the code is from."""
    fourth = Person(platform="terminal", key="ana", name="ana")
    await link(linking, ANA, HER)
    await link(linking, HERE, fourth)
    await link(linking, fourth, HER)
    assert len(await linking.accounts(ANA)) == 3


async def test_nobody_gathers_accounts_without_end(linking: Linking) -> None:
    """A person has a handful of them."""
    for number in range(1, MOST_ACCOUNTS):
        await link(linking, ANA, Person(platform="room", key=f"n{number}", name=""))
    assert await refused(linking, HER, await linking.offer(ANA)) == TOO_MANY


async def test_bots_have_no_other_account(linking: Linking) -> None:
    """They neither get codes nor use them."""
    assert await refused(linking, ROBOT, await linking.offer(ANA)) == NO_BOTS
    with pytest.raises(TavernkeepError, match="Only people"):
        await linking.offer(ROBOT)


async def test_nobody_becomes_a_curator_by_a_code(linking: Linking) -> None:
    """Nor takes a curator's word away: such accounts are joined only where all of them are named."""
    curator = Person(platform="slack", key="U7", name="Cleo")
    there = Person(platform="discord", key="7", name="cleo")
    assert await refused(linking, MALLORY, await linking.offer(curator)) == NOT_OF_ONE_RANK
    assert await refused(linking, curator, await linking.offer(MALLORY)) == NOT_OF_ONE_RANK
    await link(linking, curator, there)
    assert await linking.accounts(curator) == [there]


async def test_parting_is_for_good_until_a_new_code(linking: Linking) -> None:
    """The code by which they were linked is void; parting again says that nothing changes."""
    code = await linking.offer(ANA)
    await linking.redeem(HER, code)
    assert [await linking.part(ANA), await linking.part(HER)] == [True, False]
    assert await refused(linking, HER, code) == NO_CODE
    await link(linking, ANA, HER)
    assert await linking.accounts(ANA) == [HER]


@pytest.mark.parametrize(
    ("text", "shaped"),
    [
        (WRONG, True),
        ("k7qm 2xvd oooi", True),
        ("help", False),
        ("K7QM-2XVD-000!", False),
        ("", False),
    ],
)
def test_the_shape_of_a_code_is_known(linking: Linking, text: str, shaped: bool) -> None:
    """What is no code at all is not counted as a wrong one."""
    assert linking.is_code(text) is shaped
