"""Opening the ledger, and the two ways in: many readers, one writer at a time."""

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import (
    AbstractContextManager,
    AsyncExitStack,
    asynccontextmanager,
    contextmanager,
    nullcontext,
)
from pathlib import Path
from typing import TypeAlias

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from core.errors import LedgerError
from core.ledger import engines
from core.ledger.fence import Fence, check_fences, fenced
from core.ledger.turns import Turns
from core.ledger.wiping import wipe_postgresql, wipe_sqlite

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
        self._queue = asyncio.Lock()  # in front of the other: who goes first does not stand in it
        try:
            self.url = engines.address(url)
            self._readers = engines.readers_of(self.url)
            self._writer = engines.writer_of(self.url)
            self._sessions = engines.sessions_of(self.url)
        except (SQLAlchemyError, ImportError) as error:
            raise LedgerError(
                f"The setting ledger.url is no address of a database: {error}"
            ) from error
        self._turns = Turns(self._sessions)

    async def open(self) -> None:
        """Bring the schema up to date; raise `LedgerError` where the database cannot be used."""
        try:
            if self.url.get_backend_name() == "sqlite" and self.url.database:
                Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
                if sqlite3.sqlite_version_info < SQLITE_WITH_SAFE_WAL:
                    log.info(
                        "SQLite %s: one connection writes and checkpoints.", sqlite3.sqlite_version
                    )
            async with (self._sessions or self._writer).connect() as connection:
                await connection.run_sync(self._bring_up_to_date)
                await connection.commit()
        except CommandError as error:
            raise LedgerError(
                f"The ledger {engines.shown(self.url)} cannot be opened: another version of "
                f"Tavernkeep has changed its tables, and there is no way back: {error}. Start that "
                "version, or restore a backup."
            ) from error
        except (SQLAlchemyError, sqlite3.Error, OSError) as error:
            raise LedgerError(
                f"The ledger {engines.shown(self.url)} cannot be opened: {_cause(error)}"
            ) from error

    def _bring_up_to_date(self, connection: Connection) -> None:
        if self._sessions is not None:
            engines.lock_out_writers(connection)  # processes that start at once migrate in turn
        migrate(connection)

    async def close(self) -> None:
        """Close every connection."""
        await self._readers.dispose()
        await self._writer.dispose()
        if self._sessions is not None:
            await self._sessions.dispose()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """Yield a connection for queries; raise `LedgerError` where the database does not answer."""
        with _translated("read"):
            async with self._readers.connect() as connection:
                yield connection

    @asynccontextmanager
    async def writing(self, *, first: bool = False) -> AsyncIterator[AsyncConnection]:
        """Yield the writer in a transaction, committed at the end and rolled back on an error.

        What somebody waits for goes `first`, before everything that has not begun yet but one.
        Raises `LedgerError` where the database cannot be written, on a full disk for instance, and
        `LeaseLostError` inside `fenced` where the lease is no longer ours.
        """
        with _translated("written"):
            place = nullcontext() if first else self._queue
            async with place, self._lock, self._writer.begin() as connection:
                await check_fences(connection, self)
                yield connection

    @asynccontextmanager
    async def alone(self, what: str) -> AsyncIterator[None]:
        """Hold the one right to do `what` among all processes that use this ledger.

        It is not to be taken again inside itself. Where the connection to PostgreSQL breaks, the
        right is lost unnoticed: work that must not be done twice is fenced as well.
        """
        async with AsyncExitStack() as held:
            with _translated("locked"):
                await self._turns.take(what, held)
            yield

    def fenced(self, name: str, fence: int) -> AbstractContextManager[None]:
        """Let this task, and those it starts inside, write only while the lease has this number.

        Every `writing()` inside looks first, in its own transaction, and raises `LeaseLostError`
        where another holder took the lease.
        """
        return fenced(Fence(ledger=self, lease=name, number=fence))

    async def wipe(self) -> None:
        """Leave nothing in the database's files of what was deleted.

        It waits for the writer, and writers wait for it; on PostgreSQL readers do too, a table at a
        time. Raises `LedgerError` where somebody reads for long, or the disk is full: then it is to
        be done again.
        """
        with _translated("wiped"):
            if self._sessions is None:
                async with self._lock, self._writer.connect() as connection:
                    await wipe_sqlite(connection)
            else:
                async with self._sessions.connect() as connection:
                    await connection.execution_options(isolation_level="AUTOCOMMIT")
                    await wipe_postgresql(connection)


def migrate(connection: Connection) -> None:
    """Run the migrations that this database has not had yet, in the caller's transaction."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


@contextmanager
def _translated(done: str) -> Iterator[None]:
    """Turn the database's errors into one of ours, with a sentence for people."""
    try:
        yield
    except SQLAlchemyError as error:
        raise LedgerError(f"The ledger cannot be {done}: {_cause(error)}.") from error


def _cause(error: BaseException) -> str:
    """Return what the driver said, without the details that may quote what people wrote."""
    cause = getattr(error, "orig", None) or error
    return str(cause.__cause__ or cause).partition("\n")[0].rstrip(".")
