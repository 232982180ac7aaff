"""What most tests stand on: a still clock, an empty ledger and index, and no way out but loopback."""

import asyncio
import ipaddress
import os
import shutil
import socket
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from core.embedders.hashing import HashingEmbedder
from core.index.memory import MemoryIndex
from core.indexing import Indexing
from core.ledger.ledger import Ledger
from core.settings import Settings, load_settings
from tests.doubles import Clock


def on_loopback(address: Any) -> bool:
    """Say whether an address is a file, or a host that is this machine."""
    if not isinstance(address, tuple):
        return True
    host = str(address[0]).partition("%")[0]
    if host in {"", "localhost"}:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@pytest.fixture(autouse=True, scope="session")
def _only_loopback() -> Iterator[None]:
    """Refuse every connection that would leave this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if not on_loopback(address):
            raise RuntimeError(f"a test tried to reach {address}")
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        yield


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take settings and secrets of this machine out of the environment."""
    for variable in list(os.environ):
        if variable.startswith("TAVERNKEEP_") or variable == "ANTHROPIC_API_KEY":
            monkeypatch.delenv(variable)


@pytest.fixture
def clock() -> Clock:
    """Return a clock that stands at noon of a day in June 2026, UTC, and can be advanced."""
    return Clock(datetime(2026, 6, 1, 12, tzinfo=UTC))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Return the default settings with the data folder in the test's own folder."""
    return load_settings(env_file=None, data=tmp_path / "data")


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of an empty ledger, migrated once for all tests, which copy it."""
    path = tmp_path_factory.mktemp("ledger") / "ledger.sqlite"

    async def make() -> None:
        made = Ledger(f"sqlite+aiosqlite:///{path}")
        await made.open()
        await made.close()

    asyncio.run(make())
    return path


@pytest.fixture
async def ledger(tmp_path: Path, migrated: Path) -> AsyncIterator[Ledger]:
    """Return an open, empty ledger on SQLite."""
    path = tmp_path / "ledger.sqlite"
    shutil.copy(migrated, path)
    opened = Ledger(f"sqlite+aiosqlite:///{path}")
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
def embedder() -> HashingEmbedder:
    """Return an embedder without a model."""
    return HashingEmbedder()


@pytest.fixture
def index() -> MemoryIndex:
    """Return an empty index in memory."""
    return MemoryIndex()


@pytest.fixture
async def indexing(
    ledger: Ledger, index: MemoryIndex, embedder: HashingEmbedder, clock: Clock
) -> Indexing:
    """Return the road from `ledger` to `index`, with its aliases made."""
    road = Indexing(ledger=ledger, index=index, embedder=embedder, now=clock)
    await road.prepare()
    return road
