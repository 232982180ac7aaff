"""The words of one collection of Milvus Lite, in a SQLite file of their own, searched with FTS5.

Lite's own word search is a loop in Python, which takes long and holds up everything else in this
process meanwhile; SQLite lets go of the interpreter while it searches.
"""

import json
import logging
import sqlite3
import time
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock

from core.errors import IndexUnavailableError
from core.index.schema import encoded
from core.items import Hit, IndexItem

log = logging.getLogger(__name__)

WAIT_SECONDS = 30.0
CACHE = "PRAGMA cache_size=-8000"  # kibibytes, for each connection
PIECE = 1 << 20
BELIEVED_SECONDS = 60.0
MOST_KNOWN = 20_000  # terms whose rows are not counted again
# A match costs about two microseconds, and terms that many rows have say little about any.
PLENTY, MOST_MATCHES = 1_000, 20_000
# What is wrong with the machine rather than with the file.
ELSEWHERE = (
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_INTERRUPT,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_READONLY,
)
# The tokenizer keeps everything outside of ASCII whole, whatever Unicode comes to know.
TABLES = """
CREATE TABLE IF NOT EXISTS rows (
    rowid INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, audience INTEGER NOT NULL
);
CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5 (terms, tokenize="ascii tokenchars '_'");
CREATE VIRTUAL TABLE IF NOT EXISTS held USING fts5vocab (words, 'row');
"""
NAMED = "(SELECT value FROM json_each(?))"
OF_IDS = f"SELECT rowid FROM rows WHERE id IN {NAMED}"  # noqa: S608 - no value is put into it
BEST = f"""
SELECT id, owner, -bm25(words) AS score FROM words CROSS JOIN rows ON rows.rowid = words.rowid
WHERE words MATCH ? AND rows.audience IN {NAMED} ORDER BY score DESC, id LIMIT ?
"""  # noqa: S608 - no value is put into it


