"""Files into Markdown: bytes to text by the ending of the name. Blocking; call it in a thread."""

import io
import pyexpat
import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import SourceError

if TYPE_CHECKING:
    from markitdown import DocumentConverter

MARKDOWN = frozenset({".md", ".markdown", ".mdown"})
PLAIN = frozenset({".txt", ".text", ".rst"})
CONVERTED = frozenset({".html", ".htm", ".pdf", ".docx"})
ENDINGS = MARKDOWN | PLAIN | CONVERTED
MOST_BYTES = 50_000_000
MOST_UNPACKED = 200_000_000
SNIFFED = 8192

FRONT_MATTER = re.compile(
    # The first line names something, or the dashes are a rule and what follows is text.
    r"\A---[ \t]*\n(?=[\w.-]+[ \t]*:)(.*?\n)(?:---|\.\.\.)[ \t]*(?:\n|\Z)",
    re.DOTALL,
)
FRONT_LINE = re.compile(r"^(title|url|link):[ \t]*(.+?)[ \t]*$", re.MULTILINE | re.IGNORECASE)
FIRST_HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+(.+?)(?:[ \t]+#+)?[ \t]*$", re.MULTILINE)
UNDERLINED = re.compile(r"^(\S.{0,200})\n(?:={3,}|-{3,}|~{3,})[ \t]*$", re.MULTILINE)
FENCED = re.compile(r"^ {0,3}(`{3,}|~{3,}).*?(?:^ {0,3}\1|\Z)", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a file holds: its title, where it has one, its Markdown, and a web address it names."""

    title: str
    text: str
    link: str | None = None


def read_page(path: Path) -> Page:
    """Return what a file holds, or raise `SourceError` with a sentence on why it cannot be read."""
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise SourceError(f"The file has {size // 1_000_000} MB; 50 MB is the most.")
        data = path.read_bytes()
    except OSError as error:
        raise SourceError(f"The file cannot be opened: {error.strerror}.") from error
    ending = path.suffix.lower()
    page = convert(data, ending) if ending in CONVERTED else without_front_matter(decode(data))
    if not page.text.strip():
        raise SourceError("The file holds no text.")
    return replace(page, title=page.title or first_heading(page.text))


def without_front_matter(text: str) -> Page:
    """Return the text behind the front matter, with the title and the link that this names."""
    matter = FRONT_MATTER.match(text)
    if matter is None:
        return Page(title="", text=text)
    named = {name.lower(): value.strip("\"'") for name, value in FRONT_LINE.findall(matter[1])}
    link = named.get("url") or named.get("link") or ""
    safe = link.startswith(("https://", "http://"))
    text = text[matter.end() :]
    return Page(title=named.get("title", ""), text=text, link=link if safe else None)


def first_heading(text: str) -> str:
    """Return the first heading outside of code, without Markdown's signs, or nothing."""
    prose = FENCED.sub("", text)
    found = [match for match in (FIRST_HEADING.search(prose), UNDERLINED.search(prose)) if match]
    first = min(found, key=lambda match: match.start(), default=None)
    return re.sub(r"[`*]", "", first[1]).strip() if first else ""


def decode(data: bytes) -> str:
    """Return the text of a file in UTF-8, UTF-16 with its mark, or Latin-1; `SourceError` if binary."""
    try:
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            text = data.decode("utf-16")
        elif b"\0" in data[:SNIFFED]:
            raise SourceError("The file is binary, not text.")
        else:
            text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def convert(data: bytes, ending: str) -> Page:
    """Return an HTML, PDF or Word file as Markdown, or raise `SourceError`.

    The converters are called directly: markitdown's front door would load a model to guess the
    type of the file, which its ending tells.
    """
    if not data.strip():
        return Page(title="", text="")
    from markitdown import StreamInfo

    try:
        if ending == ".docx":
            refuse_bomb(data)
        made = converter_of(ending).convert(io.BytesIO(data), StreamInfo(extension=ending))
    except stumbling_blocks() as error:
        raise SourceError(why_unreadable(data, ending, error)) from error
    title = first_heading(made.markdown) or " ".join((made.title or "").split())
    return Page(title=title, text=made.markdown)


def refuse_bomb(archive: bytes) -> None:
    """Raise `SourceError` for a Word file, a zip archive, that would fill the memory."""
    with zipfile.ZipFile(io.BytesIO(archive)) as packed:
        if sum(part.file_size for part in packed.infolist()) > MOST_UNPACKED:
            raise SourceError("The Word file unpacks to more than 200 MB.")


def stumbling_blocks() -> tuple[type[Exception], ...]:
    """Return what the parsers raise over a broken file: their own errors, and what they trip over."""
    from pdfminer.psexceptions import PSException
    from pdfplumber.utils.exceptions import PdfminerException

    builtin = (ArithmeticError, AssertionError, AttributeError, EOFError, LookupError, OSError)
    own = (PSException, PdfminerException, zipfile.BadZipFile, zlib.error, struct.error)
    return *builtin, RuntimeError, TypeError, ValueError, pyexpat.ExpatError, *own


def converter_of(ending: str) -> "DocumentConverter":
    """Return the converter of an ending; the first call imports the parsers, for half a second."""
    from markitdown.converters import DocxConverter, HtmlConverter, PdfConverter

    made: dict[str, Callable[[], DocumentConverter]]
    made = {".pdf": PdfConverter, ".docx": DocxConverter}
    return made.get(ending, HtmlConverter)()


def why_unreadable(data: bytes, ending: str, error: Exception) -> str:
    """Return a sentence on what is wrong with a file that a parser gave up on."""
    kind = {".pdf": "PDF", ".docx": "Word"}.get(ending, "HTML")
    # An encrypted Word file is no zip archive but an old compound file.
    locked = "password" in type(error).__name__.lower() or b"/Encrypt" in data[-4096:]
    if locked or data.startswith(b"\xd0\xcf\x11\xe0"):
        return f"The {kind} file is protected by a password."
    return f"The {kind} file is broken ({type(error).__name__})."
