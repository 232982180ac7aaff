"""The words of a collection beside Milvus Lite: what is found, and what becomes of a bad file."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from core.errors import IndexUnavailableError
from core.index import words as words_module
from core.index.shelf import HALF, Shelf, merged
from core.index.words import Words
from core.items import IndexItem

VECTOR = np.array([1, 0], dtype=np.float32)


def item(id_: str, terms: str, audience: int = 1) -> IndexItem:
    """Return a row."""
    return IndexItem(id=id_, owner=f"of-{id_}", audience=audience, terms=terms, vector=VECTOR)


def found(words: Words, terms: str, audiences: tuple[int, ...] = (1,), limit: int = 9) -> list[str]:
    """Return the ids that a search finds."""
    return [hit.id for hit in words.search(terms, audiences, limit)]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return where the words lie."""
    return tmp_path / "c.sqlite"


@pytest.fixture
def words(file: Path) -> Iterator[Words]:
    """Return the words of an empty collection."""
    opened = Words(file)
    yield opened
    opened.close()


def test_best_first_and_equals_by_id(words: Words) -> None:
    """More of a rare term is better; of two that are equal the smaller id comes first."""
    others = [item(f"z{n}", "stoat") for n in range(9)]
    words.upsert([item("c", "otter otter"), item("b", "otter heron"), item("a", "otter heron")])
    words.upsert(others)
    hits = words.search("otter walrus", [1], 9)
    assert [hit.id for hit in hits] == ["c", "a", "b"]
    assert hits[0].score > hits[1].score == hits[2].score > 0
    assert hits[0].owner == "of-c"
    assert found(words, "otter", limit=1) == ["c"]


def test_a_row_is_replaced_and_removed(words: Words) -> None:
    """Of a row that was written twice only the last terms and readers count; a deleted one is gone."""
    words.upsert([item("a", "otter"), item("b", "otter")])
    words.upsert([item("a", "heron"), item("a", "lynx", audience=2)])
    assert (found(words, "otter"), found(words, "heron")) == (["b"], [])
    assert (found(words, "lynx"), found(words, "lynx", (2, 7))) == ([], ["a"])
    words.delete(["b", "never there"])
    assert found(words, "otter") == []
    assert words.rows() == {"a": 2}
    assert words.count() == 1


@pytest.mark.parametrize("asked", ['"', 'x" OR "otter', "otter*", "NEAR(otter)", "terms:otter", ""])
def test_syntax_is_only_words(words: Words, asked: str) -> None:
    """What FTS5 would take for its own syntax neither fails nor finds more than its words."""
    words.upsert([item("a", "heron")])
    assert found(words, asked) == []


def test_words_of_every_script(words: Words) -> None:
    """Terms that Unicode came to know later than SQLite, and signs, are found whole."""
    terms = ["混合", "हिन्दी", "c++", "2.3.5", "audience_id", "🙂", "𞤀𞤣", "ꟶ"]
    words.upsert([item(str(n), term) for n, term in enumerate(terms)])
    assert [found(words, term) for term in terms] == [[str(n)] for n in range(len(terms))]


def test_rows_are_listed_in_parts(words: Words) -> None:
    """Bounds are those of the ids' order: after one, up to another and with it."""
    words.upsert([item(id_, "otter") for id_ in ("a", "b", "ä", "🙂")])
    assert list(words.rows("a", "ä")) == ["b", "ä"]
    assert set(words.rows("ä")) == {"🙂"}


def test_terms_of_most_rows_decide_nothing(words: Words) -> None:
    """In a large collection what most rows have is not searched for beside rarer terms."""
    many = words_module.PLENTY + 200
    words.upsert([item(f"{n:05}", "the otter" if n % 2 else "the heron") for n in range(2 * many)])
    assert len(found(words, "the otter", limit=9 * many)) == many
    assert len(found(words, "the", limit=9 * many)) == 2 * many


def test_many_threads_search_while_one_writes(words: Words) -> None:
    """Every search sees whole batches, and the last one everything."""
    with ThreadPoolExecutor(4) as pool:
        searches = []
        for batch in range(20):
            words.upsert([item(f"{batch}-{n}", "otter") for n in range(10)])
            searches += [pool.submit(found, words, "otter", limit=999) for _ in range(4)]
        sizes = [len(search.result()) for search in searches]
    assert all(size % 10 == 0 for size in sizes)
    assert len(found(words, "otter", limit=999)) == 200


def test_what_was_written_survives_closing_and_a_crash(file: Path, tmp_path: Path) -> None:
    """Closed, or copied as a kill leaves it, a file opens again with its rows."""
    first = Words(file)
    first.upsert([item("a", "otter")])
    crashed = tmp_path / "crashed.sqlite"
    for suffix in ("", "-wal"):
        crashed.with_name(crashed.name + suffix).write_bytes(
            file.with_name(file.name + suffix).read_bytes()
        )
    first.close()
    for path in (file, crashed):
        again = Words(path)
        assert found(again, "otter") == ["a"]
        again.close()


