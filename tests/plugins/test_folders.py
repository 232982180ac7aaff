"""Files become documents, and what cannot be read says why in a sentence."""

import io
import os
import zipfile
from pathlib import Path

import pytest

from core.documents import Document, Unreadable
from core.errors import SourceError
from plugins.folders import FolderSource
from plugins.reading import MOST_BYTES

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
WORD_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"


def pdf(text: str, *, trailer: str = "") -> bytes:
    """Return a PDF of one page with one line of text."""
    stream = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET"
    bodies = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R"
        " /Resources << /Font << /F1 5 0 R >> >> >>",
        f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(bodies, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode()
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    out += f"xref\n0 6\n0000000000 65535 f \n{table}".encode()
    end = len(out) - len(table) - len("xref\n0 6\n0000000000 65535 f \n")
    return out + f"trailer << /Size 6 /Root 1 0 R {trailer} >>\nstartxref\n{end}\n%%EOF".encode()


def docx(heading: str, text: str, *, ballast: int = 0) -> bytes:
    """Return a Word file with a heading and a paragraph, and a part of so many equal bytes."""
    styled = '<w:pPr><w:pStyle w:val="Heading1"/></w:pPr>'
    body = (
        f"<w:p>{styled}<w:r><w:t>{heading}</w:t></w:r></w:p><w:p><w:r><w:t>{text}</w:t></w:r></w:p>"
    )
    style = '<w:style w:type="paragraph" w:styleId="Heading1"><w:name w:val="heading 1"/></w:style>'
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{WORD_TYPE}"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="r1" Type="{OFFICE}" Target="word/document.xml"/></Relationships>',
        "word/document.xml": f'<w:document xmlns:w="{WORD}"><w:body>{body}</w:body></w:document>',
        "word/styles.xml": f'<w:styles xmlns:w="{WORD}">{style}</w:styles>',
    }
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
        if ballast:
            archive.writestr("ballast", bytes(ballast), zipfile.ZIP_DEFLATED)
    return held.getvalue()


async def read(root: Path, *paths: str) -> list[Document | Unreadable]:
    """Return all that the source yields of some paths, or of the whole root."""
    source = FolderSource("docs", paths or (str(root),), root)
    return [found async for found in source.documents()]


async def read_one(root: Path, name: str, data: bytes) -> Document | Unreadable:
    """Write one file and return what the source makes of it."""
    (root / name).write_bytes(data)
    (found,) = await read(root)
    return found


async def document(root: Path, name: str, data: bytes) -> Document:
    """Write one file that can be read, and return its document."""
    found = await read_one(root, name, data)
    assert isinstance(found, Document)
    return found


async def why(root: Path, name: str, data: bytes) -> str:
    """Write one file that cannot be read, and return the sentence on it."""
    found = await read_one(root, name, data)
    assert isinstance(found, Unreadable)
    assert found.uri == name
    return found.why


def write(root: Path, *names: str) -> None:
    """Write files that hold a heading with their own name."""
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# {name}\n\nText.\n")


async def test_folders_are_read_recursively_in_sorted_order(tmp_path: Path) -> None:
    """Documents come sorted by their path, with that path as their identity."""
    write(tmp_path, "b.md", "a/z.txt", "a/c.rst", "a/d.MD", "ignored.xyz")
    found = await read(tmp_path)
    assert [one.uri for one in found] == ["a/c.rst", "a/d.MD", "a/z.txt", "b.md"]


async def test_what_nobody_wrote_is_passed_over(tmp_path: Path) -> None:
    """Hidden, build, dependency and data folders hold no documentation."""
    skipped = [".git", ".venv", "node_modules", "build", "data", "__pycache__"]
    write(tmp_path, "a.md", ".hidden.md", *(f"{name}/b.md" for name in skipped))
    assert [one.uri for one in await read(tmp_path)] == ["a.md"]


async def test_the_checkouts_documentation_is_its_markdown(tmp_path: Path) -> None:
    """The product's own documentation leaves out tests, prompts and other kinds of files."""
    write(tmp_path, "README.md", "config/README.md", "tests/a.md", "config/prompts/a.md", "b.txt")
    found = await read(tmp_path, "checkout:docs")
    assert [one.uri for one in found] == ["README.md", "config/README.md"]


