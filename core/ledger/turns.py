"""Turns: the right to do a named thing alone, among tasks and among processes."""

import asyncio
import hashlib
import logging
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

log = logging.getLogger(__name__)
PATIENCE = 5.0  # seconds of waiting until it is said


def lock_number(what: str) -> int:
    """Return the number of a name's advisory lock in PostgreSQL: 64 bits, the same everywhere."""
    digest = hashlib.sha256(f"tavernkeep {what}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


class Turns:
    """Gives each name to one task at a time.

    Among processes it is a session's advisory lock, which ends with its connection, however the
    process ends. A pooler that shares sessions between transactions therefore cannot stand between.
    """

    def __init__(self, sessions: AsyncEngine | None, patience: float = PATIENCE) -> None:
        """Take where a session of its own comes from; None where one process has the ledger.

        Waiting for longer than `patience` seconds is logged.
        """
        self._sessions = sessions
        self._patience = patience
        self._locks: dict[str, asyncio.Lock] = {}

    async def take(self, what: str, held: AsyncExitStack) -> None:
        """Wait for the turn; it ends with `held`. Long waiting is logged once."""
        with _said_after(self._patience, what):
            await held.enter_async_context(self._locks.setdefault(what, asyncio.Lock()))
            if self._sessions is not None:
                connection = await held.enter_async_context(self._sessions.connect())
                await connection.execution_options(isolation_level="AUTOCOMMIT")
                await connection.execute(select(func.pg_advisory_lock(lock_number(what))))


@contextmanager
def _said_after(seconds: float, what: str) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    said = loop.call_later(seconds, log.info, "Still waiting for the turn to do this: %s.", what)
    try:
        yield
    finally:
        said.cancel()
