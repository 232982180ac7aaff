"""A seal tells a damaged file from a sound one, and never a sound one from itself."""

from pathlib import Path

import pytest

from core.index.seal import SEAL, Seal


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with two files, sealed."""
    for name in ("one", "two"):
        path = tmp_path / "collections" / name / "data.parquet"
        path.parent.mkdir(parents=True)
        path.write_bytes(name.encode() * 1_000)
    Seal(tmp_path).renew()
    return tmp_path


def test_a_sound_folder(folder: Path) -> None:
    """What was not touched is as it was, and so is what is new since."""
    (folder / "collections" / "new.idx").write_bytes(b"new")
    seal = Seal(folder)
    assert seal.broken() is None
    seal.renew()
    assert Seal(folder).broken() is None


def test_one_bit(folder: Path) -> None:
    """One other bit is noticed, and the file is named."""
    path = folder / "collections" / "two" / "data.parquet"
    content = bytearray(path.read_bytes())
    content[1_234] ^= 4
    path.write_bytes(content)
    assert Seal(folder).broken() == "collections/two/data.parquet"


def test_what_is_written_anew_is_measured_anew(folder: Path) -> None:
    """A file that Lite went on writing to while it was sealed is sealed as it is at last."""
    seal = Seal(folder)
    assert seal.broken() is None
    (folder / "collections" / "one" / "data.parquet").write_bytes(b"longer" * 999)
    seal.renew()
    assert Seal(folder).broken() is None


def test_a_missing_file_is_no_damage(folder: Path) -> None:
    """Lite merges files, and a kill may come before the seal: rows tell whether anything is lost."""
    (folder / "collections" / "one" / "data.parquet").unlink()
    assert Seal(folder).broken() is None


def test_a_forgotten_collection_is_not_vouched_for(folder: Path) -> None:
    """The files of a collection that was dropped may come back with other content."""
    seal = Seal(folder)
    assert seal.broken() is None
    path = folder / "collections" / "one" / "data.parquet"
    path.unlink()
    seal.forget("one")
    seal.forget("never there")
    path.write_bytes(b"another")
    assert Seal(folder).broken() is None


@pytest.mark.parametrize("content", ["", "[]", "{", '{"a": 1}', "ä"])
def test_an_unreadable_seal_vouches_for_nothing(folder: Path, content: str) -> None:
    """Without a seal, or with a broken one, the folder is taken as it is."""
    (folder / SEAL).write_text(content, encoding="utf-8")
    assert Seal(folder).broken() is None


def test_where_nothing_can_be_written(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A seal that cannot be written is logged, and that is all."""
    (folder / f"{SEAL}.new").mkdir()
    Seal(folder).renew()
    assert "could not be sealed" in caplog.text
