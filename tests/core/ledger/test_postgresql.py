"""The ledger on PostgreSQL: several processes at once, and a server that comes and goes."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from core.errors import LedgerError
from core.ledger import engines
from core.ledger.ledger import Ledger
from core.ledger.wiping import wipe_postgresql
from tests.servers.postgres import Cluster

ROOT = Path(__file__).resolve().parents[3]
HOLDING = """
import asyncio, sys
from core.ledger.ledger import Ledger

async def hold():
    async with Ledger(sys.argv[1]).alone("index"):
        print("held", flush=True)
        await asyncio.sleep(60)

asyncio.run(hold())
"""
COUNT = text("SELECT count(*) FROM audiences")
ADD = text("INSERT INTO audiences (key) VALUES (:key)")


@pytest.fixture
def database() -> str:
    """Return what the ledger lies on."""
    return "postgresql"


@pytest.fixture
def fresh(postgres: Cluster) -> Iterator[str]:
    """Return the address of a database without tables, over TCP and with a password."""
    name = postgres.new()
    yield postgres.url(name, postgres.password)
    postgres.drop(name)


@pytest.fixture
def unsteady(
    postgres: Cluster, migrated_database: tuple[str, object]
) -> Iterator[tuple[Cluster, str]]:
    """Return a server that the test may stop, running, and an empty ledger's address on it."""
    name = postgres.new(migrated_database[0])
    yield postgres, postgres.url(name)
    if postgres.server is None:
        postgres.start()
    postgres.drop(name)


async def count(ledger: Ledger) -> int:
    """Return how many audiences there are."""
    async with ledger.reading() as connection:
        return int((await connection.execute(COUNT)).scalar_one())


async def test_ledgers_that_start_at_once_migrate_in_turn(fresh: str) -> None:
    """Each finds the tables made, by itself or by another."""
    ledgers = [Ledger(fresh) for _ in range(4)]
    await asyncio.gather(*(one.open() for one in ledgers))
    assert [await count(one) for one in ledgers] == [0, 0, 0, 0]
    await asyncio.gather(*(one.close() for one in ledgers))


async def test_processes_write_one_after_the_other(ledger: Ledger, ledger_url: str) -> None:
    """What a transaction reads is still so when it writes, whoever else writes."""
    ledgers = [Ledger(ledger_url) for _ in range(3)]

    async def add(one: Ledger) -> None:
        async with one.writing() as connection:
            number = (await connection.execute(COUNT)).scalar_one()
            await asyncio.sleep(0.002)
            await connection.execute(ADD, {"key": str(number)})

    await asyncio.gather(*(add(one) for one in ledgers for _ in range(10)))
    assert await count(ledger) == 30
    await asyncio.gather(*(one.close() for one in ledgers))


@pytest.fixture
def holder(ledger_url: str) -> Iterator[subprocess.Popen[str]]:
    """Return another process that has the turn for "index" and keeps it."""
    started = subprocess.Popen(
        [sys.executable, "-c", HOLDING, ledger_url],
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with started:
        assert started.stdout
        assert started.stdout.readline() == "held\n"
        yield started
        started.kill()


async def test_one_process_at_a_time_does_what_is_done_alone(
    ledger: Ledger, holder: subprocess.Popen[str]
) -> None:
    """Another process waits for its turn, and gets it when the first one is killed."""
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3), ledger.alone("index"):
            pass
    holder.kill()
    async with asyncio.timeout(5), ledger.alone("index"):
        pass


async def test_a_server_that_is_away_at_the_start_is_said() -> None:
    """The sentence names the database and the host, and no password."""
    ledger = Ledger("postgres://tavern:pa55@127.0.0.1:1/tavern")
    with pytest.raises(LedgerError, match=r"tavern on 127\.0\.0\.1:1 cannot be opened") as caught:
        await ledger.open()
    assert "pa55" not in str(caught.value)
    await ledger.close()


async def test_a_wrong_password_is_said(fresh: str, postgres: Cluster) -> None:
    """The server's reason stands in the sentence."""
    ledger = Ledger(fresh.replace(postgres.password, "wrong"))
    with pytest.raises(LedgerError, match="password authentication failed"):
        await ledger.open()
    await ledger.close()


