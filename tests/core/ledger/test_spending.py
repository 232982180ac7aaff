"""What a day cost is one sum for all processes, and survives them."""

import asyncio
from datetime import date

from core.ledger.ledger import Ledger
from core.ledger.spending import Purse

TODAY, TOMORROW = date(2026, 6, 1), date(2026, 6, 2)


async def test_days_are_summed_apart(ledger: Ledger) -> None:
    """A day that nothing was spent on costs nothing; each spending returns the day's new sum."""
    purse = Purse(ledger)
    assert await purse.spent(TODAY) == 0
    assert await purse.spend(TODAY, 100) == 100
    assert await purse.spend(TODAY, 50) == 150
    assert await purse.spend(TOMORROW, 7) == 7
    assert (await purse.spent(TODAY), await purse.spent(TOMORROW)) == (150, 7)


async def test_nothing_is_lost_where_many_spend_at_once(ledger: Ledger, ledger_url: str) -> None:
    """Two that share the ledger count every token."""
    other = Ledger(ledger_url)
    await asyncio.gather(
        *(Purse(one).spend(TODAY, 1) for one in (ledger, other) for _ in range(10))
    )
    assert await Purse(ledger).spent(TODAY) == 20
    await other.close()
