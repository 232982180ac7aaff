"""SQLite's connections and cursors, made so that a statement goes to its thread and back only once.

The driver crosses to the connection's thread for the cursor, the statement, its rows and its end.
Where other threads are at work each crossing waits for the interpreter's lock, so that four of them
make up most of what a short transaction takes.
"""

import sqlite3
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import aiosqlite
from sqlalchemy import URL


class Cursor:
    """The part of the driver's cursor that SQLAlchemy uses; the rows come with the statement."""

    def __init__(self, connection: "Connection") -> None:
        """Take where statements are carried out."""
        self._connection = connection
        self._rows: list[Any] = []
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self.arraysize = 1

    async def __aenter__(self) -> "Cursor":
        """Return itself: there is nothing to open."""
        return self

    async def execute(self, statement: str, parameters: Any = ()) -> "Cursor":
        """Carry out one statement and keep its rows."""
        await self._connection.carry_out(
            self._take, sqlite3.Connection.execute, statement, parameters
        )
        return self

    async def executemany(self, statement: str, parameters: Sequence[Any]) -> "Cursor":
        """Carry out one statement for each of the rows of parameters."""
        await self._connection.carry_out(
            self._take, sqlite3.Connection.executemany, statement, parameters
        )
        return self

    async def fetchall(self) -> list[Any]:
        """Return the rows that came with the statement."""
        rows, self._rows = self._rows, []
        return rows

    async def close(self) -> None:
        """There is nothing to close: the statement ended when its rows were there."""

    def _take(
        self, raw: sqlite3.Connection, run: Callable[..., sqlite3.Cursor], *statement: Any
    ) -> None:
        """Run in the connection's thread."""
        cursor = run(raw, *statement)
        self.description = cursor.description
        self._rows = cursor.fetchall() if cursor.description else []
        self.rowcount, self.lastrowid = cursor.rowcount, cursor.lastrowid
        cursor.close()


class Connection(aiosqlite.Connection):
    """The driver's connection with such cursors."""

    def cursor(self) -> Cursor:  # type: ignore[override]  # SQLAlchemy needs no more of a cursor
        """Return a cursor, which costs nothing yet."""
        return Cursor(self)

    async def carry_out(self, function: Callable[..., None], *arguments: Any) -> None:
        """Call the function with SQLite's own connection and the arguments, in its thread."""
        await self._execute(function, self._conn, *arguments)  # type: ignore[no-untyped-call]


def opener(url: URL) -> Callable[[], Any]:
    """Return what makes such connections to the address; each opens when it is awaited."""
    given = url.get_dialect()().create_connect_args(url)
    arguments: Any = given[0]
    options: Any = given[1]

    def opened() -> Connection:
        connection = Connection(partial(sqlite3.connect, *arguments, **options), iter_chunk_size=64)
        # As SQLAlchemy does: a connection that nobody closed must not keep the process from ending.
        connection._thread.daemon = True
        return connection

    return opened
