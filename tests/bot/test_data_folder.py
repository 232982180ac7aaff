"""A data folder belongs to one process at a time, and says where everything lies."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.data_folder import held
from core.errors import DataFolderInUseError, SettingsError

HOLD = "import sys, pathlib, bot.data_folder as d\nwith d.held(pathlib.Path(sys.argv[1])): print('held', flush=True); input()"


def test_everything_lies_in_the_folder(tmp_path: Path) -> None:
    """The folder is made, with the lock that names this process; the rest is made when needed."""
    with held(tmp_path / "new" / "data") as folder:
        assert folder.path == tmp_path / "new" / "data"
        assert folder.ledger_url == f"sqlite+aiosqlite:///{folder.path}/ledger.sqlite"
        assert folder.index == folder.path / "index"
        assert folder.of_plugin("taverns") == folder.path / "plugins" / "taverns"
        assert folder.lock.read_text() == str(os.getpid())
        assert [path.name for path in folder.path.iterdir()] == ["lock"]


def test_a_folder_can_be_held_again(tmp_path: Path) -> None:
    """What was let go, or left by a process that died, is no obstacle."""
    (tmp_path / "lock").write_text("99999999")
    for _ in range(2):
        with held(tmp_path) as folder:
            assert folder.lock.read_text() == str(os.getpid())


def test_a_folder_in_use_names_who_uses_it(tmp_path: Path) -> None:
    """A second process is refused with the first one's number and what to do."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        assert other.stdin is not None
        assert other.stdout.readline() == "held\n"
        sentence = f"in use by a running bot \\(process {other.pid}\\): .*TAVERNKEEP_DATA"
        with pytest.raises(DataFolderInUseError, match=sentence), held(tmp_path):
            pytest.fail("two processes hold one folder")
        other.stdin.write("\n")
        other.stdin.close()
        other.wait()
    with held(tmp_path):
        pass


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    """A path through a file is named in the sentence."""
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="cannot be used"), held(tmp_path / "file" / "data"):
        pytest.fail("a folder in a file")
