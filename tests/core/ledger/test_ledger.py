"""The ledger opens in any state of its database, is durable, and has one writer."""

import asyncio

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, select, text
from sqlalchemy.exc import DBAPIError

from core.errors import LedgerError
from core.ledger.columns import metadata
from core.ledger.ledger import MIGRATIONS, Ledger, migrate
from core.ledger.machinery import audit, leases
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


async def test_readers_cannot_write(ledger: Ledger) -> None:
    """There is one way to write: a reader is refused."""
    async with ledger.reading() as connection:
        with pytest.raises(DBAPIError, match=r"read-?only"):
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


async def test_another_ledger_sees_what_was_committed(ledger: Ledger, ledger_url: str) -> None:
    """A second ledger on the database sees a commit as soon as the block has ended."""
    other = Ledger(ledger_url)
    async with ledger.writing() as connection:
        await connection.execute(text("INSERT INTO audiences (key) VALUES ('x')"))
    async with other.reading() as connection:
        found = await connection.execute(text("SELECT key FROM audiences"))
        assert found.scalars().all() == ["x"]
    await other.close()


async def test_a_reader_sees_one_moment(ledger: Ledger) -> None:
    """What is committed while somebody reads does not change what he reads."""
    count = text("SELECT count(*) FROM audiences")
    async with ledger.reading() as reader:
        before = (await reader.execute(count)).scalar_one()
        async with ledger.writing() as connection:
            await connection.execute(text("INSERT INTO audiences (key) VALUES ('x')"))
        assert (await reader.execute(count)).scalar_one() == before == 0


async def test_errors_do_not_quote_what_people_wrote(ledger: Ledger) -> None:
    """Neither the sentence nor the error behind it holds the values of a statement."""
    wrong = text("INSERT INTO audiences (id, key) VALUES (1, :key)")

    async def write() -> None:
        async with ledger.writing() as connection:
            for key in ("first", "my secret"):
                await connection.execute(wrong, {"key": key})

    with pytest.raises(LedgerError) as caught:
        await write()
    assert "secret" not in f"{caught.value} {caught.value.__cause__}"


@pytest.mark.parametrize("url", ["nonsense", "sqlite:///x", "postgresql+nodriver://h/x"])
def test_a_wrong_address_is_said(url: str) -> None:
    """An address that no database is reached by stops the start with a sentence."""
    with pytest.raises(LedgerError, match=r"ledger\.url"):
        Ledger(url)


async def test_a_ledger_of_a_newer_version_is_said(ledger: Ledger) -> None:
    """A migration that this version does not know stops the start; nothing is changed."""
    async with ledger.writing() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(LedgerError, match=r"another version of Tavernkeep .*9999"):
        await ledger.open()
    async with ledger.reading() as connection:
        found = await connection.execute(text("SELECT version_num FROM alembic_version"))
        assert found.scalars().all() == ["9999"]


async def test_a_database_that_fails_says_so_in_a_sentence(ledger: Ledger) -> None:
    """What goes wrong in the database is an error of ours, wherever it is used."""
    with pytest.raises(LedgerError, match="cannot be read: "):
        async with ledger.reading() as connection:
            await connection.execute(text("SELECT * FROM nowhere"))
    with pytest.raises(LedgerError, match="cannot be written: "):
        async with ledger.writing() as connection:
            await connection.execute(text("DELETE FROM nowhere"))


async def test_any_text_can_be_stored(ledger: Ledger) -> None:
    """What documents and models bring besides letters does not stop a transaction."""
    subject = audit.c.subject
    row = {"by": "ann", "action": "test", "at": NOON}
    async with ledger.writing() as connection:
        for said in ("plain", "a\0b", "half \ud83d of a pair", "beer 🍺 and größe"):
            await connection.execute(audit.insert().values(**row, subject=said))
        rows = await connection.execute(select(subject).order_by(audit.c.id))
    assert list(rows.scalars()) == ["plain", "a�b", "half � of a pair", "beer 🍺 and größe"]


async def test_who_goes_first_waits_for_one_writer_at_most(ledger: Ledger) -> None:
    """Of many who wait to write, the one that somebody waits for is next but one."""
    order: list[str] = []

    async def write(name: str, *, first: bool = False) -> None:
        async with ledger.writing(first=first):
            order.append(name)

    async with ledger.writing():
        waiting = [asyncio.create_task(write(str(n))) for n in range(5)]
        await asyncio.sleep(0.01)
        waiting.append(asyncio.create_task(write("first", first=True)))
        await asyncio.sleep(0.01)
    await asyncio.gather(*waiting)
    assert order.index("first") <= 1
    assert sorted(order) == ["0", "1", "2", "3", "4", "first"]
