"""The fence: work under a lease writes only while nobody else has taken that lease."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from core.errors import LeaseLostError
from core.ledger.machinery import leases


@dataclass(frozen=True, slots=True, kw_only=True)
class Fence:
    """What a block of work writes under: a lease of one ledger, and the number that it had."""

    ledger: object
    lease: str
    number: int


_fences: ContextVar[tuple[Fence, ...]] = ContextVar("fences", default=())


@contextmanager
def fenced(fence: Fence) -> Iterator[None]:
    """Hold every transaction of this task, and of the tasks that it starts inside, to the fence."""
    token = _fences.set((*_fences.get(), fence))
    try:
        yield
    finally:
        _fences.reset(token)


async def check_fences(connection: AsyncConnection, ledger: object) -> None:
    """Raise `LeaseLostError` where a lease that this task works under has another number by now.

    The lease's row stays as it was seen until the transaction ends.
    """
    for fence in _fences.get():
        if fence.ledger is not ledger:
            continue
        held = select(leases.c.fence).where(leases.c.name == fence.lease)
        found = await connection.execute(held.with_for_update(read=True))
        if found.scalar_one_or_none() != fence.number:
            raise LeaseLostError(
                f"Another process took the lease {fence.lease}, so this one stops its work."
            )
