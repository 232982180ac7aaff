"""What most tests stand on: a still clock, an empty ledger and index, and no way out but loopback."""

import asyncio
import ipaddress
import logging
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
from tests.servers.milvus import lite_server
from tests.servers.postgres import MISSING, VERSION, Cluster, binaries
from tests.servers.proxy import Proxy, proxied


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


# Files that take minutes each: begun first, so that at the end nobody waits for one of them alone.
LONGEST = ("test_crash", "test_everywhere", "test_state_machine", "test_learning_everywhere")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first, after the order was shuffled."""
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.stem, len(LONGEST)))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the whole suite be run on PostgreSQL by hand: `pytest --ledger postgresql`."""
    parser.addoption("--ledger", choices=["sqlite", "postgresql"], default="sqlite")


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
        if (
            variable.startswith(("TAVERNKEEP_", "SLACK_", "DISCORD_"))
            or variable == "ANTHROPIC_API_KEY"
        ):
            monkeypatch.delenv(variable)


@pytest.fixture(autouse=True)
def _levels_put_back() -> Iterator[None]:
    """Put the log's levels back, which a command sets for the whole process."""
    loggers = [logging.getLogger(name) for name in ("bot", "core", "plugins")]
    levels = [one.level for one in loggers]
    yield
    for one, level in zip(loggers, levels, strict=True):
        one.setLevel(level)


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


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """Return a running PostgreSQL of the tests' own; they are skipped where it is not installed."""
    programs = binaries()
    if programs is None:
        pytest.skip(MISSING)
    cluster = Cluster(programs)
    try:
        cluster.make()
        cluster.start()
        yield cluster
    finally:
        cluster.remove()


@pytest.fixture(scope="session")
def migrated_database(postgres: Cluster) -> tuple[str, object]:
    """Return the name and version of an empty ledger on PostgreSQL, made once, that tests copy."""
    name = postgres.new()

    async def make() -> None:
        made = Ledger(postgres.url(name))
        await made.open()
        await made.close()

    asyncio.run(make())
    return name, postgres.run(VERSION, database=name)


@pytest.fixture
def database(request: pytest.FixtureRequest) -> str:
    """Return what the ledger lies on: "sqlite" or "postgresql", as the option `--ledger` says.

    `@pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)` runs a test on both.
    """
    return str(getattr(request, "param", request.config.getoption("--ledger")))


@pytest.fixture
def ledger_url(request: pytest.FixtureRequest, database: str, tmp_path: Path) -> Iterator[str]:
    """Return the address of an empty ledger of the test's own."""
    if database == "postgresql":
        template, version = request.getfixturevalue("migrated_database")
        cluster: Cluster = request.getfixturevalue("postgres")
        name = cluster.lend(template)
        yield cluster.url(name)
        cluster.give_back(name, version)
        return
    path = tmp_path / "ledger.sqlite"
    shutil.copy(request.getfixturevalue("migrated"), path)
    yield f"sqlite+aiosqlite:///{path}"


@pytest.fixture
async def ledger(ledger_url: str) -> AsyncIterator[Ledger]:
    """Return an open, empty ledger."""
    opened = Ledger(ledger_url)
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


@pytest.fixture(scope="module")
def milvus_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of a Milvus Lite in a process of its own, one for all tests of a module."""
    with lite_server(tmp_path_factory.mktemp("milvus") / "index") as address:
        yield address


@pytest.fixture
async def proxy(milvus_address: str) -> AsyncIterator[Proxy]:
    """Return the way to that Milvus, which can be cut."""
    async with proxied(milvus_address) as way:
        yield way
