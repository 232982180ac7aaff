"""The data folder: where everything lies, and the lock that keeps a second process out of it."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from core.errors import DataFolderInUseError, SettingsError


@dataclass(frozen=True, slots=True)
class DataFolder:
    """The places in a data folder."""

    path: Path

    @property
    def ledger_url(self) -> str:
        """The address of the embedded ledger."""
        return f"sqlite+aiosqlite:///{self.path / 'ledger.sqlite'}"

    @property
    def index(self) -> Path:
        """Milvus Lite's folder."""
        return self.path / "index"

    @property
    def lock(self) -> Path:
        """The file whose lock says that the folder is in use, and by which process."""
        return self.path / "lock"

    def of_plugin(self, name: str) -> Path:
        """Return the folder of a plugin; the plugin makes it when it has something to keep."""
        return self.path / "plugins" / name


@contextmanager
def held(path: Path) -> Iterator[DataFolder]:
    """Make and lock a data folder; raise `DataFolderInUseError` where a process has it."""
    folder = DataFolder(path.resolve())
    try:
        folder.path.mkdir(parents=True, exist_ok=True)
        lock = folder.lock.open("a+", encoding="ascii")
    except OSError as error:
        raise SettingsError(f"The data folder {folder.path} cannot be used: {error}") from error
    with lock:
        _take(lock, folder.path)
        yield folder


def _take(lock: TextIO, path: Path) -> None:
    """Lock the file and write this process's number into it."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.seek(0)
        raise DataFolderInUseError(
            f"The data folder {path} is in use by a running bot (process "
            f"{lock.read().strip() or 'unknown'}): stop it first, or use its room; another "
            f"folder is chosen by TAVERNKEEP_DATA."
        ) from error
    except OSError as error:
        raise SettingsError(f"The data folder {path} cannot be locked: {error}") from error
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
