"""Linked accounts: which are one person's, the codes that link them, and wrong codes."""

import hmac
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.ledger.epochs import outdate
from core.ledger.linkage import link_codes, link_tries, links
from core.ledger.tables import people
from core.ledger.writes import insert_once, portions, put
from core.messages import Person

DIGEST_TAKEN = 32  # signs of a code's digest that make up the name of a rater


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A code that was given out: to whom, its digest, and who has used it already."""

    person: Person
    digest: str
    redeemed_by: str | None


# -- codes -----------------------------------------------------------------------------------------


async def save_code(
    connection: AsyncConnection, person: Person, digest: str, expires_at: datetime
) -> None:
    """Store the one code of a person; the one before it is void."""
    row = {
        "person_id": person.id,
        "hash": digest,
        "expires_at": expires_at,
        "redeemed_by": None,
    }
    await put(connection, link_codes, row, key=["person_id"])


async def code_of(connection: AsyncConnection, digest: str, now: datetime) -> Code | None:
    """Return the code of a digest that has not expired, or None.

    Every code is compared, each in constant time: how long it takes tells nothing of any.
    """
    rows = await connection.execute(
        select(link_codes, people.c.platform, people.c.key, people.c.name)
        .join(people, people.c.id == link_codes.c.person_id)
        .where(link_codes.c.expires_at > now)
    )
    same = [row for row in rows.all() if hmac.compare_digest(row.hash, digest)]
    for row in same:
        person = Person(platform=row.platform, key=row.key, name=row.name)
        return Code(person=person, digest=digest, redeemed_by=row.redeemed_by)
    return None


async def redeem(connection: AsyncConnection, code: Code, person: Person) -> None:
    """Note who used a code: nobody else can from now on."""
    await connection.execute(
        update(link_codes)
        .where(link_codes.c.person_id == code.person.id)
        .values(redeemed_by=person.id)
    )


async def expire(connection: AsyncConnection, now: datetime, tried_before: datetime) -> None:
    """Remove codes whose time is over, and wrong codes from before a time."""
    await connection.execute(delete(link_codes).where(link_codes.c.expires_at <= now))
    await connection.execute(delete(link_tries).where(link_tries.c.at <= tried_before))


async def note_try(connection: AsyncConnection, person: Person, now: datetime) -> None:
    """Note that somebody wrote a wrong code."""
    await connection.execute(link_tries.insert().values(person_id=person.id, at=now))


async def count_tries(connection: AsyncConnection, person: Person, since: datetime) -> int:
    """Return how many wrong codes somebody has written since a time."""
    found = await connection.execute(
        select(func.count())
        .select_from(link_tries)
        .where(link_tries.c.person_id == person.id, link_tries.c.at > since)
    )
    return int(found.scalar_one())


# -- links -----------------------------------------------------------------------------------------


async def accounts_of(connection: AsyncConnection, person: Person) -> list[Person]:
    """Return all accounts of a person, this one among them, in the order in which they came."""
    rater = select(links.c.rater).where(links.c.person_id == person.id).scalar_subquery()
    rows = await connection.execute(
        select(people)
        .join(links, links.c.person_id == people.c.id)
        .where(links.c.rater == rater)
        .order_by(links.c.at, people.c.id)
    )
    found = [Person(platform=row.platform, key=row.key, name=row.name) for row in rows]
    return found or [person]


async def accounts_by_rater(
    connection: AsyncConnection, raters: Collection[str]
) -> dict[str, frozenset[str]]:
    """Return the ids of all accounts of each of these raters."""
    grouped: dict[str, set[str]] = {}
    for portion in portions(sorted(raters)):
        rows = await connection.execute(select(links).where(links.c.rater.in_(portion)))
        for row in rows:
            grouped.setdefault(row.rater, set()).add(row.person_id)
    return {rater: frozenset(ids) for rater, ids in grouped.items()}


async def join(
    connection: AsyncConnection, accounts: Sequence[Person], code: Code, now: datetime
) -> None:
    """Make these accounts those of one rater; ratings are computed anew by the next `rerank`."""
    rater = code.digest[:DIGEST_TAKEN]
    for one in accounts:
        row = {"person_id": one.id, "rater": rater, "at": now}
        if not await insert_once(connection, links, row):
            moved = update(links).where(links.c.person_id == one.id)
            await connection.execute(moved.values(rater=rater))
    await outdate(connection)


async def part(connection: AsyncConnection, person_id: str, until: datetime | None = None) -> bool:
    """Take an account out of its links, with its codes; return False where it has no link.

    Where one account would be left, that has no link any more either. `until` spares newer links.
    """
    await connection.execute(
        delete(link_codes).where(
            or_(link_codes.c.person_id == person_id, link_codes.c.redeemed_by == person_id)
        )
    )
    theirs = links.c.person_id == person_id
    if until is not None:
        theirs = and_(theirs, links.c.at <= until)
    gone = await connection.execute(delete(links).where(theirs).returning(links.c.rater))
    rater = gone.scalar_one_or_none()
    if rater is None:
        return False
    left = await connection.execute(select(links.c.person_id).where(links.c.rater == rater))
    if len(left.all()) == 1:
        await connection.execute(delete(links).where(links.c.rater == rater))
    await outdate(connection)
    return True


async def forget_tries(connection: AsyncConnection, person_id: str) -> None:
    """Remove what is kept of somebody's wrong codes."""
    await connection.execute(delete(link_tries).where(link_tries.c.person_id == person_id))