@pytest.mark.parametrize("content", [b"", b"no database at all " * 300])
def test_a_file_that_is_no_database_is_made_anew(file: Path, content: bytes) -> None:
    """What cannot be read is replaced; the next search says that something was lost, once."""
    first = Words(file)
    first.upsert([item("a", "otter")])
    first.close()
    file.write_bytes(content)
    again = Words(file)
    with pytest.raises(IndexUnavailableError, match="lost"):
        again.search("otter", [1], 9)
    assert again.search("otter", [1], 9) == []
    again.upsert([item("a", "otter")])
    assert found(again, "otter") == ["a"]
    again.close()


def test_one_flipped_bit_is_noticed(file: Path) -> None:
    """A closed file is compared with its checksum: the terms themselves cannot tell."""
    first = Words(file)
    first.upsert([item("a", "otter")])
    first.close()
    file.write_bytes(file.read_bytes().replace(b"of-a", b"of-b"))
    again = Words(file)
    assert again.count() == 0
    assert again.search("otter", [1], 9) == []  # whoever counted knows already
    again.close()


def test_an_index_that_lacks_words_is_noticed_after_a_crash(file: Path) -> None:
    """Without a checksum rows and terms are compared: a row without its terms is damage."""
    first = Words(file)
    first.upsert([item("a", "otter"), item("b", "heron")])
    first.close()
    file.with_name(file.name + ".sum").unlink()
    raw = sqlite3.connect(file)
    raw.execute("DELETE FROM words_content WHERE id = 1")
    raw.commit()
    raw.close()
    again = Words(file)
    assert again.count() == 0
    again.close()


@pytest.mark.parametrize("writing", [True, False])
def test_damage_that_is_met_at_work(file: Path, writing: bool) -> None:
    """A call that meets damage raises, and the empty file after it works."""
    words = Words(file)
    words.upsert([item("a", "otter")])
    raw = sqlite3.connect(file)
    raw.execute("DROP TABLE words")
    raw.commit()
    raw.close()
    with pytest.raises(IndexUnavailableError, match="cannot use the words"):
        words.upsert([item("b", "lynx")]) if writing else words.search("otter", [1], 9)
    if writing:  # who searches has not heard of it yet
        with pytest.raises(IndexUnavailableError, match="lost"):
            words.search("otter", [1], 9)
    assert words.search("otter", [1], 9) == []
    words.upsert([item("b", "lynx")])
    assert words.rows() == {"b": 1}
    words.close()


def test_a_full_disk_throws_nothing_away(words: Words) -> None:
    """A write that finds no room raises; what was there stays, and later writes are taken."""
    words.upsert([item("a", "otter")])
    (pages,) = words._writer.execute("PRAGMA page_count").fetchone()
    words._writer.execute(f"PRAGMA max_page_count={pages}")
    with pytest.raises(IndexUnavailableError, match="full"):
        words.upsert([item(str(n), f"heron{n} " * 500) for n in range(200)])
    words._writer.execute("PRAGMA max_page_count=1000000")
    assert words.rows() == {"a": 1}
    words.upsert([item("b", "otter")])
    assert found(words, "otter") == ["a", "b"]


def test_a_place_that_cannot_be_used(tmp_path: Path) -> None:
    """A folder in the way of a file, or a file in the way of the folder, is said and left alone."""
    (tmp_path / "c.sqlite").mkdir()
    with pytest.raises(IndexUnavailableError, match=r"c\.sqlite"):
        Words(tmp_path / "c.sqlite")
    (tmp_path / "words").write_text("")
    with pytest.raises(IndexUnavailableError, match="words"):
        Shelf(tmp_path / "words")


def test_a_shelf_keeps_no_strangers(tmp_path: Path) -> None:
    """What a crash left of a dropped collection is deleted at the next opening."""
    shelf = Shelf(tmp_path)
    for name in ("kept", "dropped"):
        shelf.make(name)
        shelf.of(name).upsert([item("a", "otter")])
    shelf.close()
    shelf.open(["kept"])
    assert not list(tmp_path.glob("dropped*"))
    assert found(shelf.of("kept"), "otter") == ["a"]
    with pytest.raises(IndexUnavailableError, match="dropped"):
        shelf.of("dropped")
    shelf.remove("kept")
    shelf.remove("never there")
    assert not list(tmp_path.iterdir())


def test_halves_are_told() -> None:
    """A row with only its vector or its words, or with two opinions on its readers, is nobody's."""
    vectors, words = {"a": 1, "b": 1, "c": 1}, {"a": 1, "c": 2, "d": 1}
    assert merged(vectors, words) == {"a": 1, "b": HALF, "c": HALF, "d": HALF}