async def test_links_in_a_loop_end(tmp_path: Path) -> None:
    """A folder that links to its parent is not entered, nor is a file outside read."""
    root = tmp_path / "root"
    write(root, "a.md")
    write(tmp_path, "outside.md")
    (root / "loop").symlink_to(root)
    (root / "leak.md").symlink_to(tmp_path / "outside.md")
    assert [one.uri for one in await read(root)] == ["a.md"]


async def test_a_dangling_link_is_said(tmp_path: Path) -> None:
    """A link to a file that does not exist is listed as unreadable."""
    (tmp_path / "dangling.md").symlink_to(tmp_path / "nothing.md")
    found = await read(tmp_path, ".")
    assert found == [Unreadable(uri="dangling.md", why="There is no such file or folder.")]


async def test_a_missing_path_is_no_empty_source(tmp_path: Path) -> None:
    """A path that does not exist, or a folder without anything in it, fails as a whole."""
    (tmp_path / "unmounted").mkdir()
    for path, sentence in (("nowhere", "There is no file or folder"), ("unmounted", "is empty")):
        with pytest.raises(SourceError, match=sentence):
            await read(tmp_path, path)


async def test_a_folder_that_cannot_be_listed_fails_the_source(tmp_path: Path) -> None:
    """Files that cannot be seen are not taken for files that are gone, in a folder or below it."""
    for path in ("locked", "open/locked"):
        write(tmp_path, f"{path}/a.md")
        (tmp_path / path).chmod(0)
    if os.access(tmp_path / "locked", os.R_OK):
        pytest.skip("this user may read everything")
    for path in ("locked", "open"):
        with pytest.raises(SourceError, match="cannot be read"):
            await read(tmp_path, path)


async def test_equal_names_in_two_folders_stay_apart(tmp_path: Path) -> None:
    """The second file of a name is known by the folder too; a folder named twice is read once."""
    write(tmp_path, "one/a.md", "two/a.md")
    found = await read(tmp_path, "one", "two", "two/", "one/a.md", "one")
    assert [one.uri for one in found] == ["a.md", "two/a.md", "one/a.md"]


async def test_a_named_file_is_read_whatever_its_ending(tmp_path: Path) -> None:
    """Naming a file is enough to have it read as text."""
    (tmp_path / "NOTES").write_text("Ale is poured at noon.")
    (found,) = await read(tmp_path, "NOTES")
    assert isinstance(found, Document)
    assert (found.uri, found.title) == ("NOTES", "NOTES")


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("```\n# code\n```\n\n## The `cellar` ##\n", "The cellar"),
        ("Cellar\n======\n\nOak.\n\n# Later\n", "Cellar"),
        ("No heading here.", "my page"),
        ("---\ntitle: 'Front'\n---\n# Other\n", "Front"),
    ],
)
async def test_the_title_is_the_first_heading(tmp_path: Path, text: str, title: str) -> None:
    """A title comes from the front matter, the first heading, or the file's name."""
    assert (await document(tmp_path, "my_page.md", text.encode())).title == title


async def test_front_matter_gives_the_link(tmp_path: Path) -> None:
    """A web address in the front matter is the document's link, and the matter is no text."""
    text = b"---\nurl: https://tavern.example/ale\ntags: [a]\n---\nPour.\n"
    found = await document(tmp_path, "a.md", text)
    assert (found.link, found.text) == ("https://tavern.example/ale", "Pour.\n")


async def test_a_link_that_is_no_web_address_is_dropped(tmp_path: Path) -> None:
    """A script in the front matter never becomes a link that people click."""
    found = await document(tmp_path, "a.md", b"---\nlink: javascript:alert(1)\n---\nPour.\n")
    assert found.link is None


async def test_a_rule_at_the_top_is_no_front_matter(tmp_path: Path) -> None:
    """Text between two horizontal rules is kept."""
    assert "Ale" in (await document(tmp_path, "a.md", b"---\nAle\n\n---\nWine\n")).text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
