"""What the language model cost, in tokens, day by day."""

from datetime import date

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from core.ledger.ledger import Ledger
from core.ledger.machinery import spending


class Purse:
    """The tokens that all processes on one ledger have spent."""

    def __init__(self, ledger: Ledger) -> None:
        """Take where it is kept."""
        self._ledger = ledger

    async def spent(self, day: date) -> int:
        """Return the tokens spent on a day in UTC."""
        async with self._ledger.reading() as connection:
            return await tokens_of(connection, day)

    async def spend(self, day: date, tokens: int) -> int:
        """Add tokens to a day and return its new sum."""
        async with self._ledger.writing() as connection:
            dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
            added = dialect.insert(spending).values(day=day, tokens=tokens)
            grown = added.on_conflict_do_update(
                index_elements=["day"],
                set_={"tokens": spending.c.tokens + added.excluded.tokens},
            )
            await connection.execute(grown)
            return await tokens_of(connection, day)


async def tokens_of(connection: AsyncConnection, day: date) -> int:
    """Return the tokens spent on a day."""
    found = await connection.execute(select(spending.c.tokens).where(spending.c.day == day))
    return int(found.scalar() or 0)
