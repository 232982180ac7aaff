"""A console whose output can be read, and a working folder without settings of this machine."""

import io
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rich.console import Console

OURS = ("bot", "core", "plugins")


@pytest.fixture
def console() -> Console:
    """Return a console that keeps what is printed on it."""
    return Console(file=io.StringIO(), width=160)


@pytest.fixture
def printed(console: Console) -> Callable[[], str]:
    """Return what gives what was printed so far."""

    def so_far() -> str:
        assert isinstance(console.file, io.StringIO)
        return console.file.getvalue()

    return so_far


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    """Return a folder of two Markdown files."""
    folder = tmp_path / "pages"
    folder.mkdir()
    (folder / "kitchen.md").write_text("# Kitchen\n\nThe kitchen closes at ten in the evening.\n")
    (folder / "music.md").write_text("# Music\n\nOn Fridays a band plays in the great hall.\n")
    return folder


@pytest.fixture
def outside(tmp_path: Path, pages: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Name the test's own data folder and pages in the environment; return the data folder."""
    monkeypatch.chdir(tmp_path)  # where no `.env` lies
    monkeypatch.setenv("TAVERNKEEP_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("TAVERNKEEP_FOLDERS__PATHS", f'["{pages}"]')
    levels = {name: logging.getLogger(name).level for name in OURS}
    yield tmp_path / "data"
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
