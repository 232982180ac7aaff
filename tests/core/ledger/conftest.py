"""A ledger in which people have spoken already."""

from collections.abc import AsyncIterator

import pytest

from core.ledger.ledger import Ledger, Transaction
from core.ledger.messages import save_message
from tests.doubles import NOON, message


@pytest.fixture
async def writer(ledger: Ledger) -> AsyncIterator[Transaction]:
    """Return the writer, in a ledger that knows ann, bob, cid and dan and a message of each."""
    async with ledger.writing() as connection:
        for name in ("ann", "bob", "cid", "dan"):
            await save_message(connection, message(f"m-{name}", by=name), NOON)
        yield connection
