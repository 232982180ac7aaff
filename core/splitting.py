"""Documents into passages: pure, and no word of a document is left out or cut off by the window."""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise, takewhile

from semantic_text_splitter import MarkdownSplitter

from core.documents import Document, Passage

Count = Callable[[str], int]
Span = tuple[int, int]

FULL = 150
"""A passage that has so many tokens is not filled up further."""
MOST = 240
"""No passage has more tokens than this, breadcrumb included, however long the window."""
SLIGHT = 32
"""A piece of fewer tokens joins its neighbour: alone it would be found for the wrong questions."""
LETTERS_A_TOKEN = 8
"""A token counts for at most so many letters, since some tokenizers make one of any gibberish."""

LONG_RUN = re.compile(r"\S{400}(?=\S)")
LONG_GAP = re.compile(r"[ \t]{80,}")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
LINE = re.compile(r"[^\n]*\n|[^\n]+$")
FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")
HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$")
UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*$")
NO_PARAGRAPH = re.compile(r" {4}|\s*(?:[-*+>|#<]|\d+[.)])")
LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
MARKUP = re.compile(r"[`*]|<[^>]*>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A heading's place in the text, and the names of it and of those that it stands under."""

    start: int
    end: int
    path: tuple[str, ...]


def passages_of(document: Document, count_tokens: Count, window: int) -> list[Passage]:
    """Return a document's passages in order; `Passage.embedded` of each fits the window.

    Passages aim at 150 to 200 tokens and never exceed 240. The window must hold at least 32.
    """
    text = splittable(document.text)
    headings = headings_of(text)
    limit = min(window, MOST)
    crumbs = Breadcrumbs(document.title, count_tokens, limit // 4)
    room = limit - max(crumbs.tokens(path) for path in {(), *(h.path for h in headings)})
    pieces = (
        (crumbs.of(standing_under(text, headings, span)), text[slice(*span)].strip("\n"))
        for span in spans_of(text, capped(by_words(count_tokens)), room)
    )
    seated = [fit for crumb, piece in pieces for fit in seat(crumb, piece, count_tokens, window)]
    return [
        Passage(document_id=document.id, ordinal=ordinal, breadcrumb=crumb, text=piece)
        for ordinal, (crumb, piece) in enumerate(seated)
    ]


def splittable(text: str) -> str:
    """Return the same text without what a splitter chokes on; only blanks come or go.

    Control characters become blanks, lone surrogates question marks, and runs without any blank
    get line breaks.
    """
    encodable = text.encode("utf-8", "replace").decode("utf-8")
    lines = encodable.replace("\r\n", "\n").replace("\r", "\n")
    gaps = LONG_GAP.sub(" " * 80, CONTROL.sub(" ", lines))
    return LONG_RUN.sub(lambda run: run[0] + "\n", gaps)


def by_words(count_tokens: Count) -> Count:
    """Return a count that adds up the words between blanks, each counted once.

    It is what tokenizers that cut at blanks say themselves, without asking them again for every
    piece that the splitter tries. Where tokens do not add up, `seat` has the last word.
    """
    special = count_tokens("")

    @cache
    def of(word: str) -> int:
        return count_tokens(word) - special

    return lambda text: special + sum(map(of, text.split()))


def capped(count_tokens: Count) -> Count:
    """Return a count that is never small for a long text, and quick for one that is far too long."""

    def count(text: str) -> int:
        letters = len(text) // LETTERS_A_TOKEN
        return letters if letters > 2 * MOST else max(letters, count_tokens(text))

    return count


def spans_of(text: str, count: Count, room: int) -> list[Span]:
    """Return where the pieces of a text begin and end, each of at most `room` tokens.

    The splitter gets less than the room, so that a slight piece always finds place in its neighbour.
    """
    most = max(1, room - min(SLIGHT, room // 4))
    splitter = MarkdownSplitter.from_callback(count, (min(FULL, most), most))
    spans: list[Span] = []
    for start, piece in splitter.chunk_indices(text):
        span = (start, start + len(piece))
        if spans and belong_together(text, spans[-1], span, count, room):
            spans[-1] = (spans[-1][0], span[1])
        else:
            spans.append(span)
    return spans


def belong_together(text: str, left: Span, right: Span, count: Count, room: int) -> bool:
    """Say whether two neighbours are one piece: one of them is slight, and together they fit.

    A slight piece that opens with a heading waits for what follows it.
    """
    opens = HEADING.match(text[right[0] : right[1]].partition("\n")[0])
    slight = count(text[slice(*left)]) < SLIGHT or (
        not opens and count(text[slice(*right)]) < SLIGHT
    )
    return slight and count(text[left[0] : right[1]]) <= room


def seat(crumb: str, piece: str, count: Count, window: int) -> Iterator[tuple[str, str]]:
    """Yield the piece with its breadcrumb, halved until it fits where tokens do not add up."""
    if len(piece) < 2 or count(f"{crumb}\n\n{piece}") <= window:
        yield crumb, piece
        return
    middle = len(piece) // 2
    cut = max(piece.rfind(" ", 1, middle), 0) or middle
    for half in (piece[:cut].strip(), piece[cut:].strip()):
        if half:
            yield from seat(crumb, half, count, window)


class Breadcrumbs:
    """The breadcrumbs of one document, each within its room, counted once."""

    def __init__(self, title: str, count: Count, room: int) -> None:
        """Take the document's title and how many tokens a breadcrumb may have."""
        self._title = plain(title)
        self._count = count
        self._room = room
        self._made: dict[tuple[str, ...], str] = {}

    def of(self, path: Sequence[str]) -> str:
        """Return the title and the headings, joined; cut in the middle where overlong."""
        names = tuple(path)
        if names not in self._made:
            unlike = names[1:] if names and names[0].casefold() == self._title.casefold() else names
            crumb = " › ".join(name for name in (self._title, *unlike) if name)
            self._made[names] = cut_in_the_middle(crumb, self._count, self._room)
        return self._made[names]

    def tokens(self, path: Sequence[str]) -> int:
        """Return how much of the window the breadcrumb takes."""
        return self._count(self.of(path))


def cut_in_the_middle(text: str, count: Count, room: int) -> str:
    """Return the text, or as much of its two ends as fits the room."""
    kept = text if len(text) <= room * LETTERS_A_TOKEN else ends(text, room * LETTERS_A_TOKEN)
    while kept and count(kept) > room:
        kept = ends(text, len(kept) * 3 // 4 - 3)
    return kept


def ends(text: str, letters: int) -> str:
    """Return the first and last letters with an ellipsis between them; nothing for too few."""
    half = letters // 2
    return f"{text[:half].rstrip()} … {text[-half:].lstrip()}" if half > 0 else ""


def plain(text: str) -> str:
    """Return a title or heading on one line, without Markdown's signs."""
    return " ".join(MARKUP.sub("", LINK.sub(r"\1", splittable(text))).split())


def headings_of(text: str) -> list[Heading]:
    """Return the Markdown headings in order; those inside a code fence are none."""
    found: list[Heading] = []
    stack: list[tuple[int, str]] = []
    for start, end, level, name in heading_lines(text):
        if name:
            stack = [above for above in stack if above[0] < level] + [(level, name)]
            found.append(Heading(start=start, end=end, path=tuple(name for _, name in stack)))
    return found


def heading_lines(text: str) -> Iterator[tuple[int, int, int, str]]:
    """Yield start, end, level and name of each line that is a heading, or is underlined as one."""
    before, above, at = "", "", 0
    for inside, line in fenced_lines(text):
        end = at + len(line)
        heading = None if inside else HEADING.match(line.rstrip("\n"))
        underline = None if inside else UNDERLINE.match(line.rstrip("\n"))
        if heading:
            yield at, end, len(heading[1]), plain(heading[2] or "")
        elif underline and above.strip() and not before.strip() and not NO_PARAGRAPH.match(above):
            yield at - len(above), end, 1 if "=" in underline[1] else 2, plain(above)
        before, above, at = above, line, end


def fenced_lines(text: str) -> Iterator[tuple[bool, str]]:
    """Yield each line with its end, and whether it belongs to a code fence."""
    fence = ""
    for line in LINE.findall(text):
        match = FENCE.match(line)
        if fence:
            yield True, line
            if match and match[1].startswith(fence) and not match[2].strip():
                fence = ""
        else:
            # A backtick after three backticks makes it code within a line, not a fence.
            fence = match[1] if match and not ("`" in match[1] and "`" in match[2]) else ""
            yield bool(fence), line


def standing_under(text: str, headings: Sequence[Heading], span: Span) -> tuple[str, ...]:
    """Return the headings that all of a piece stands under; a heading stands under itself."""
    first, last = (bisect_left(headings, place, key=lambda h: h.start) for place in span)
    inside = headings[first:last]
    above = headings[first - 1].path if first else ()
    bounds = [*(heading.start for heading in inside), span[1]]
    paths = [above] if text[span[0] : bounds[0]].strip() else []
    for heading, (_, following) in zip(inside, pairwise(bounds), strict=True):
        if text[heading.end : following].strip():
            paths.append(heading.path)
    if not paths:
        return inside[-1].path if inside else above
    return tuple(
        names[0] for names in takewhile(lambda n: len(set(n)) == 1, zip(*paths, strict=False))
    )
