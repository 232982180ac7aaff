"""The daily budget goes on counting whether or not what keeps its count can be reached."""

from datetime import date

import pytest

from core.errors import LedgerError, ModelError
from core.models.budget import DailyBudget
from tests.core.models.conftest import Clock


class Jar:
    """A purse in memory that others spend from too, and that can be lost for a while."""

    def __init__(self) -> None:
        self.held: dict[date, int] = {}
        self.lost = False

    async def spent(self, day: date) -> int:
        """Return a day's sum."""
        if self.lost:
            raise LedgerError("The ledger cannot be read.")
        return self.held.get(day, 0)

    async def spend(self, day: date, tokens: int) -> int:
        """Add to a day's sum."""
        self.held[day] = await self.spent(day) + tokens
        return self.held[day]


@pytest.fixture
def jar() -> Jar:
    """Return an empty purse."""
    return Jar()


async def test_what_others_spend_counts(jar: Jar, clock: Clock) -> None:
    """Another process's tokens of today are looked up before each call."""
    budget = DailyBudget(100, clock, jar)
    await budget.admit()
    jar.held[clock().date()] = 100
    with pytest.raises(ModelError, match="midnight UTC"):
        await budget.admit()
    clock.move(days=1)
    await budget.admit()


async def test_a_purse_that_is_lost_for_a_while_loses_nothing(jar: Jar, clock: Clock) -> None:
    """Meanwhile tokens are counted in memory, and put into the purse when it is back."""
    budget = DailyBudget(100, clock, jar)
    jar.lost = True
    await budget.admit()
    budget.spend(60)
    await budget.settle()
    assert (budget.spent, jar.held) == (60, {})
    jar.lost = False
    budget.spend(50)
    await budget.settle()
    assert jar.held == {clock().date(): 110}
    with pytest.raises(ModelError, match="midnight UTC"):
        await budget.admit()


async def test_without_a_limit_the_purse_is_only_filled(jar: Jar, clock: Clock) -> None:
    """What is spent is on record, and nothing is ever refused."""
    budget = DailyBudget(0, clock, jar)
    budget.spend(10**9)
    await budget.settle()
    await budget.admit()
    assert jar.held == {clock().date(): 10**9}
