"""Texts to measure with: the documentation that is installed on this machine, or a folder's."""

import ast
import hashlib
import importlib.metadata
import json
import re
import sysconfig
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from core.documents import Document
from tests.benchmarks.bench import Bench

SOURCE = "bench"
VERSION = 3
"""Changed whenever the same texts would be cut or varied otherwise, so that no old copy is used."""

ENOUGH = 12_000_000
"""Letters of installed documentation that are gathered at most, about 12,000 passages."""

LEAST, MOST = 400, 40_000
"""Letters of a document."""

PAGES = frozenset({".md", ".rst", ".txt"})
SENTENCE = re.compile(r"[A-Z][^.?!\n|`<>]{40,160}[.?!]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """Documents in an order that does not change from run to run, and their identity."""

    name: str
    documents: tuple[Document, ...]

    @property
    def key(self) -> str:
        """Twelve digits that change with the texts."""
        digest = hashlib.sha256(f"{VERSION}".encode())
        for one in self.documents:
            digest.update(one.hash.encode())
        return digest.hexdigest()[:12]

    def questions(self, count: int) -> list[str]:
        """Return questions of about fifteen tokens, made of sentences from all over the corpus."""
        found: dict[str, None] = {}
        for one in shuffled(self.documents, "questions"):
            for sentence in islice(SENTENCE.findall(one.text), 3):
                words = sentence.rstrip(".?!").split()[:12]
                found[f"Is it true that {' '.join(words).lower()}?"] = None
            if len(found) >= count:
                break
        return list(found)[:count]


def load_corpus(bench: Bench) -> Corpus:
    """Return the named folder's texts, or the installed documentation, gathered once."""
    if bench.data is not None:
        found = unlike(pages_of(bench.data))
        return Corpus(name=bench.data.name, documents=tuple(shuffled(found, SOURCE)))
    enough = bench.pick(200_000, ENOUGH)
    path = bench.scratch / f"corpus-{installed_key()}-{enough}.jsonl"
    if not path.exists():
        for old in bench.scratch.glob(f"corpus-*-{enough}.jsonl"):
            old.unlink()
        write(path, enough_of(unlike(installed()), enough))
    documents = tuple(shuffled(pages_of(path), SOURCE))
    return Corpus(name="the documentation installed here", documents=documents)


def write(path: Path, documents: Sequence[Document]) -> None:
    """Write documents as lines of JSON, all or none."""
    lines = (
        json.dumps({"_id": one.uri, "title": one.title, "text": one.text}) for one in documents
    )
    begun = path.with_suffix(".begun")
    begun.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    begun.rename(path)


def enough_of(documents: Iterator[Document], letters: int) -> list[Document]:
    """Return documents until there are so many letters."""
    taken: list[Document] = []
    for one in documents:
        taken.append(one)
        letters -= len(one.text)
        if letters <= 0:
            break
    return taken


def unlike(documents: Iterator[Document]) -> Iterator[Document]:
    """Yield documents of a sensible length, each text once."""
    seen: set[str] = set()
    for one in documents:
        if len(one.text) >= LEAST and one.text not in seen:
            seen.add(one.text)
            yield one


def shuffled(documents: Iterator[Document] | Sequence[Document], salt: str) -> list[Document]:
    """Return documents in an order that depends on nothing but themselves."""
    return sorted(documents, key=lambda one: hashlib.sha256((salt + one.uri).encode()).digest())


def pages_of(place: Path) -> Iterator[Document]:
    """Yield the Markdown, text and JSONL (`title`, `text`) of a folder, or of one such file."""
    files = [place] if place.is_file() else sorted(place.rglob("*"))
    for path in files:
        if path.suffix == ".jsonl":
            yield from lines_of(path)
        elif path.suffix in PAGES:
            text = path.read_text(encoding="utf-8", errors="replace")[:MOST]
            yield Document(source=SOURCE, uri=path.as_posix(), title=path.stem, text=text)


def lines_of(path: Path) -> Iterator[Document]:
    """Yield the documents of a JSONL file; lines of another kind are passed over."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
        held = json.loads(line)
        if isinstance(held, dict) and {"title", "text"} <= held.keys():
            uri = str(held.get("_id", number))
            title, text = str(held["title"]), str(held["text"])[:MOST]
            yield Document(source=SOURCE, uri=uri, title=title, text=text)


def installed() -> Iterator[Document]:
    """Yield what is documented in the installed packages and the standard library."""
    paths = sysconfig.get_paths()
    found = {
        path.relative_to(place).as_posix(): place
        for place in (Path(paths["stdlib"]), Path(paths["purelib"]))
        for path in place.rglob("*.py")
    }
    # In an order by hash, so that what is enough is of every package.
    for within in sorted(found, key=lambda within: hashlib.sha256(within.encode()).digest()):
        if "test" not in within:
            yield from docstrings_of(found[within] / within, found[within])


def installed_key() -> str:
    """Return what changes with what is installed."""
    names = sorted(
        f"{one.metadata['Name']}=={one.version}" for one in importlib.metadata.distributions()
    )
    return hashlib.sha256(f"{VERSION} {names}".encode()).hexdigest()[:12]


def docstrings_of(path: Path, place: Path) -> Iterator[Document]:
    """Yield a module's docstrings as one page with headings, where they say something."""
    try:
        with warnings.catch_warnings(action="ignore"):  # strangers' escapes are no matter of ours
            tree = ast.parse(path.read_text(encoding="utf-8"))
    except (SyntaxError, ValueError):
        return
    within = path.relative_to(place).with_suffix("")
    title = ".".join(within.parts)
    documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    parts = [
        f"## {getattr(one, 'name', title)}\n\n{told}\n"
        for one in ast.walk(tree)
        if isinstance(one, documented) and (told := ast.get_docstring(one)) and len(told) > 120
    ]
    if parts:
        yield Document(source=SOURCE, uri=title, title=title, text="\n".join(parts)[:MOST])
