"""The engines: how connections to each database are made, for readers, for the writer, alone."""

from typing import Any

from sqlalchemy import (
    URL,
    Connection,
    Dialect,
    ExceptionContext,
    NullPool,
    event,
    func,
    make_url,
    select,
)
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from core.ledger.cursors import opener
from core.ledger.turns import lock_number

POSTGRESQL = "postgresql"
# A connection that a broken network swallowed is noticed within a minute and a half. What the
# server waits for is bounded, so that a process that stands still cannot hold up the others.
SESSION = {"application_name": "tavernkeep", "tcp_keepalives_idle": "60"}
WRITERS_SESSION = {
    **SESSION,
    "synchronous_commit": "on",  # whatever the server is set to: committed is durable
    "lock_timeout": "30s",
    "idle_in_transaction_session_timeout": "10s",
}
READERS_SESSION = {**SESSION, "default_transaction_read_only": "on"}
CONNECTING, ANSWERING = 10, 60  # seconds
WRITING = lock_number("writing")


def address(url: str) -> URL:
    """Return the address with the driver that we use where PostgreSQL is named without one."""
    made = make_url(url)
    if made.drivername in ("postgres", POSTGRESQL):
        return made.set(drivername=f"{POSTGRESQL}+asyncpg")
    return made


def on_postgresql(url: URL) -> bool:
    """Say whether several processes may share the database, being PostgreSQL."""
    return url.get_backend_name() == POSTGRESQL


def shown(url: URL) -> str:
    """Return where a database lies, for people: without its user, its password and its options."""
    if not on_postgresql(url):
        return str(url.database)
    host = url.host or url.query.get("host", "localhost")
    return f"{url.database} on {host}:{url.port or url.query.get('port', 5432)}"


def readers_of(url: URL) -> AsyncEngine:
    """Return what opens readers: each transaction sees one moment, and none can write."""
    if on_postgresql(url):
        return _postgresql(
            url,
            READERS_SESSION,
            ANSWERING,
            pool_size=5,
            isolation_level="REPEATABLE READ",
        )
    engine = _sqlite(url, pool_size=4, max_overflow=4)
    event.listen(engine.sync_engine, "connect", _prepare_reader)
    event.listen(engine.sync_engine, "begin", _begin_reading)
    return engine


def writer_of(url: URL) -> AsyncEngine:
    """Return what opens the writer: one transaction at a time, among processes too."""
    if on_postgresql(url):
        # Each statement sees what was committed before it; a snapshot of the whole transaction
        # would be older than the end of the wait for the lock.
        engine = _postgresql(
            url,
            WRITERS_SESSION,
            ANSWERING,
            pool_size=1,
            max_overflow=0,
            isolation_level="READ COMMITTED",
        )
        event.listen(engine.sync_engine, "begin", lock_out_writers)
        return engine
    engine = _sqlite(url, pool_size=1, max_overflow=0)
    event.listen(engine.sync_engine, "connect", _prepare_writer)
    event.listen(engine.sync_engine, "begin", _begin_writing)
    return engine


def sessions_of(url: URL) -> AsyncEngine | None:
    """Return what opens sessions on PostgreSQL that may wait and work for long, each anew."""
    if not on_postgresql(url):
        return None
    return _postgresql(url, SESSION, None, poolclass=NullPool, pool_pre_ping=False)


def lock_out_writers(connection: Connection) -> None:
    """Wait until no other transaction writes to this ledger, and keep it so until ours ends."""
    connection.execute(select(func.pg_advisory_xact_lock(WRITING)))


def _sqlite(url: URL, **options: Any) -> AsyncEngine:
    return create_async_engine(url, hide_parameters=True, async_creator=opener(url), **options)


def _postgresql(
    url: URL, session: dict[str, str], answering: float | None, **options: Any
) -> AsyncEngine:
    arguments = {
        "timeout": CONNECTING,
        "command_timeout": answering,
        "server_settings": session,
    }
    options = {"pool_pre_ping": True, "hide_parameters": True, "connect_args": arguments} | options
    engine = create_async_engine(url, **options)
    event.listen(engine.sync_engine, "do_connect", _connect)
    event.listen(engine.sync_engine, "handle_error", _say_lost)
    return engine


def _connect(dialect: Dialect, _: object, arguments: Any, options: Any) -> Any:
    """Connect; what the driver says where it cannot is made one of SQLAlchemy's errors."""
    driver: Any = dialect.loaded_dbapi
    try:
        return dialect.connect(*arguments, **options)
    except (OSError, driver.asyncpg.PostgresError, driver.asyncpg.InterfaceError) as error:
        raise OperationalError(None, None, error) from error


def _say_lost(held: ExceptionContext) -> OperationalError | None:
    """Say of a connection that broke, or does not answer in time, that it is to be made anew."""
    if not isinstance(held.original_exception, OSError):
        return None
    held.is_disconnect = True
    return OperationalError(None, None, held.original_exception)


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
