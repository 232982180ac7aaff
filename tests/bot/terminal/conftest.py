"""A tavern that has read two pages, and a person at its terminal."""

import io

import pytest
from rich.console import Console

from bot.terminal.adapter import TerminalAdapter
from core.embedders.hashing import HashingEmbedder
from core.ledger.ledger import Ledger
from core.settings import Settings
from tests.doubles import Clock
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
def console() -> Console:
    """Return a console that keeps what is printed on it."""
    return Console(file=io.StringIO(), width=100, record=True)


@pytest.fixture
def terminal(tavern: Tavern, console: Console, clock: Clock) -> TerminalAdapter:
    """Return the terminal of that tavern."""
    return TerminalAdapter(tavern.assistant, console, lambda: clock.advance(seconds=1))