async def test_a_server_that_comes_back_is_used_again(unsteady: tuple[Cluster, str]) -> None:
    """While it is away every use is an error of ours, also one that had begun; then all is as before."""
    server, url = unsteady
    ledger = Ledger(url)

    async def lose() -> None:
        async with ledger.writing() as connection:
            await connection.execute(ADD, {"key": "lost"})
            server.stop()
            await connection.execute(ADD, {"key": "lost too"})

    assert await count(ledger) == 0
    with pytest.raises(LedgerError, match="cannot be written"):
        await lose()
    with pytest.raises(LedgerError, match="cannot be read"):
        await count(ledger)
    with pytest.raises(LedgerError, match="cannot be locked"):
        async with ledger.alone("index"):
            pass
    server.start()
    async with ledger.writing() as connection, ledger.alone("index"):
        await connection.execute(ADD, {"key": "kept"})
    assert await count(ledger) == 1
    await ledger.close()


async def test_who_stands_still_while_writing_is_cut_off(ledger: Ledger) -> None:
    """The server ends such a transaction, so that others can write; the next one is as before."""

    async def stand_still() -> None:
        async with ledger.writing() as connection:
            bound = await connection.execute(text("SHOW idle_in_transaction_session_timeout"))
            assert bound.scalar_one() == "10s"
            await connection.execute(text("SET idle_in_transaction_session_timeout = '50ms'"))
            await connection.execute(ADD, {"key": "lost"})
            await asyncio.sleep(0.3)
            await connection.execute(ADD, {"key": "lost too"})

    with pytest.raises(LedgerError, match="cannot be written"):
        await stand_still()
    async with ledger.writing() as connection:
        await connection.execute(ADD, {"key": "kept"})
    assert await count(ledger) == 1


async def test_a_server_that_does_not_answer_in_time_is_said(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Waiting for an answer is bounded; the connection that waited is not used again."""
    monkeypatch.setattr(engines, "ANSWERING", 1.0)
    slow = Ledger(ledger.url.render_as_string(hide_password=False))
    await count(slow)

    async def wait() -> None:
        async with slow.reading() as connection:
            await connection.execute(text("SELECT pg_sleep(5)"))

    async with asyncio.timeout(4):
        with pytest.raises(LedgerError, match="cannot be read"):
            await wait()
        assert await count(slow) == 0
    await slow.close()


async def test_a_turn_outlives_its_server_quietly(unsteady: tuple[Cluster, str]) -> None:
    """A block that holds a turn ends without an error when the server went meanwhile."""
    server, url = unsteady
    ledger = Ledger(url)
    async with ledger.alone("index"):
        server.stop()
    await ledger.close()


def holds(server: Cluster, word: str) -> list[str]:
    """Return the files of the server's tables that hold a word."""
    files = [one for one in (server.data / "base").rglob("*") if one.is_file()]
    return [one.name for one in files if word.encode() in one.read_bytes()]


async def test_what_was_deleted_is_wiped_from_the_tables_files(
    unsteady: tuple[Cluster, str],
) -> None:
    """No table's file holds deleted text, nor what the server noted of frequent values."""
    server, url = unsteady
    ledger = Ledger(url)
    async with ledger.writing() as connection:
        for number in range(200):
            await connection.execute(ADD, {"key": f"grandmothers recipe {number % 2} {number}"})
        await connection.execute(text("ANALYZE audiences"))
        await connection.execute(text("DELETE FROM audiences"))
    await asyncio.to_thread(server.run, "CHECKPOINT")
    assert holds(server, "grandmothers recipe")
    await ledger.wipe()
    await asyncio.to_thread(server.run, "CHECKPOINT")
    assert holds(server, "grandmothers recipe") == []
    await ledger.close()


async def test_wiping_waits_for_whoever_still_sees_it(ledger: Ledger) -> None:
    """Where a transaction goes on that began before, what it sees cannot be wiped: that is said."""
    assert ledger._sessions
    async with ledger.reading() as reader, ledger._sessions.connect() as connection:
        await reader.execute(COUNT)
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        with pytest.raises(LedgerError, match="somebody reads for long"):
            await wipe_postgresql(connection, patience=0.1)
