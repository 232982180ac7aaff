"""Wiping: what was deleted leaves the database's files."""

import asyncio
import logging
import sqlite3
import time
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from core.errors import LedgerError

log = logging.getLogger(__name__)
PATIENCE = 30.0  # seconds for transactions that still see what was deleted
# A reader of many hours must not make everybody else wait behind the wiping of a table.
WAIT_FOR_A_TABLE = text("SET lock_timeout = '10s'")
TABLES = text(
    "SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_tables "
    "WHERE schemaname = current_schema() ORDER BY pg_table_size(format('%I', tablename)::regclass)"
)
OLDER = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
    "AND pid <> pg_backend_pid() AND xact_start < :since"
)


async def wipe_sqlite(connection: AsyncConnection) -> None:
    """Write the file anew and empty its log; raise `LedgerError` where a reader stands in the way."""
    raw: Any = (await connection.get_raw_connection()).driver_connection
    try:
        await raw.execute("VACUUM")  # it is refused inside a transaction
        async with raw.execute("PRAGMA wal_checkpoint(TRUNCATE)") as cursor:
            busy, *_ = await cursor.fetchone()
    except sqlite3.Error as error:
        raise LedgerError(f"The ledger's file cannot be wiped: {error}") from error
    if busy:
        raise LedgerError("The ledger's log cannot be wiped: somebody reads for long.")


async def wipe_postgresql(connection: AsyncConnection, patience: float = PATIENCE) -> None:
    """Write every table anew, one at a time, and what PostgreSQL noted of frequent values.

    A plain VACUUM leaves deleted text in the pages until something else is written over it. Takes a
    connection without a transaction; whoever uses a table waits while that one is written. Raises
    `LedgerError` where a transaction goes on for `patience` seconds that still sees what was deleted.
    """
    await _outlast_readers(connection, patience)
    await connection.execute(WAIT_FOR_A_TABLE)
    for table in (await connection.execute(TABLES)).scalars().all():
        await connection.execute(text(f"VACUUM (FULL, ANALYZE) {table}"))
    await connection.execute(text("VACUUM (FULL) pg_catalog.pg_statistic"))


async def _outlast_readers(connection: AsyncConnection, patience: float) -> None:
    since = (await connection.execute(text("SELECT now()"))).scalar_one()
    deadline = time.monotonic() + patience
    while (await connection.execute(OLDER, {"since": since})).scalar_one():
        if time.monotonic() > deadline:
            raise LedgerError("The ledger cannot be wiped: somebody reads for long.")
        await asyncio.sleep(0.1)
