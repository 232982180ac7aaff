"""A ledger in which people have spoken already."""

from collections.abc import AsyncIterator

import pytest

from core.ledger.ledger import Ledger, Transaction
from core.ledger.messages import save_message
from tests.doubles import NOON, message


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    """Return what the ledger lies on: every test here holds on both, unless it names one."""
    return str(request.param)


@pytest.fixture
async def writer(ledger: Ledger) -> AsyncIterator[Transaction]:
    """Return the writer, in a ledger that knows ann, bob, cid and dan and a message of each."""
    async with ledger.writing() as connection:
        for name in ("ann", "bob", "cid", "dan"):
            await save_message(connection, message(f"m-{name}", by=name), NOON)
        yield connection
