"""Intake: events into the inbox, those that come together in one transaction."""

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from contextvars import Context
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from core.errors import LedgerError
from core.interfaces import Event
from core.ledger.envelopes import grave_of, platform_of, row_of, storable
from core.ledger.inbox import BRINGING
from core.ledger.ledger import Ledger
from core.ledger.tables import inbox
from core.ledger.tombstones import of_the_forgotten, predates
from core.ledger.writes import portions

log = logging.getLogger(__name__)
LEASE = timedelta(seconds=30)  # how long a claim holds unless it is renewed
GROUP = 256  # events of one transaction
NOT_STORED = "The event could not be stored."


@dataclass(frozen=True, slots=True)
class _Waiting:
    """An event, and who waits for its commit."""

    event: Event
    fresh: asyncio.Future[bool]

    @property
    def identity(self) -> tuple[str, str]:
        return platform_of(self.event), self.event.event_id

    def told(self, result: bool | LedgerError) -> None:
        """Tell who waits, unless nobody does any more."""
        if self.fresh.done():
            return
        if isinstance(result, LedgerError):
            self.fresh.set_exception(result)
        else:
            self.fresh.set_result(result)


class Intake:
    """Stores events durably, each claimed by this process, which is about to see it through.

    While one group is being committed the next one gathers, so that many events share the wait for
    the disk.
    """

    def __init__(
        self,
        *,
        ledger: Ledger,
        owner: str,
        now: Callable[[], datetime],
        lease: timedelta = LEASE,
    ) -> None:
        """Take whose claims the events become, and for how long they hold unless renewed."""
        self._ledger = ledger
        self._owner = owner
        self._now = now
        self._lease = lease
        self._waiting: list[_Waiting] = []
        self._committing: asyncio.Task[None] | None = None

    async def take(self, event: Event) -> bool:
        """Store an event and return once it is durable: False where it is a repetition.

        Raises `LedgerError` where it is not stored: then the platform must not be told otherwise.
        """
        loop = asyncio.get_running_loop()
        one = _Waiting(storable(event), loop.create_future())
        self._waiting.append(one)
        if self._committing is None or self._committing.done():
            # In a context of its own: whoever came first may work under a lease, the others do not.
            self._committing = loop.create_task(self._commit_all(), context=Context())
        return await one.fresh

    async def _commit_all(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting[:GROUP], self._waiting[GROUP:]
            try:
                await self._commit(group)
            finally:  # whatever happened: nobody waits for ever
                for one in group:
                    one.told(LedgerError(NOT_STORED))

    async def _commit(self, group: Sequence[_Waiting]) -> None:
        try:
            fresh = await self._stored(group)
        except LedgerError as error:
            if len(group) > 1 and _by_its_content(error):
                log.warning("A group of %d events is stored one by one: %s", len(group), error)
                for one in group:
                    await self._commit([one])
                return
            for one in group:
                one.told(error)
            return
        for one in group:
            one.told(one.identity in fresh)
            fresh.discard(one.identity)  # of two that came together the second is the repetition

    async def _stored(self, group: Sequence[_Waiting]) -> set[tuple[str, str]]:
        """Store what is new, and return the identities of that."""
        async with self._ledger.writing(first=True) as connection:
            now = self._now()
            return await store(
                connection,
                [one.event for one in group],
                owner=self._owner,
                now=now,
                until=now + self._lease,
            )


async def store(
    connection: AsyncConnection,
    events: Sequence[Event],
    *,
    owner: str,
    now: datetime,
    until: datetime,
) -> set[tuple[str, str]]:
    """Put events, made `storable` before, into the inbox, claimed by an owner until that time.

    Returns the identities, platform and event id, of those that are new. Of a message that was
    taken away before it came the text is not stored; of what a forgotten person did before they
    were forgotten, nothing is.
    """
    buried = await _buried(connection, events)
    tombstones = await of_the_forgotten(connection, events)
    claim = {"claimed_by": owner, "claimed_until": until, "attempts": 1}
    rows = [
        row_of(_without_text(one, buried), now) | claim
        for one in events
        if not predates(one, tombstones)
    ]
    return await _inserted(connection, rows) if rows else set()


def _by_its_content(error: LedgerError) -> bool:
    """Say whether the database refused what it was given, rather than being away."""
    cause = error.__cause__
    return isinstance(cause, DBAPIError) and not cause.connection_invalidated


async def _buried(connection: AsyncConnection, events: Sequence[Event]) -> set[str]:
    """Return the graves of those messages that were taken away before they came."""
    graves = [grave_of(one.ref) for one in events if isinstance(one, BRINGING)]
    found: set[str] = set()
    for portion in portions(graves):
        rows = await connection.execute(
            select(inbox.c.event_id).where(inbox.c.event_id.in_(portion))
        )
        found |= set(rows.scalars())
    return found


def _without_text(event: Event, buried: Collection[str]) -> Event:
    if isinstance(event, BRINGING) and grave_of(event.ref) in buried:
        return replace(event, text="")
    return event


async def _inserted(
    connection: AsyncConnection, rows: Sequence[dict[str, Any]]
) -> set[tuple[str, str]]:
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = (
        dialect.insert(inbox).on_conflict_do_nothing().returning(inbox.c.platform, inbox.c.event_id)
    )
    made = await connection.execute(statement, list(rows))
    return {(row.platform, row.event_id) for row in made}
