"""The queue of index operations, and what each alias of the index should hold.

An operation only says "look at this item again": whether the item is to be written or removed
follows from the ledger when the operation is carried out, so operations may be repeated, merged
and carried out late.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, Select, delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from core.answers import Standing
from core.ledger.machinery import operations
from core.ledger.tables import answers, passages, questions
from core.ledger.writes import insert_all

PASSAGES = "passages"
ANSWERS = "answers"
ALIASES = (PASSAGES, ANSWERS)
PAGE = 2_000
REUSABLE = (Standing.TRIAL.value, Standing.VERIFIED.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One item of an alias that the index must look at again."""

    id: int
    alias: str
    item_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedItem:
    """What the index should hold of an item; `text` is what is embedded and searched."""

    id: str
    owner: str
    audience_id: int
    text: str
    hash: str


async def queue(
    connection: AsyncConnection, alias: str, item_ids: Sequence[str], now: datetime
) -> None:
    """Queue items to be looked at."""
    rows = [{"alias": alias, "item_id": item_id, "queued_at": now} for item_id in item_ids]
    await insert_all(connection, operations, rows)


async def queued(connection: AsyncConnection, limit: int) -> list[Operation]:
    """Return the oldest queued operations."""
    rows = await connection.execute(select(operations).order_by(operations.c.id).limit(limit))
    return [Operation(id=row.id, alias=row.alias, item_id=row.item_id) for row in rows]


async def done(connection: AsyncConnection, carried_out: Sequence[Operation]) -> None:
    """Take operations off the queue after the index has them."""
    await connection.execute(
        delete(operations).where(operations.c.id.in_([one.id for one in carried_out]))
    )


async def count_queued(connection: AsyncConnection, alias: str) -> int:
    """Return how many operations are queued for an alias."""
    mine = select(func.count()).select_from(operations).where(operations.c.alias == alias)
    return int((await connection.execute(mine)).scalar_one())


async def count_wanted(connection: AsyncConnection, alias: str) -> int:
    """Return how many rows an alias should hold."""
    counted = await connection.execute(select(func.count()).select_from(_wanted(alias).subquery()))
    return int(counted.scalar_one())


async def wanted_ids(connection: AsyncConnection, alias: str) -> set[str]:
    """Return the ids that an alias should hold."""
    return set(await wanted_rows(connection, alias))


async def wanted_rows(connection: AsyncConnection, alias: str) -> dict[str, int]:
    """Return the ids that an alias should hold, each with its audience, read in pages.

    Both together say all of a row: its text and its owner are part of what its id is made of.
    """
    column = passages.c.id if alias == PASSAGES else questions.c.id
    statement = _wanted(alias).with_only_columns(
        column, _audience(alias), maintain_column_froms=True
    )
    wanted: dict[str, int] = {}
    last = ""
    while True:  # in pages, so that others have their turn between them
        page = statement.where(column > last).order_by(column).limit(PAGE)
        rows = (await connection.execute(page)).all()
        wanted.update((id_, number) for id_, number in rows)
        if len(rows) < PAGE:
            return wanted
        last = rows[-1][0]


async def wanted_items(
    connection: AsyncConnection, alias: str, ids: Sequence[str]
) -> list[WantedItem]:
    """Return what an alias should hold of the given ids; those that it should not hold are left out."""
    column = passages.c.id if alias == PASSAGES else questions.c.id
    rows = await connection.execute(_wanted(alias).where(column.in_(ids)))
    return [
        WantedItem(
            id=row.id,
            owner=row.owner,
            audience_id=row.audience_id,
            text=f"{row.breadcrumb}\n\n{row.text}" if alias == PASSAGES else row.text,
            hash=row.hash,
        )
        for row in rows
    ]


def _audience(alias: str) -> Column[int]:
    return passages.c.audience_id if alias == PASSAGES else answers.c.audience_id


def _wanted(alias: str) -> Select[tuple[object, ...]]:
    if alias == PASSAGES:
        return select(
            passages.c.id,
            passages.c.document_id.label("owner"),
            passages.c.audience_id,
            passages.c.breadcrumb,
            passages.c.text,
            passages.c.hash,
        )
    return (
        select(
            questions.c.id,
            questions.c.answer_id.label("owner"),
            answers.c.audience_id,
            questions.c.text,
            questions.c.hash,
        )
        .join(answers, answers.c.id == questions.c.answer_id)
        .where(answers.c.standing.in_(REUSABLE), questions.c.text != "")  # forgotten ones are empty
    )