async def test_encodings_are_told_apart(tmp_path: Path, encoding: str) -> None:
    """Umlauts survive in each of the usual encodings, and line ends become one."""
    found = await document(tmp_path, "a.txt", "Größe\r\nÜbermut".encode(encoding))
    assert found.text == "Größe\nÜbermut"


async def test_html_becomes_markdown(tmp_path: Path) -> None:
    """A page's headings and links are kept; scripts are not."""
    page = b"<html><head><title>T</title><script>x()</script></head><body><h2>Ale</h2>"
    found = await document(tmp_path, "a.html", page + b"<p>Pour <b>it</b>.</p></body></html>")
    assert (found.title, found.text) == ("Ale", "## Ale\n\nPour **it**.")


async def test_html_says_its_encoding(tmp_path: Path) -> None:
    """A page in an older encoding is read as it declares, and titled by its title."""
    page = (
        '<html><head><meta charset="iso-8859-1"><title>Bräu</title></head><body>Größe</body></html>'
    )
    found = await document(tmp_path, "a.htm", page.encode("latin-1"))
    assert (found.title, found.text) == ("Bräu", "Größe")


async def test_pdf_becomes_text(tmp_path: Path) -> None:
    """The text of a PDF is read; its title is the file's name."""
    found = await document(tmp_path, "wine-list.pdf", pdf("The house wine is red."))
    assert (found.title, found.text.strip()) == ("wine list", "The house wine is red.")


async def test_word_becomes_markdown(tmp_path: Path) -> None:
    """A Word file's headings become Markdown headings."""
    found = await document(tmp_path, "a.docx", docx("Cellar", "Keep it cool."))
    assert (found.title, found.text) == ("Cellar", "# Cellar\n\nKeep it cool.")


@pytest.mark.parametrize("name", ["a.md", "a.txt", "a.html", "a.pdf", "a.docx"])
async def test_an_empty_file_holds_no_text(tmp_path: Path, name: str) -> None:
    """An empty file of any kind is told, not embedded."""
    assert await why(tmp_path, name, b" \n") == "The file holds no text."


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("a.md", b"PNG\0\1\2", "The file is binary, not text."),
        ("a.pdf", b"no PDF at all", "The PDF file is broken"),
        ("a.pdf", pdf("x")[:300], "The PDF file is broken"),
        ("a.docx", b"no archive", "The Word file is broken"),
        ("a.docx", b"PK\5\6" + bytes(18), "The Word file is broken"),
        ("a.docx", docx("a", "b", ballast=201_000_000), "unpacks to more than 200 MB"),
        ("a.docx", b"\xd0\xcf\x11\xe0" + bytes(600), "The Word file is protected by a password."),
        ("a.pdf", pdf("x", trailer="/Encrypt << /Filter /Odd >> /ID [(a)(b)]"), "protected"),
    ],
    ids=["binary", "no pdf", "cut pdf", "no docx", "no parts", "bomb", "locked docx", "locked pdf"],
)
async def test_a_broken_file_says_why(
    tmp_path: Path, name: str, data: bytes, sentence: str
) -> None:
    """A file that cannot be read is listed with what is wrong, and stops nothing."""
    assert sentence in await why(tmp_path, name, data)


async def test_a_file_that_is_too_large_is_refused(tmp_path: Path) -> None:
    """A huge file is refused by its size, unread."""
    with (tmp_path / "a.md").open("wb") as file:
        file.truncate(MOST_BYTES + 1_000_000)
    (found,) = await read(tmp_path)
    assert found == Unreadable(uri="a.md", why="The file has 51 MB; 50 MB is the most.")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may open every file")
async def test_a_file_without_permission_says_so(tmp_path: Path) -> None:
    """A file that this user may not open is listed."""
    write(tmp_path, "a.md")
    (tmp_path / "a.md").chmod(0)
    (found,) = await read(tmp_path)
    assert isinstance(found, Unreadable)
    assert "Permission denied" in found.why


def test_a_source_has_its_name(tmp_path: Path) -> None:
    """Documents carry the name that the source was given."""
    assert FolderSource("docs", (), tmp_path).name == "docs"
