"""Opening the ledger, and the two ways in: many readers, one writer at a time."""

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, TypeAlias

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, event, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from core.errors import LedgerError

log = logging.getLogger(__name__)
Transaction: TypeAlias = AsyncConnection  # what callers above the ledger pass on
MIGRATIONS = Path(__file__).parent / "migrations"
# Two connections that write or checkpoint at once can corrupt a WAL before this release.
SQLITE_WITH_SAFE_WAL = (3, 51, 3)


class Ledger:
    """The database behind two doors.

    `reading()` gives a connection that sees everything committed before it; `writing()` gives the
    one writer, in a transaction that is durable when the block ends without an error.
    """

    def __init__(self, url: str) -> None:
        """Take an SQLAlchemy address with an async driver; raise `LedgerError` for any other.

        Nothing is opened yet.
        """
        self._lock = asyncio.Lock()
        try:
            self.url = make_url(url)
            self._readers = self._engine(writer=False)
            self._writer = self._engine(writer=True)
        except (SQLAlchemyError, ImportError) as error:
            raise LedgerError(
                f"The setting ledger.url is no address of a database: {error}"
            ) from error

    async def open(self) -> None:
        """Bring the schema up to date; raise `LedgerError` where the database cannot be used."""
        try:
            if self.url.get_backend_name() == "sqlite" and self.url.database:
                Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
                if sqlite3.sqlite_version_info < SQLITE_WITH_SAFE_WAL:
                    log.info(
                        "SQLite %s: one connection writes and checkpoints.", sqlite3.sqlite_version
                    )
            async with self._writer.connect() as connection:
                await connection.run_sync(migrate)
                await connection.commit()
        except (SQLAlchemyError, sqlite3.Error, CommandError, OSError) as error:
            shown = self.url.render_as_string(hide_password=True)
            raise LedgerError(f"The ledger {shown} cannot be opened: {error}") from error

    async def close(self) -> None:
        """Close every connection."""
        await self._readers.dispose()
        await self._writer.dispose()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """Yield a connection for queries; raise `LedgerError` where the database does not answer."""
        with _translated("read"):
            async with self._readers.connect() as connection:
                yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """Yield the writer in a transaction, committed at the end and rolled back on an error.

        Raises `LedgerError` where the database cannot be written, on a full disk for instance.
        """
        with _translated("written"):
            async with self._lock, self._writer.begin() as connection:
                yield connection

    async def wipe(self) -> None:
        """Leave nothing in SQLite's files of what was deleted; other databases do it by themselves.

        It waits for the writer, and writers wait for it. Raises `LedgerError` where a reader stands
        in the way for long, or the disk is full: then it is to be done again.
        """
        if self.url.get_backend_name() != "sqlite":
            return
        async with self._lock, self._writer.connect() as connection:
            raw: Any = (await connection.get_raw_connection()).driver_connection
            try:
                await raw.execute("VACUUM")  # it is refused inside a transaction
                async with raw.execute("PRAGMA wal_checkpoint(TRUNCATE)") as cursor:
                    busy, *_ = await cursor.fetchone()
            except sqlite3.Error as error:
                raise LedgerError(f"The ledger's file cannot be wiped: {error}") from error
            if busy:
                raise LedgerError("The ledger's log cannot be wiped: somebody reads for long.")

    def _engine(self, *, writer: bool) -> AsyncEngine:
        if self.url.get_backend_name() != "sqlite":
            return create_async_engine(self.url, pool_size=1 if writer else 5, pool_pre_ping=True)
        size = 1 if writer else 4
        engine = create_async_engine(self.url, pool_size=size, max_overflow=0 if writer else 4)
        event.listen(engine.sync_engine, "connect", _prepare_writer if writer else _prepare_reader)
        event.listen(engine.sync_engine, "begin", _begin_writing if writer else _begin_reading)
        return engine


def migrate(connection: Connection) -> None:
    """Run the migrations that this database has not had yet, in the caller's transaction."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _prepare(connection: Any, *pragmas: str) -> None:
    connection.isolation_level = None  # SQLAlchemy's `begin` event says when a transaction starts
    cursor = connection.cursor()
    for pragma in ("foreign_keys=ON", "busy_timeout=5000", "secure_delete=ON", *pragmas):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _prepare_writer(connection: Any, _: object) -> None:
    _prepare(connection, "journal_mode=WAL", "synchronous=FULL")


def _prepare_reader(connection: Any, _: object) -> None:
    _prepare(connection, "query_only=ON", "wal_autocheckpoint=0")


def _begin_writing(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin_reading(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


@contextmanager
def _translated(done: str) -> Iterator[None]:
    """Turn the database's errors into one of ours, with a sentence for people."""
    try:
        yield
    except SQLAlchemyError as error:
        cause = getattr(error, "orig", None) or error
        raise LedgerError(f"The ledger cannot be {done}: {cause}.") from error
