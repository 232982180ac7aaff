"""Statements that mind the database at hand: insertions over what is there, and long lists."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

Item = TypeVar("Item")
# SQLite takes 32,766 parameters in a statement; ten columns of a thousand rows stay below.
ROWS = 1000
VARIABLES = 500  # parameters of one IN list


def portions(items: Sequence[Item], size: int = VARIABLES) -> Iterator[Sequence[Item]]:
    """Yield items, ids for instance, in lists that are short enough for one IN."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


async def insert_once(connection: AsyncConnection, table: Table, row: Mapping[str, Any]) -> bool:
    """Insert a row, or return False where one with the same key exists."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    result = await connection.execute(dialect.insert(table).values(**row).on_conflict_do_nothing())
    return result.rowcount > 0


async def insert_all(
    connection: AsyncConnection, table: Table, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Insert rows, passing over those whose key exists."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table).on_conflict_do_nothing()
    for start in range(0, len(rows), ROWS):
        await connection.execute(statement, list(rows[start : start + ROWS]))


async def put(
    connection: AsyncConnection, table: Table, row: Mapping[str, Any], key: Sequence[str]
) -> None:
    """Insert a row, or overwrite the one that has the same values in the columns of `key`."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    rest = {name: value for name, value in row.items() if name not in key}
    statement = dialect.insert(table).values(**row)
    await connection.execute(statement.on_conflict_do_update(index_elements=list(key), set_=rest))
