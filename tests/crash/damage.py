"""What a power loss can do to the index, which is never synced to the disk: for a cheap imitation."""

import shutil
from enum import StrEnum
from pathlib import Path
from random import Random


class Damage(StrEnum):
    """What becomes of the index folder while the bot is away."""

    REMOVED = "folder removed"
    EARLIER = "earlier copy"
    TRUNCATED = "file truncated"
    EMPTIED = "file emptied"
    MISSING = "file missing"


def keep_copy(index: Path, copy: Path) -> None:
    """Keep the index folder as it is now, for `EARLIER`."""
    shutil.rmtree(copy, ignore_errors=True)
    if index.is_dir():
        shutil.copytree(index, copy)


def damage(kind: Damage, index: Path, copy: Path, random: Random) -> str | None:
    """Damage the folder; return what was hit, or None where there is nothing to hit."""
    if kind is Damage.REMOVED or (kind is Damage.EARLIER and copy.is_dir()):
        shutil.rmtree(index, ignore_errors=True)
        if kind is Damage.EARLIER:
            shutil.copytree(copy, index)
        return index.name
    files = sorted(path for path in index.rglob("*") if path.is_file() and path.stat().st_size)
    if not files or kind is Damage.EARLIER:
        return None
    hit = random.choice(files)
    if kind is Damage.MISSING:
        hit.unlink()
    else:
        size = 0 if kind is Damage.EMPTIED else random.randrange(hit.stat().st_size)
        with hit.open("r+b") as opened:
            opened.truncate(size)
    return hit.relative_to(index).as_posix()
