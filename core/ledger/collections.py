"""Which Milvus collections there are behind each alias, and with which embedder they were made."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.ledger.machinery import collections
from core.ledger.writes import insert_once

BUILDING, LIVE, RETIRED = "building", "live", "retired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """A named set of embedded items; `state` is building, live or retired."""

    name: str
    alias: str
    fingerprint: str
    state: str
    made_at: datetime
    retired_at: datetime | None


async def collections_of(connection: AsyncConnection, alias: str | None = None) -> list[Collection]:
    """Return the collections of an alias, or of all, oldest first."""
    statement = select(collections).order_by(collections.c.made_at, collections.c.name)
    if alias is not None:
        statement = statement.where(collections.c.alias == alias)
    rows = await connection.execute(statement)
    return [
        Collection(
            name=row.name,
            alias=row.alias,
            fingerprint=row.fingerprint,
            state=row.state,
            made_at=row.made_at,
            retired_at=row.retired_at,
        )
        for row in rows
    ]


async def add_collection(
    connection: AsyncConnection,
    *,
    name: str,
    alias: str,
    fingerprint: str,
    state: str,
    now: datetime,
) -> None:
    """Note a collection before it is made."""
    row = {"name": name, "alias": alias, "fingerprint": fingerprint, "state": state, "made_at": now}
    await insert_once(connection, collections, row)


async def make_live(connection: AsyncConnection, name: str, alias: str, now: datetime) -> None:
    """Note that an alias names this collection from now on."""
    await connection.execute(
        update(collections)
        .where(collections.c.alias == alias, collections.c.state == LIVE)
        .values(state=RETIRED, retired_at=now)
    )
    await connection.execute(
        update(collections).where(collections.c.name == name).values(state=LIVE, retired_at=None)
    )


async def forget_collection(connection: AsyncConnection, name: str) -> None:
    """Note that a collection was dropped."""
    await connection.execute(delete(collections).where(collections.c.name == name))
