"""The ledger opens in any state of its database, is durable, and has one writer."""

import asyncio
import sqlite3
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import OperationalError

from core.errors import LedgerError
from core.ledger.columns import metadata
from core.ledger.ledger import MIGRATIONS, Ledger, migrate
from core.ledger.machinery import leases
from tests.doubles import NOON


def differences(connection: Connection) -> list[object]:
    """Return what a migrated database has otherwise than the tables say."""
    return list(compare_metadata(MigrationContext.configure(connection), metadata))


def downgrade(connection: Connection) -> list[str]:
    """Take every migration back and return the tables that are left."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.downgrade(config, "base")
    return inspect(connection).get_table_names()


async def test_migrations_make_the_tables(ledger: Ledger) -> None:
    """A migrated database has the tables, columns and indexes that the code declares."""
    async with ledger.writing() as connection:
        assert await connection.run_sync(differences) == []


async def test_migrations_can_be_taken_back(ledger: Ledger) -> None:
    """Downgrading leaves nothing but Alembic's own table, and upgrading works again."""
    async with ledger.writing() as connection:
        assert await connection.run_sync(downgrade) == ["alembic_version"]
        await connection.run_sync(migrate)
        assert await connection.run_sync(differences) == []


async def test_opening_twice_changes_nothing(ledger: Ledger) -> None:
    """A database that has every migration is left as it is."""
    await ledger.open()
    async with ledger.writing() as connection:
        assert await connection.run_sync(differences) == []


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("secure_delete", 1)],
)
async def test_the_writer_is_durable(ledger: Ledger, pragma: str, value: object) -> None:
    """What is committed survives a power cut, refers to what exists, and leaves no trace."""
    async with ledger.writing() as connection:
        assert (await connection.execute(text(f"PRAGMA {pragma}"))).scalar_one() == value


async def test_readers_cannot_write(ledger: Ledger) -> None:
    """There is one way to write: a reader is refused."""
    async with ledger.reading() as connection:
        with pytest.raises(OperationalError, match="readonly"):
            await connection.execute(text("DELETE FROM people"))


async def test_an_error_rolls_back(ledger: Ledger) -> None:
    """What a block wrote before it raised is not there afterwards."""

    async def fail() -> None:
        async with ledger.writing() as connection:
            await connection.execute(text("INSERT INTO audiences (key) VALUES ('x')"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with ledger.reading() as connection:
        found = await connection.execute(text("SELECT count(*) FROM audiences"))
        assert found.scalar_one() == 0


async def test_writers_wait_for_each_other(ledger: Ledger) -> None:
    """Blocks that write at once run one after the other, and none is lost."""

    async def write(number: int) -> None:
        async with ledger.writing() as connection:
            await asyncio.sleep(0)
            await connection.execute(
                text("INSERT INTO audiences (key) VALUES (:key)"), {"key": str(number)}
            )

    await asyncio.gather(*(write(number) for number in range(30)))
    async with ledger.reading() as connection:
        found = await connection.execute(text("SELECT count(*) FROM audiences"))
        assert found.scalar_one() == 30


async def test_a_cancelled_writer_lets_go(ledger: Ledger) -> None:
    """A task that is cancelled while it writes is rolled back and does not keep others out."""
    inside = asyncio.Event()

    async def write() -> None:
        async with ledger.writing() as connection:
            await connection.execute(text("INSERT INTO audiences (key) VALUES ('x')"))
            inside.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(write())
    await inside.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    async with ledger.writing() as connection:
        found = await connection.execute(text("SELECT count(*) FROM audiences"))
        assert found.scalar_one() == 0


async def test_times_come_back_aware(ledger: Ledger) -> None:
    """A time keeps its instant on a database without time zones; a naive one is refused."""
    async with ledger.writing() as connection:
        row = {"name": "x", "owner": "me", "fence": 1, "expires_at": NOON}
        await connection.execute(leases.insert().values(**row))
        assert (await connection.execute(leases.select())).one().expires_at == NOON
        with pytest.raises(Exception, match="without its zone"):
            await connection.execute(
                leases.insert().values(**row | {"expires_at": NOON.replace(tzinfo=None)})
            )


@pytest.mark.parametrize("url", ["nonsense", "sqlite:///x", "postgresql+nodriver://h/x"])
def test_a_wrong_address_is_said(url: str) -> None:
    """An address that no database is reached by stops the start with a sentence."""
    with pytest.raises(LedgerError, match=r"ledger\.url"):
        Ledger(url)


async def test_a_file_that_is_no_database_is_said(tmp_path: Path) -> None:
    """A file of something else is left alone, and the sentence names it."""
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(b"This is a letter to my grandmother. " * 40)
    ledger = Ledger(f"sqlite+aiosqlite:///{path}")
    with pytest.raises(LedgerError, match="cannot be opened"):
        await ledger.open()
    await ledger.close()


async def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    """A path through a file cannot hold a database, and the sentence says so."""
    (tmp_path / "file").touch()
    ledger = Ledger(f"sqlite+aiosqlite:///{tmp_path / 'file' / 'ledger.sqlite'}")
    with pytest.raises(LedgerError, match="cannot be opened"):
        await ledger.open()
    await ledger.close()


async def test_a_ledger_of_a_newer_version_is_said(ledger: Ledger, tmp_path: Path) -> None:
    """A migration that this version does not know stops the start; nothing is changed."""
    async with ledger.writing() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(LedgerError, match="9999"):
        await ledger.open()
    with sqlite3.connect(tmp_path / "ledger.sqlite") as other:
        assert other.execute("SELECT version_num FROM alembic_version").fetchone() == ("9999",)
    other.close()


async def test_what_was_committed_is_seen_by_others(ledger: Ledger, tmp_path: Path) -> None:
    """A second connection to the file sees a commit as soon as the block has ended."""
    async with ledger.writing() as connection:
        await connection.execute(text("INSERT INTO audiences (key) VALUES ('x')"))
    with sqlite3.connect(tmp_path / "ledger.sqlite") as other:
        assert other.execute("SELECT key FROM audiences").fetchall() == [("x",)]
    other.close()


async def test_a_database_that_fails_says_so_in_a_sentence(ledger: Ledger) -> None:
    """What goes wrong in the database is an error of ours, wherever it is used."""
    with pytest.raises(LedgerError, match="cannot be read: "):
        async with ledger.reading() as connection:
            await connection.execute(text("SELECT * FROM nowhere"))
    with pytest.raises(LedgerError, match="cannot be written: "):
        async with ledger.writing() as connection:
            await connection.execute(text("DELETE FROM nowhere"))
