"""Milvus Lite on a disk that is really full: what is acknowledged afterwards is kept."""

# ruff: noqa: ASYNC221 - mounting and filling a small disk; nothing else waits for the loop

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from core.errors import IndexUnavailableError
from core.index.milvus import MilvusIndex
from core.items import IndexItem
from core.settings import IndexSettings

KILOBYTES = 6_000


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """Return a folder on a disk of its own, of six megabytes; skip where none can be mounted."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={KILOBYTES}k", "tmpfs", str(place)]
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no disk can be mounted here: {done.stderr.strip()}")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def rows(start: int, count: int) -> list[IndexItem]:
    """Return rows with vectors of 64 numbers."""
    drawn = np.random.default_rng(start).normal(size=(count, 64)).astype(np.float32)
    return [
        IndexItem(id=str(start + n), owner="o", audience=1, terms="tea", vector=drawn[n])
        for n in range(count)
    ]


# Lite leaves the files of what failed open to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_what_is_acknowledged_after_a_full_disk_is_kept(disk: Path) -> None:
    """Rows refused for want of room are written once there is room, and none that was taken is lost."""
    index = MilvusIndex(
        str(disk / "index"), "", IndexSettings(flush_rows=100_000, flush_seconds=60)
    )
    await index.open()
    await index.create("c", 64)
    await index.upsert("c", rows(0, 500))
    ballast = disk / "ballast"
    with ballast.open("wb") as file:
        free = os.statvfs(disk)
        file.write(bytes(max(0, free.f_bavail * free.f_frsize - 20_000)))
    taken = await refused_at(index, 500)
    ballast.unlink()
    for start in range(taken, taken + 300, 100):
        await index.upsert("c", rows(start, 100))
    assert {str(n) for n in range(taken + 300)} <= await index.ids("c")
    copied = MilvusIndex(str(await killed(index, disk)), "", IndexSettings())
    await copied.open()
    assert {str(n) for n in range(taken + 300)} <= await copied.ids("c")
    await copied.close()
    await index.close()


async def refused_at(index: MilvusIndex, start: int) -> int:
    """Write until a write is refused, and return how many rows were taken."""
    for taken in range(start, 5_000, 100):
        try:
            await index.upsert("c", rows(taken, 100))
        except IndexUnavailableError:
            return taken
    raise AssertionError("the disk was never full")


async def killed(index: MilvusIndex, disk: Path) -> Path:
    """Return a copy of the folder as a process that is killed now would leave it."""
    copy = disk.parent / "killed"
    subprocess.run(["cp", "-r", str(disk / "index"), str(copy)], check=True)
    return copy
