"""Cutting long Markdown at a platform's limit, so that each part can be read on its own. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import takewhile

SHORTEST = 40  # a limit below which fences and words could not be kept
OPENED = re.compile(r"(?P<indent>[ \t]{0,8})(?P<fence>`{3,12}|~{3,12})(?P<info>(?![`~]).*)")
RULE = re.compile(r"[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*")
SENTENCE_ENDS = ".!?…"
# What stays whole if it can: inline code, a link with its label, a word.
WHOLE = re.compile(r"(?:`[^`\n]+`|!?\[[^\[\]\n]*\]\([^()\s]*\)|\S)+")


class _Kind(StrEnum):
    PROSE = "prose"
    CODE = "code"
    TABLE = "table"


@dataclass(slots=True, kw_only=True)
class _Block:
    """Lines that belong together. `head` opens every further part of it, and `tail` closes each."""

    kind: _Kind
    lines: list[str] = field(default_factory=list)
    head: tuple[str, ...] = ()
    tail: str | None = None
    closed: bool = True

    @property
    def size(self) -> int:
        return sum(len(line) + 1 for line in self.lines) - 1


def split_markdown(text: str, limit: int) -> list[str]:
    """Return the text in parts of at most `limit` characters, in order; nothing for an empty text.

    A part ends where a paragraph does if it can, else at a line, a sentence or a word; only a word
    that alone exceeds the limit is cut. Fenced code that is cut is closed, and opened again with
    its language; a table that is cut repeats its header. Raises `ValueError` below a limit of 40.
    """
    if limit < SHORTEST:
        raise ValueError(f"A limit of {limit} characters is too short to cut Markdown at.")
    if len(text) <= limit:
        return [text] if text.strip() else []
    parts = _Parts(limit)
    for block in _blocks(text.split("\n")):
        parts.add(block)
    return parts.finished()


def shortened(text: str, most: int) -> str:
    """Return a text that is cut, after a word, where it is longer."""
    if len(text) <= most:
        return text
    kept = text[:most]
    return (kept.rsplit(" ", 1)[0] if " " in kept[most // 2 :] else kept).rstrip() + "…"


def split_lines(text: str, limit: int) -> list[str]:
    """Return a text in pieces of at most `limit` characters; joined by line breaks they are the text.

    A line that is longer than a piece is cut, after a word if it can be.
    """
    pieces: list[str] = []
    for line in _cut_lines(text, limit):
        if pieces and len(pieces[-1]) + 1 + len(line) <= limit:
            pieces[-1] += f"\n{line}"
        else:
            pieces.append(line)
    return pieces


def _cut_lines(text: str, limit: int) -> Iterator[str]:
    for line in text.split("\n"):
        left = line
        while len(left) > limit:
            cut = left.rfind(" ", 1, limit) + 1 or limit
            yield left[:cut]
            left = left[cut:]
        yield left


class _Parts:
    """The parts so far, and the one that is being filled."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._done: list[str] = []
        self._lines: list[str] = []
        self._size = -1  # with one newline fewer than lines

    def finished(self) -> list[str]:
        self._end()
        return self._done

    def add(self, block: _Block) -> None:
        """Put a block into this part, the next one, or as many as it takes."""
        if self._size + 1 + block.size <= self._limit:
            self._put(*block.lines)
            return
        # A block that fits a part of its own is kept whole, unless much of this part stayed empty.
        if block.size <= self._limit and (
            block.kind is not _Kind.PROSE or self._size >= self._limit // 2
        ):
            self._end()
            self._put(*block.lines)
            return
        self._add_cut(block)

    def _add_cut(self, block: _Block) -> None:
        head, lines = self._head(block), block.lines[len(block.head) :]
        reserve = len(block.tail) + 1 if block.tail else 0
        opening: Sequence[str] = block.lines[: len(block.head)]
        fixed = sum(len(line) + 1 for line in head) + reserve
        if self._size > 0 and self._size + 1 + fixed + self._limit // 4 > self._limit:
            self._end()
        if sum(len(line) + 1 for line in opening) + reserve <= self._limit // 2:
            self._put(*opening)
        else:  # too long to be kept whole: its words go the way of all others
            lines, head = ([*opening, *lines], ()) if block.tail is None else (lines, head)
            self._put(*head)
        self._put_lines(lines, block, head)

    def _put_lines(self, lines: Sequence[str], block: _Block, head: Sequence[str]) -> None:
        reserve = len(block.tail) + 1 if block.tail else 0
        fresh = self._limit - sum(len(line) + 1 for line in head) - reserve
        for number, line in enumerate(lines):
            last = block.closed and block.tail is not None and number == len(lines) - 1
            need = 0 if last else reserve
            # A line that fits the next part moves there whole, once this one is half full.
            filled = self._size >= self._limit // 2 and len(line) <= fresh
            first = 0 if filled else self._limit - self._size - 1 - need
            for piece in _pieces(line, fresh, first, block.kind):
                if self._size + 1 + len(piece) + need > self._limit:
                    self._close(block, head)
                self._put(piece)

    def _close(self, block: _Block, head: Sequence[str]) -> None:
        """End this part within a block, and begin the next one with the block's head."""
        if block.tail is not None:
            self._put(block.tail)
        self._end()
        self._put(*head)

    def _head(self, block: _Block) -> tuple[str, ...]:
        """Return what opens a further part of a block, if it is not too long to be repeated."""
        size = sum(len(line) + 1 for line in block.head)
        if size + (len(block.tail) + 1 if block.tail else 0) <= self._limit // 2:
            return block.head
        return () if block.tail is None else (block.tail,)

    def _put(self, *lines: str) -> None:
        for line in lines:
            self._lines.append(line)
            self._size += len(line) + 1

    def _end(self) -> None:
        part = "\n".join(self._lines).strip("\n")
        if part.strip():
            self._done.append(part)
        self._lines, self._size = [], -1


