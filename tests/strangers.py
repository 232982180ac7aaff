"""Plugins of strangers: real distributions in a folder, found by their entry points."""

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

METADATA = "Metadata-Version: 2.1\nName: {name}\nVersion: 1.0.0\n"
HEAD = """
from datetime import timedelta
from core.hookspecs import hookimpl
from core.job import Job
"""


class Strangers:
    """A folder on the import path that packages are installed into, as an installer would."""

    def __init__(self, folder: Path) -> None:
        """Take the folder."""
        self._folder = folder
        self.modules: list[str] = []

    def install(self, name: str, code: str, module: str | None = None) -> str:
        """Install a package whose entry point `name` is a module with this code; return the name."""
        module = module or f"stranger_{name}"
        self.modules.append(module)
        (self._folder / f"{module}.py").write_text(HEAD + code, encoding="utf-8")
        info = self._folder / f"{module}-1.0.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(METADATA.format(name=module), encoding="utf-8")
        (info / "entry_points.txt").write_text(
            f"[tavernkeep.plugins]\n{name} = {module}\n", encoding="utf-8"
        )
        importlib.invalidate_caches()
        return name


@contextmanager
def strangers_in(folder: Path) -> Iterator[Strangers]:
    """Put a folder on the import path, and take it and its modules away again."""
    strangers = Strangers(folder)
    sys.path.insert(0, str(folder))
    try:
        yield strangers
    finally:
        sys.path.remove(str(folder))
        for module in strangers.modules:
            sys.modules.pop(module, None)
