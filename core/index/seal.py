"""A seal over the files of Milvus Lite: what was written there, so that damage is noticed.

Lite's files carry no checksum, and a vector with a flipped bit is as good a vector as any. Its data
and index files are never changed once written, so a checksum of each, taken after a flush, tells
at the next start whether they still are what they were.
"""

import json
import logging
import zlib
from collections.abc import Iterator
from pathlib import Path

log = logging.getLogger(__name__)
SEAL = "seal.json"
SEALED = ("*.parquet", "*.idx", "*.sidx")
PIECE = 1 << 20


class Seal:
    """The sizes and checksums of a folder's files; a missing or unreadable seal vouches for none."""

    def __init__(self, folder: Path) -> None:
        """Take the folder; nothing is read yet."""
        self._folder = folder
        self._known: dict[str, tuple[int, int]] = {}
        self._as_of: dict[str, tuple[int, int]] = {}

    def broken(self) -> str | None:
        """Read the seal and return a file that is not what it was when it was sealed, or None.

        A file that is gone is no reason: that rows are missing is found by comparing them.
        """
        try:
            held = json.loads((self._folder / SEAL).read_text(encoding="ascii"))
            sealed = {str(name): (int(size), int(sum_)) for name, (size, sum_) in held.items()}
        except (OSError, ValueError, TypeError, AttributeError):
            return None
        for name, path in self._files():
            if name in sealed:
                self._known[name] = measured(path)
                self._as_of[name] = changed(path)
                if self._known[name] != sealed[name]:
                    return name
        return None

    def renew(self) -> None:
        """Measure the files that are new since the last time, and write the seal."""
        try:
            found = dict(self._files())
            now = {name: changed(path) for name, path in found.items()}
            self._known = {
                name: self._known[name] if self._as_of.get(name) == now[name] else measured(path)
                for name, path in found.items()
            }
            self._as_of = now
            written = self._folder / f"{SEAL}.new"
            written.write_text(json.dumps(self._known), encoding="ascii")
            written.replace(self._folder / SEAL)
        except OSError as error:
            log.warning("The index folder %s could not be sealed: %s", self._folder, error)

    def forget(self, collection: str) -> None:
        """Vouch no more for a collection that goes: its files' names may be used again."""
        inside = f"collections/{collection}/"
        gone = [name for name in self._known if name.startswith(inside)]
        for name in gone:
            del self._known[name]
        if gone:
            self.renew()

    def _files(self) -> Iterator[tuple[str, Path]]:
        for pattern in SEALED:
            for path in self._folder.rglob(pattern):
                yield str(path.relative_to(self._folder)), path


def changed(path: Path) -> tuple[int, int]:
    """Return a file's size and when it was changed: where both are the same, the file is."""
    status = path.stat()
    return status.st_size, status.st_mtime_ns


def measured(path: Path) -> tuple[int, int]:
    """Return a file's size in bytes and its CRC-32."""
    size, sum_ = 0, 0
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            size += len(piece)
            sum_ = zlib.crc32(piece, sum_)
    return size, sum_