class Words:
    """One collection's words; one thread writes, any number search.

    A file that is damaged is made anew, empty, and `IndexUnavailableError` says so to whoever
    searches or compares next: once, after which it lacks rows like any other that was not filled.
    """

    def __init__(self, file: Path) -> None:
        """Open a file or make one; `IndexUnavailableError` where the disk does not let it."""
        self._file = file
        self._lock = Lock()
        self._making = Lock()
        self._idle: list[sqlite3.Connection] = []
        self._known: dict[str, int] = {}
        self._counted = 0.0
        self._lost = False
        with self._guarded(opening=True):
            self._writer = self._opened()

    def upsert(self, items: Sequence[IndexItem]) -> None:
        """Write rows, replacing those of the same id, in one transaction."""
        rows = {item.id: item for item in items}
        with self._guarded(), self._writer as connection:
            _remove(connection, list(rows))
            (last,) = connection.execute("SELECT coalesce(max(rowid), 0) FROM rows").fetchone()
            numbered = list(enumerate(rows.values(), last + 1))
            connection.executemany(
                "INSERT INTO rows VALUES (?, ?, ?, ?)",
                [(number, one.id, one.owner, one.audience) for number, one in numbered],
            )
            connection.executemany(
                "INSERT INTO words (rowid, terms) VALUES (?, ?)",
                [(number, encoded(one.terms)) for number, one in numbered],
            )

    def delete(self, ids: Sequence[str]) -> None:
        """Remove rows; unknown ids are passed over."""
        with self._guarded(), self._writer as connection:
            _remove(connection, ids)

    def search(self, terms: str, audiences: Sequence[int], limit: int) -> list[Hit]:
        """Return the rows that share terms, best first by BM25, equals by id.

        Where very many rows have a term, the rarer ones decide alone.
        """
        asked = sorted({*encoded(terms).split()})
        if not (asked and audiences) or limit < 1:
            return []
        if self._lost:
            self._lost = False
            raise IndexUnavailableError(f"The index lost the words in {self._file.name}.")
        with self._guarded(asked=True), self._reading() as connection:
            matched = " OR ".join(f'"{term}"' for term in self._telling(connection, asked))
            found = connection.execute(BEST, (matched, json.dumps(list(audiences)), limit))
            return [Hit(id=id_, owner=owner, score=max(0.0, score)) for id_, owner, score in found]

    def rows(self, after: str = "", upto: str | None = None) -> dict[str, int]:
        """Return the ids after one and up to another, or up to the end, each with its audience."""
        end, bounds = ("AND id <= ?", (after, upto)) if upto is not None else ("", (after,))
        self._lost = False  # whoever compares finds out
        with self._guarded(asked=True), self._reading() as connection:
            held = connection.execute(
                f"SELECT id, audience FROM rows WHERE id > ? {end}",  # noqa: S608 - a constant
                bounds,
            )
            return dict(held.fetchall())

    def count(self) -> int:
        """Return how many rows there are."""
        self._lost = False
        with self._guarded(asked=True), self._reading() as connection:
            return int(connection.execute("SELECT count(*) FROM rows").fetchone()[0])

    def close(self) -> None:
        """Let go of the file, and vouch for it as it is then."""
        self._let_go()
        self._writer.close()
        try:
            if not self._beside("-wal").exists():  # or something has still to be carried over
                written = self._beside(".sum.new")
                written.write_text(str(_sum_of(self._file)), encoding="ascii")
                written.replace(self._beside(".sum"))
        except OSError as error:
            log.warning("The words in %s could not be sealed: %s", self._file, error)

    def remove(self) -> None:
        """Let go of the file and delete it, with everything beside it."""
        self._let_go()
        self._writer.close()
        erase(self._file)

    def _telling(self, connection: sqlite3.Connection, asked: Sequence[str]) -> list[str]:
        """Return the terms to search for, the rarest first."""
        now = time.monotonic()
        if now - self._counted > BELIEVED_SECONDS or len(self._known) > MOST_KNOWN:
            (rows,) = connection.execute("SELECT count(*) FROM rows").fetchone()
            self._known, self._counted = {"": rows}, now
        known, chosen, matches = self._known, [], 0
        for term in asked:
            if term not in known:
                row = connection.execute("SELECT doc FROM held WHERE term = ?", (term,)).fetchone()
                known[term] = row[0] if row else 0
        for term in sorted(asked, key=lambda one: known[one]):
            held = known[term]
            most = 2 * held > known[""] or matches + held > MOST_MATCHES
            if matches >= PLENTY and most:
                break
            chosen.append(term)
            matches += held
        return chosen

    @contextmanager
    def _guarded(self, *, opening: bool = False, asked: bool = False) -> Iterator[None]:
        """Turn SQLite's errors into ours, and put an empty file in the place of a damaged one.

        Whoever `asked` something is told by the error; else the next one who asks is.
        """
        met = self._idle
        try:
            yield
        except (sqlite3.Error, UnicodeDecodeError) as error:
            trouble = f"The index cannot use the words in {self._file.name}: {error}."
            if _is_elsewhere(error):
                raise IndexUnavailableError(trouble) from error
            with self._making:
                if met is self._idle:  # nobody else has met it and made it anew
                    log.warning("%s They are made anew from the ledger.", trouble)
                    self._renew()
                    self._lost = not asked
            if not opening:
                raise IndexUnavailableError(trouble) from error

    def _renew(self) -> None:
        self._let_go()  # but of the writer, whose thread may be at work with it
        erase(self._file)
        try:
            self._writer = self._opened()
        except sqlite3.Error as error:
            raise IndexUnavailableError(f"The index cannot make {self._file}: {error}.") from error

    def _opened(self) -> sqlite3.Connection:
        """Return the writer's connection to a file that was looked through."""
        sound = self._vouched()
        connection = self._connected()
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA journal_size_limit=67108864")
            connection.executescript(TABLES)
            if not sound:
                found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
                if found != "ok":
                    raise sqlite3.DatabaseError(found)
                connection.execute("INSERT INTO words (words) VALUES ('integrity-check')")
                connection.commit()
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _vouched(self) -> bool:
        """Say whether the file is what it was when it was closed; that it is not raises.

        After a crash nothing vouches for it, and it has to be looked through.
        """
        noted = self._beside(".sum")
        try:
            if not self._file.exists() or not noted.exists():
                return False
            same = noted.read_text(encoding="ascii") == str(_sum_of(self._file))
            noted.unlink()
        except OSError as error:
            raise IndexUnavailableError(f"The index cannot read {self._file}: {error}.") from error
        except UnicodeDecodeError:
            same = False
        if not same:
            raise sqlite3.DatabaseError("it is not what it was when it was closed")
        return True

    def _connected(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._file, timeout=WAIT_SECONDS, check_same_thread=False)
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute(CACHE)
        return connection

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection; one that was lent when the file was made anew is not lent again."""
        with self._lock:
            idle = self._idle
            connection = idle.pop() if idle else None
        connection = connection or self._connected()
        sound = False
        try:
            yield connection
            sound = True
        finally:
            with self._lock:
                kept = sound and idle is self._idle
                if kept:
                    idle.append(connection)
            if not kept:
                connection.close()

    def _let_go(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
            self._known, self._counted = {}, 0.0
        for connection in idle:
            with suppress(sqlite3.Error):
                connection.close()

    def _beside(self, suffix: str) -> Path:
        return self._file.with_name(self._file.name + suffix)


def erase(file: Path) -> None:
    """Delete a file of words and what SQLite and the seal keep beside it."""
    try:
        for suffix in ("", "-wal", "-shm", "-journal", ".sum", ".sum.new"):
            file.with_name(file.name + suffix).unlink(missing_ok=True)
    except OSError as error:
        raise IndexUnavailableError(f"The index cannot remove {file}: {error}.") from error


def _remove(connection: sqlite3.Connection, ids: Sequence[str]) -> None:
    gone = connection.execute(OF_IDS, (json.dumps(list(ids)),)).fetchall()
    connection.executemany("DELETE FROM words WHERE rowid = ?", gone)
    connection.executemany("DELETE FROM rows WHERE rowid = ?", gone)


def _is_elsewhere(error: Exception) -> bool:
    """Say whether an error tells of the disk, the memory or the caller, and not of the file."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code in ELSEWHERE or isinstance(error, sqlite3.ProgrammingError)


def _sum_of(file: Path) -> int:
    """Return a file's CRC-32."""
    sum_ = 0
    with file.open("rb") as opened:
        while piece := opened.read(PIECE):
            sum_ = zlib.crc32(piece, sum_)
    return sum_
