"""The ledger on SQLite: durable, with one writer, in a file that holds nothing else."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text

from core.errors import LedgerError
from core.ledger.cursors import Connection
from core.ledger.ledger import Ledger


@pytest.fixture
def database() -> str:
    """Return what the ledger lies on."""
    return "sqlite"


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("secure_delete", 1)],
)
async def test_the_writer_is_durable(ledger: Ledger, pragma: str, value: object) -> None:
    """What is committed survives a power cut, refers to what exists, and leaves no trace."""
    async with ledger.writing() as connection:
        assert (await connection.execute(text(f"PRAGMA {pragma}"))).scalar_one() == value


async def test_a_statement_brings_its_rows_along(ledger: Ledger) -> None:
    """One crossing to SQLite's thread brings the rows, how many were written and the new number."""
    async with ledger.writing() as connection:
        raw = (await connection.get_raw_connection()).driver_connection
        assert isinstance(raw, Connection)
        cursor = raw.cursor()
        await cursor.execute("INSERT INTO audiences (key) VALUES (?) RETURNING key", ("x",))
        assert (await cursor.fetchall(), cursor.lastrowid) == ([("x",)], 1)
        await cursor.executemany("INSERT INTO audiences (key) VALUES (?)", [("y",), ("z",)])
        assert (await cursor.fetchall(), cursor.rowcount) == ([], 2)


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


async def test_what_was_committed_is_in_the_file(ledger: Ledger, tmp_path: Path) -> None:
    """Another program sees a commit as soon as the block has ended."""
    async with ledger.writing() as connection:
        await connection.execute(text("INSERT INTO audiences (key) VALUES ('x')"))
    with sqlite3.connect(tmp_path / "ledger.sqlite") as other:
        assert other.execute("SELECT key FROM audiences").fetchall() == [("x",)]
    other.close()


def holds(folder: Path, word: str) -> list[str]:
    """Return the files of a folder that hold a word."""
    return [one.name for one in folder.iterdir() if word.encode() in one.read_bytes()]


async def test_what_was_deleted_is_wiped_from_the_files(ledger: Ledger, tmp_path: Path) -> None:
    """Neither the file nor its log holds deleted text."""
    for statement in ("INSERT INTO audiences (key) VALUES ('recipe')", "DELETE FROM audiences"):
        async with ledger.writing() as connection:
            await connection.execute(text(statement))
    assert holds(tmp_path, "recipe")
    await ledger.wipe()
    assert holds(tmp_path, "recipe") == []
