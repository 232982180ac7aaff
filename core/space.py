"""Free space: what the bot leaves on a disk, because a full one loses what was acknowledged."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from core.errors import NoSpaceError

LEAST_BYTES = 1 << 30
LEAST_SHARE = 0.05
MOST_BYTES = 10 << 30  # a twentieth of a large disk would be more than anything here can need


class Space:
    """Watches the disks of some folders; without folders there is always space."""

    def __init__(
        self,
        folders: Sequence[Path] = (),
        usage: Callable[[Path], tuple[int, int, int]] = shutil.disk_usage,
    ) -> None:
        """Take the folders that are written to; `usage` returns a disk's total, used and free bytes."""
        self._folders = folders
        self._usage = usage

    @property
    def trouble(self) -> str | None:
        """The sentence on where too little space is left, or None."""
        for folder in self._folders:
            place = next(one for one in (folder, *folder.parents) if one.exists())
            total, _, free = self._usage(place)
            wanted = min(max(LEAST_BYTES, int(total * LEAST_SHARE)), MOST_BYTES)
            if free < wanted:
                return (
                    f"Only {gigabytes(free)} are free for {folder}, and {gigabytes(wanted)} have "
                    "to be: nothing more is read or indexed until there is room."
                )
        return None

    def check(self) -> None:
        """Raise `NoSpaceError` where too little is left."""
        trouble = self.trouble
        if trouble is not None:
            raise NoSpaceError(trouble)


def gigabytes(count: int) -> str:
    """Return a number of bytes as people read it."""
    return f"{count / (1 << 30):.1f} GiB"
