"""Milvus Lite, started in this process over a folder.

It is started here rather than by pymilvus, which would neither say why a folder cannot be opened
nor let go of it before the process ends.
"""

import logging
from datetime import datetime
from pathlib import Path

import grpc  # type: ignore[import-untyped]  # it ships no types
import pyarrow  # type: ignore[import-untyped]  # it ships no types
from milvus_lite.adapter.grpc.server import (  # type: ignore[import-untyped]  # it ships no types
    start_server_in_thread,
)
from milvus_lite.db import MilvusLite  # type: ignore[import-untyped]  # it ships no types
from milvus_lite.exceptions import (  # type: ignore[import-untyped]  # it ships no types
    DataDirLockedError,
    MilvusLiteError,
)

from core.errors import IndexUnavailableError
from core.index.seal import Seal

log = logging.getLogger(__name__)

GRACE_SECONDS = 5.0


class Lite:
    """One running Milvus Lite, which holds the lock of its folder until `stop`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.seal = Seal(folder)
        self._server: grpc.Server
        self._database: MilvusLite
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            self._server, self._database, port = start_server_in_thread(str(folder))
        except DataDirLockedError as error:
            raise IndexUnavailableError(
                f"The index folder {folder} is locked by another process: stop that one first, "
                "or set index.uri to another place."
            ) from error
        except (MilvusLiteError, OSError, ValueError) as error:
            raise IndexUnavailableError(
                f"The index folder {folder} cannot be opened: {error}"
            ) from error
        self.address = f"http://127.0.0.1:{port}"
        broken = self.seal.broken()
        if broken:
            self.stop()
            raise IndexUnavailableError(
                f"The index folder {folder} cannot be opened: {broken} is damaged."
            )

    def stop(self, *, sealed: bool = False) -> None:
        """Let running calls end and let go of the folder; trouble is logged, not raised.

        `sealed` vouches for the files as they are then.
        """
        self._server.stop(GRACE_SECONDS).wait()
        try:
            self._database.close()
        except OSError as error:
            log.warning("The index folder %s did not close cleanly: %s", self.folder, error)
        if sealed:
            self.seal.renew()


def trim() -> None:
    """Give the system back what reading files took: Arrow keeps 300 MB of it after 50,000 rows.

    To be called by the main thread: of what other threads left, Arrow gives back nothing else.
    """
    pyarrow.default_memory_pool().release_unused()


def is_folder(uri: str) -> bool:
    """Say whether an address of an index is the folder of a Milvus Lite."""
    return "://" not in uri and not uri.startswith("unix:")


def set_aside(uri: str, now: datetime) -> Path | None:
    """Rename a folder that cannot be used, and return its new name; None where there is none.

    A folder that another process holds raises `IndexUnavailableError`.
    """
    folder = Path(uri)
    if not is_folder(uri) or not folder.exists():
        return None
    if folder.is_dir():
        refuse_locked(folder)
    aside = folder.with_name(f"{folder.name}.unreadable-{now:%Y%m%dT%H%M%S.%fZ}")
    try:
        return folder.rename(aside)
    except OSError as error:
        raise IndexUnavailableError(
            f"The index folder {folder} cannot be renamed: {error}"
        ) from error


def refuse_locked(folder: Path) -> None:
    """Raise `IndexUnavailableError` where another process holds a folder, however broken it is."""
    try:
        Lite(folder).stop()
    except IndexUnavailableError as error:
        if isinstance(error.__cause__, DataDirLockedError):
            raise
