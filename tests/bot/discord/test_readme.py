"""Discord's README names tests that there are, and modules that there are."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
HERE = Path(__file__).parent
README = (ROOT / "bot" / "discord" / "README.md").read_text(encoding="utf-8")


def test_every_test_that_is_named_exists() -> None:
    """Each row of the table is a promise that a test keeps."""
    named = re.findall(r"`([\w/]+\.py)::(test_\w+)`", README)
    assert len(named) > 40
    for file, test in named:
        path = ROOT / file if "/" in file else HERE / file
        assert f"def {test}(" in path.read_text(encoding="utf-8"), f"{file}::{test}"


def test_every_module_that_is_named_exists() -> None:
    """The description of how it is built is one of what is there."""
    built = README.split("## How it is built")[1].split("\n## ")[0]
    for name in re.findall(r"`(\w+\.py)`", built):
        assert (ROOT / "bot" / "discord" / name).exists(), name
