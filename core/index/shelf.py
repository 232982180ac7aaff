"""The word files of a Milvus Lite that runs in this process: one for each collection."""

import logging
from collections.abc import Collection, Mapping
from pathlib import Path
from threading import Lock

from core.errors import IndexUnavailableError
from core.index.words import Words, erase

log = logging.getLogger(__name__)
HALF = -1  # an audience that the ledger gives to nobody


class Shelf:
    """Holds the open `Words` of collections, by name; closed with the session that made it."""

    def __init__(self, folder: Path) -> None:
        """Take the folder that the files lie in; it is made where there is none."""
        self._folder = folder
        self._names: set[str] = set()
        self._open: dict[str, Words] = {}
        self._lock = Lock()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise IndexUnavailableError(f"The index cannot make {folder}: {error}.") from error

    def open(self, collections: Collection[str]) -> None:
        """Open the words of these collections, and delete those of all others.

        A full disk is no reason to do without the vectors: what cannot be opened is tried again.
        """
        for file in self._folder.glob("*.sqlite*"):
            if file.name.partition(".sqlite")[0] not in collections:
                erase(file)
        self._names = set(collections)
        for collection in collections:
            self.get(collection)

    def make(self, collection: str) -> None:
        """Open an empty file for a collection that is about to be made."""
        self.remove(collection)
        self._names.add(collection)
        self.of(collection)

    def of(self, collection: str) -> Words:
        """Return a collection's words; `IndexUnavailableError` where it went or cannot be opened."""
        with self._lock:
            words = self._open.get(collection)
            if words is None:
                if collection not in self._names:
                    raise IndexUnavailableError(f"The index holds no words of {collection}.")
                words = self._open[collection] = Words(self._file(collection))
            return words

    def get(self, collection: str) -> Words | None:
        """Return a collection's words, or None where there is no way to them just now."""
        try:
            return self.of(collection)
        except IndexUnavailableError as error:
            log.warning("%s Meanwhile nothing is found by its words.", error)
            return None

    def remove(self, collection: str) -> None:
        """Delete a collection's words, if there are any."""
        with self._lock:
            self._names.discard(collection)
            words = self._open.pop(collection, None)
        if words is None:
            erase(self._file(collection))
        else:
            words.remove()

    def close(self) -> None:
        """Let go of all files."""
        while self._open:
            self._open.popitem()[1].close()

    def _file(self, collection: str) -> Path:
        return self._folder / f"{collection}.sqlite"


def merged(vectors: Mapping[str, int], words: Mapping[str, int]) -> dict[str, int]:
    """Return all rows with their audience, which is `HALF` where the two do not say the same.

    Whoever compares them with the ledger finds those changed, and writes or removes both halves.
    """
    return {
        id_: vectors[id_] if vectors.get(id_) == words.get(id_) else HALF
        for id_ in {*vectors, *words}
    }
