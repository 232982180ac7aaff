"""A tavern that has read two pages, and a loopback Claude to answer in it."""

from collections.abc import AsyncIterator

import pytest

from core.embedders.hashing import HashingEmbedder
from core.ledger.ledger import Ledger
from core.settings import Settings
from tests.doubles import Clock
from tests.servers.claude import LoopbackClaude
from tests.tavern import Tavern, memory_tavern


@pytest.fixture
async def tavern(
    settings: Settings, ledger: Ledger, embedder: HashingEmbedder, clock: Clock
) -> Tavern:
    """Return an open tavern without a platform."""
    opened = memory_tavern(settings, ledger, embedder, clock)
    await opened.open()
    return opened


@pytest.fixture
async def server() -> AsyncIterator[LoopbackClaude]:
    """Return a running server that speaks Claude's API."""
    async with LoopbackClaude() as running:
        yield running