def _blocks(lines: Sequence[str]) -> Iterator[_Block]:
    """Yield lines in blocks: fenced code, tables, and paragraphs with the blank lines after them."""
    at = 0
    while at < len(lines):
        block = _code(lines, at) or _table(lines, at) or _prose(lines, at)
        yield block
        at += len(block.lines)


def _code(lines: Sequence[str], at: int) -> _Block | None:
    opened = OPENED.fullmatch(lines[at])
    if opened is None or (opened["fence"][0] == "`" and "`" in opened["info"]):
        return None
    mark = opened["fence"]
    block = _Block(kind=_Kind.CODE, lines=[lines[at]], head=(lines[at],), closed=False)
    block.tail = opened["indent"] + mark
    for line in lines[at + 1 :]:
        block.lines.append(line)
        sign = line.strip()
        if sign and set(sign) == {mark[0]} and len(sign) >= len(mark):
            block.closed = True
            break
    return block


def _table(lines: Sequence[str], at: int) -> _Block | None:
    if at + 1 >= len(lines) or "|" not in lines[at] or "|" not in lines[at + 1]:
        return None
    if not RULE.fullmatch(lines[at + 1]):
        return None
    head = (lines[at], lines[at + 1])
    rows = [*head]
    for line in lines[at + 2 :]:
        if "|" not in line:
            break
        rows.append(line)
    return _Block(kind=_Kind.TABLE, lines=rows, head=head)


def _prose(lines: Sequence[str], at: int) -> _Block:
    block = _Block(kind=_Kind.PROSE)
    for number in range(at, len(lines)):
        ended = bool(block.lines) and not block.lines[-1].strip() and bool(lines[number].strip())
        if ended or (block.lines and (_code(lines, number) or _table(lines, number))):
            break
        block.lines.append(lines[number])
    return block


def _pieces(line: str, room: int, first: int, kind: _Kind) -> Iterator[str]:
    """Yield a line in pieces of at most `room`; the first is cut to `first` if that holds words."""
    prose = kind is _Kind.PROSE
    width = first if prose and first >= room // 4 else room
    left = line
    while len(left) > width:
        cut = _cut(left, width)
        if not cut and width < room:  # no word fits here, but perhaps where there is more room
            width = room
            continue
        cut = cut or width
        yield left[:cut].rstrip() if prose else left[:cut]
        left = left[cut:].lstrip() if prose else left[cut:]
        width = room
    if left or not line:
        yield left


def _cut(line: str, width: int) -> int:
    """Return where to cut a line: after a sentence, else after a word; 0 where that is nowhere."""
    found = takewhile(lambda one: one.start() <= width, WHOLE.finditer(line))
    gaps = [one.start() for one in found if line[: one.start()].strip()]
    ends = [at for at in gaps if at > width // 2 and line[:at].rstrip()[-1] in SENTENCE_ENDS]
    return max(ends or gaps, default=0)
