"""What a newcomer types first: the Makefile's targets and the checks of a bare machine."""

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TARGETS = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


def make(*arguments: str) -> str:
    """Return what make prints."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    ran = subprocess.run(
        ["make", "--no-print-directory", *arguments],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_help_lists_every_target() -> None:
    """`make` alone and `make help` tell what each target does."""
    listed = dict(re.findall(r"^  make ([a-z]+)\s+(\S.*)$", make("help"), re.MULTILINE))
    assert sorted(listed) == sorted(TARGETS)
    assert make() == make("help")


@pytest.mark.parametrize(
    ("target", "does"),
    [
        ("run", "-m bot run"),
        ("demo", "-m bot demo"),
        ("test", "-m pytest"),
        ("cover", "--cov"),
        ("check", "mypy"),
        ("fix", "ruff format ."),
    ],
)
def test_targets_do_what_they_say(target: str, does: str) -> None:
    """Each target ends in the command that it is named for, in the environment that it made."""
    last = [line for line in make("-n", target).splitlines() if does in line]
    assert last
    assert last[0].startswith(".venv/bin/")


def test_a_bare_checkout_installs_pinned_versions_first() -> None:
    """`make run` makes the environment with the constraints, and another PyTorch can be chosen."""
    dry = make("-n", "--always-make", "run", "TORCH=torch==2.13.0")
    assert re.search(r"install -c constraints\.txt torch==2\.13\.0 ", dry)
    assert dry.index("install -c constraints.txt -e .") < dry.index("-m bot run")


def test_cleaning_keeps_the_data_folder() -> None:
    """`make clean` removes what can be made again, and nothing that people said."""
    removed = make("-n", "clean").split()
    assert ".venv" in removed
    assert not {"data", ".", "..", "*", "/"} & {*removed}


def test_the_checks_of_a_bare_machine_can_be_started() -> None:
    """`.ci/run` is executable, bash can read it, and it calls what the README names."""
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    subprocess.run(["bash", "-n", str(script)], check=True)
    text = script.read_text(encoding="utf-8")
    assert {"make check", "make test"} <= set(text.splitlines())
