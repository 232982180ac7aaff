"""What every family of rows is given: how much to measure, over what, and where to put things."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeAlias, TypeVar

T = TypeVar("T")
Tell: TypeAlias = Callable[[str], None]


class Size(StrEnum):
    """How much is measured."""

    QUICK = "quick"
    USUAL = "usual"
    LONG = "long"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """One run. `data` is a folder of texts to measure over; None means what is installed here."""

    size: Size
    data: Path | None
    build: Path

    @property
    def scratch(self) -> Path:
        """The folder for what is made once and used by later runs."""
        folder = self.build / "bench"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def pick(self, quick: T, usual: T, long: T | None = None) -> T:
        """Return the figure for this run's size; a long run takes the usual one where none is given."""
        if self.size is Size.QUICK:
            return quick
        return usual if self.size is Size.USUAL or long is None else long
