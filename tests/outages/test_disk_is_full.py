"""A full disk: nothing is acknowledged that is not kept, people are told, and space heals it."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot.room.post import Phase
from bot.room.tavern import Tavern as Room
from core.embedders.hashing import HashingEmbedder
from core.errors import LedgerError
from core.ledger.inbox import pending
from core.ledger.ledger import Ledger
from core.ledger.runs import note
from core.ledger.tables import answers
from core.settings import Settings
from tests.doubles import NOON, Clock
from tests.tavern import KeptReply, Tavern, memory_tavern

QUESTION = "When does the kitchen close? " * 150  # more than a page of the database
FULL = "disk is full"
MEGABYTES = 3


@dataclass(slots=True)
class Disk:
    """A disk that a ledger lies on, which can be filled and emptied."""

    url: str
    ballast: Path | None

    async def fill(self, ledger: Ledger) -> None:
        """Leave no room for another page."""
        if self.ballast:
            with self.ballast.open("ab", buffering=0) as file:
                for size in (1 << 16, 1 << 12, 1):
                    _write_until_full(file.write, size)
        else:
            await self._limit(ledger, "(SELECT page_count FROM pragma_page_count)")
        for size in (1000, 100):
            with pytest.raises(LedgerError, match=FULL):
                await _write_on(ledger, size)

    async def empty(self, ledger: Ledger) -> None:
        """Make room again."""
        if self.ballast:
            self.ballast.unlink()
        else:
            await self._limit(ledger, "1073741823")

    async def _limit(self, ledger: Ledger, pages: str) -> None:
        async with ledger.writing() as connection:
            count = (await connection.exec_driver_sql(f"SELECT {pages}")).scalar_one()
            await connection.exec_driver_sql(f"PRAGMA max_page_count = {count}")


async def _write_on(ledger: Ledger, size: int) -> None:
    """Write into the ledger until it cannot be written."""
    for _ in range(1000):
        async with ledger.writing() as connection:
            await note(connection, by="-", action="-", subject="x" * size, now=NOON)


def _write_until_full(write: Callable[[bytes], int], size: int) -> None:
    try:
        while write(b"\0" * size):
            pass
    except OSError:
        return


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """Mount a few megabytes of memory as a disk; skip where that is not ours to do."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m", "tmpfs", str(folder)]
    if os.geteuid() or not shutil.which("mount") or subprocess.run(mount, check=False).returncode:
        pytest.skip("only root may mount a small disk to fill it")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture(params=["pages", "disk"])
def disk(request: pytest.FixtureRequest, tmp_path: Path, migrated: Path) -> Iterator[Disk]:
    """Return a ledger's disk: SQLite's own limit of pages, or a real small disk."""
    real = request.param == "disk"
    place: AbstractContextManager[Path] = (
        small_disk(tmp_path / "disk") if real else nullcontext(tmp_path)
    )
    with place as folder:
        shutil.copy(migrated, folder / "ledger.sqlite")
        url = f"sqlite+aiosqlite:///{folder / 'ledger.sqlite'}"
        yield Disk(url, folder / "ballast" if real else None)


@pytest.fixture
async def tavern(
    disk: Disk, settings: Settings, embedder: HashingEmbedder, clock: Clock
) -> AsyncIterator[Tavern]:
    """Return an open tavern whose ledger lies on the disk."""
    ledger = Ledger(disk.url)
    await ledger.open()
    opened = memory_tavern(settings, ledger, embedder, clock)
    await opened.open()
    yield opened
    await opened.assistant.stop()
    await ledger.close()


async def kept(tavern: Tavern) -> tuple[int, int]:
    """Return how many events wait, and how many answers there are."""
    async with tavern.ledger.reading() as connection:
        waiting = await pending(connection, "test")
        given = await connection.scalar(select(func.count()).select_from(answers))
    return len(waiting), given or 0


async def test_what_cannot_be_kept_is_not_acknowledged(tavern: Tavern, disk: Disk) -> None:
    """The adapter gets an error, so the platform delivers again; then it is answered, once."""
    message, reply = tavern.message(QUESTION), KeptReply("post")
    await disk.fill(tavern.ledger)
    for receive in (tavern.assistant.receive, lambda one: tavern.assistant.on_message(one, reply)):
        with pytest.raises(LedgerError, match=FULL):
            await receive(message)
    assert await kept(tavern) == (0, 0)
    await disk.empty(tavern.ledger)
    for _ in range(2):
        await tavern.assistant.on_message(message, reply)
    assert "closes at ten" in reply.answer.text
    assert await kept(tavern) == (0, 1)


class FillingReply(KeptReply):
    """Has the disk filled while the answer is written."""

    def __init__(self, disk: Disk, ledger: Ledger) -> None:
        """Take what is filled."""
        super().__init__("post")
        self._disk = disk
        self._ledger = ledger

    async def progress(self, text: str) -> None:
        """Fill it once the event was taken."""
        if not self.said:
            await self._disk.fill(self._ledger)
        await super().progress(text)


async def test_a_disk_that_fills_while_the_answer_is_written(
    tavern: Tavern, disk: Disk, clock: Clock
) -> None:
    """The event is kept and the adapter told; with space it is taken up again and answered once."""
    message, broken_off = tavern.message(QUESTION), FillingReply(disk, tavern.ledger)
    with pytest.raises(LedgerError, match=FULL):
        await tavern.assistant.on_message(message, broken_off)
    assert not broken_off.finished
    assert await kept(tavern) == (1, 0)
    await disk.empty(tavern.ledger)
    clock.advance(minutes=1)  # the claim of the first attempt has run out
    reply = KeptReply("again")
    await tavern.assistant.resume("test", lambda _: reply)
    assert "closes at ten" in reply.answer.text
    assert await kept(tavern) == (0, 1)


async def test_people_in_the_room_read_why(tavern: Tavern, disk: Disk) -> None:
    """The sentence stands where the answer would, and the next question after that is answered."""
    room = Room(lambda: tavern.clock.advance(seconds=1))
    await room.open(tavern.assistant)
    await disk.fill(tavern.ledger)
    message = tavern.message(QUESTION)
    room.post(message)
    said = ""
    async with asyncio.timeout(60):
        while not said:
            await asyncio.sleep(0.01)
            posts = room.timeline.posts()
            said = "".join(one.entry.text for one in posts if one.phase is Phase.FAILED)
    assert said == "The ledger cannot be written: database or disk is full."
    await disk.empty(tavern.ledger)
    assert "closes at ten" in (await tavern.ask(QUESTION)).text
    await room.close()
