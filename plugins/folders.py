"""The folders plugin: files and folders on this machine, read as documents."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

from core.documents import Document, Unreadable
from core.errors import SourceError
from core.hookspecs import Register, Services, hookimpl
from core.interfaces import Source
from core.settings import CHECKOUT
from plugins.reading import ENDINGS, MARKDOWN, read_page

CHECKOUT_DOCS = "checkout:docs"
SKIPPED = frozenset(
    {
        "node_modules",
        "__pycache__",
        "venv",
        "env",
        "build",
        "dist",
        "target",
        "data",
        "site-packages",
    }
)


class FolderSource:
    """Reads Markdown, text, HTML, PDF and Word files, recursively and in sorted order.

    A document's `uri` is its path within the folder that was named, with slashes; for a file that
    was named, its own name. Hidden, build and data folders are passed over, and links that lead
    out of the named folder.
    """

    def __init__(self, name: str, paths: Sequence[str], root: Path) -> None:
        """Take the files and folders to read, and the checkout that relative paths start from.

        `checkout:docs` means the product's own documentation.
        """
        self._name = name
        self._paths = tuple(paths)
        self._root = root

    @property
    def name(self) -> str:
        """The source's name."""
        return self._name

    async def documents(self) -> AsyncIterator[Document | Unreadable]:
        """Yield every document, read one at a time in a thread; what cannot be read says why.

        A path that is gone, or empty as an unmounted one is, raises `SourceError`: what was read
        from it earlier shall stay.
        """
        seen: set[str] = set()
        for named in self._paths:
            for short, path in await asyncio.to_thread(self._files, named):
                uri = short if short not in seen else longer(named, short)
                if uri not in seen:
                    seen.add(uri)
                    yield await asyncio.to_thread(self._read, uri, path)

    def _files(self, named: str) -> list[tuple[str, Path]]:
        folder = self._root if named == CHECKOUT_DOCS else self._root / Path(named).expanduser()
        refuse_gone(folder)
        if not folder.is_dir():
            return [(folder.name, folder)]
        endings, skipped = ENDINGS, SKIPPED
        if named == CHECKOUT_DOCS:
            endings, skipped = MARKDOWN, SKIPPED | {"tests", "prompts", "demo"}
        found = files_in(folder, endings, skipped=skipped)
        return [(path.relative_to(folder).as_posix(), path) for path in found]

    def _read(self, uri: str, path: Path) -> Document | Unreadable:
        if not path.is_file():
            return Unreadable(uri=uri, why="There is no such file or folder.")
        try:
            page = read_page(path)
        except SourceError as error:
            return Unreadable(uri=uri, why=str(error))
        title = page.title or path.stem.replace("_", " ").replace("-", " ").strip() or uri
        return Document(source=self._name, uri=uri, title=title, text=page.text, link=page.link)


def refuse_gone(path: Path) -> None:
    """Raise `SourceError` for a path that is not there, or a folder without anything in it."""
    try:
        gone = not path.exists()
        empty = path.is_dir() and not any(path.iterdir())
    except OSError as error:
        raise unreadable(error) from error
    if gone:
        raise SourceError(f"There is no file or folder {path}; what was read from it stays.")
    if empty:
        raise SourceError(f"The folder {path} is empty; what was read from it stays.")


def unreadable(error: OSError) -> SourceError:
    """Return the error of a folder that cannot be listed."""
    return SourceError(
        f"The folder {error.filename} cannot be read ({error.strerror}); what was read stays."
    )


def longer(named: str, uri: str) -> str:
    """Return another identity for a file whose own is taken by one of a path named earlier."""
    return named if Path(named).name == uri else f"{named.rstrip('/')}/{uri}"


def files_in(folder: Path, endings: frozenset[str], *, skipped: frozenset[str]) -> Iterator[Path]:
    """Yield the files of a folder that have one of the endings, sorted by their path.

    A linked folder is not entered, so that no loop of links is followed; a linked file is read
    only where it lies within the folder. A folder that cannot be listed raises `SourceError`.
    """

    def refuse(error: OSError) -> None:
        raise unreadable(error) from error

    inside = folder.resolve()
    found: list[Path] = []
    for place, folders, files in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not (name in skipped or name.startswith("."))]
        found += [Path(place, name) for name in files if not name.startswith(".")]
    for path in sorted(found, key=lambda path: path.relative_to(folder).parts):
        if path.suffix.lower() in endings and path.resolve().is_relative_to(inside):
            yield path


def source_of(path: str) -> FolderSource:
    """Return the source of one path: the product's documentation, a folder or a file.

    Its name is the path itself, so that the same folder is the same source however it was named.
    """
    if path == CHECKOUT_DOCS:
        return FolderSource(path, [path], CHECKOUT)
    place = (CHECKOUT / Path(path).expanduser()).resolve()
    return FolderSource(f"folder:{place}", [str(place)], CHECKOUT)


@hookimpl
def register_sources(register: Register[Source], services: Services) -> None:
    """Bring one source for each path of the setting `folders.paths`."""
    for path in services.settings.folders.paths:
        register(source_of(path))
