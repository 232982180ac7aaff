"""Cutting Markdown into headings, paragraphs, lists, tables and code without losing a sign (pure)."""

import re
from dataclasses import dataclass
from enum import StrEnum

from core.models.sentences import sentences_of

LINE = re.compile(r"[^\n]*\n|[^\n]+")
FENCE = re.compile(r"\s*(`{3,}|~{3,})")
HEADING = re.compile(r" {0,3}#{1,6}(\s|$)")
ITEM = re.compile(r"(\s*)(?:[-*+•]|\d{1,9}[.)])\s+\S")
INDENTED = re.compile(r"(?: {4}|\t)\s*\S")


class Kind(StrEnum):
    """What a block of Markdown is."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    LIST = "list"
    TABLE = "table"
    CODE = "code"


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A block with the blank lines after it."""

    kind: Kind
    text: str


class Cutter:
    """Reads Markdown line by line; what is fenced stays with its fence."""

    def __init__(self) -> None:
        """Begin before the first line."""
        self._blocks: list[tuple[Kind, list[str]]] = []
        self._fence = ""
        self._gap = False

    def read(self, line: str) -> None:
        """Take the next line."""
        if self._fence:
            self._inside_fence(line)
        elif not line.strip():
            self._append(Kind.PARAGRAPH, line, new=not self._blocks)
            self._gap = True
        else:
            self._outside(line)
            self._gap = False

    def blocks(self) -> list[Block]:
        """Return what was read."""
        return [Block(kind=kind, text="".join(lines)) for kind, lines in self._blocks]

    def _inside_fence(self, line: str) -> None:
        self._append(Kind.CODE, line, new=False)
        mark = line.strip()
        if len(mark) >= len(self._fence) and set(mark) == {self._fence[0]}:
            self._fence = ""
            self._gap = True

    def _outside(self, line: str) -> None:
        current = self._kind
        fence = FENCE.match(line)
        belongs = current is Kind.LIST and line[0] in " \t"
        if fence:
            self._fence = fence.group(1)
            self._append(Kind.CODE, line, new=not belongs)
            return
        kind = Kind.LIST if belongs else self._kind_of(line)
        lasting = (
            kind is current and kind in {Kind.LIST, Kind.TABLE, Kind.CODE} and not self._fenced
        )
        self._append(kind, line, new=not (lasting or self._goes_on(kind)))

    def _kind_of(self, line: str) -> Kind:
        if HEADING.match(line):
            return Kind.HEADING
        if ITEM.match(line):
            return Kind.LIST
        if line.lstrip().startswith("|"):
            return Kind.TABLE
        if INDENTED.match(line) and (self._gap or self._kind is not Kind.PARAGRAPH):
            return Kind.CODE
        return Kind.PARAGRAPH

    def _goes_on(self, kind: Kind) -> bool:
        """Say whether a plain line belongs to the paragraph or the list item above it."""
        open_above = self._kind in {Kind.PARAGRAPH, Kind.LIST} and not self._gap
        return kind is Kind.PARAGRAPH and open_above

    @property
    def _kind(self) -> Kind | None:
        return self._blocks[-1][0] if self._blocks else None

    @property
    def _fenced(self) -> bool:
        return self._kind is Kind.CODE and FENCE.match(self._blocks[-1][1][0]) is not None

    def _append(self, kind: Kind, line: str, *, new: bool) -> None:
        if new:
            self._blocks.append((kind, []))
        self._blocks[-1][1].append(line)


def blocks_of(markdown: str) -> list[Block]:
    """Return the blocks of a Markdown text, in order; their texts joined are the text itself."""
    cutter = Cutter()
    for line in LINE.findall(markdown):
        cutter.read(line)
    return cutter.blocks()


def items_of(listed: str) -> list[str]:
    """Return the outermost items of a list block, each with what is indented below it."""
    items: list[str] = []
    outer = min((len(m.group(1)) for m in map(ITEM.match, LINE.findall(listed)) if m), default=0)
    fenced = False
    for line in LINE.findall(listed):
        item = ITEM.match(line)
        if not items or (item and len(item.group(1)) == outer and not fenced):
            items.append("")
        items[-1] += line
        fenced ^= FENCE.match(line) is not None
    return items


def units_of(markdown: str) -> list[str]:
    """Return the smallest parts that make sense as a quote: sentences, list items, whole code.

    None is blank, and joined they are the text itself (an entirely blank text has none).
    """
    units: list[str] = []
    for block in blocks_of(markdown):
        units += parts_of(block)
    lead = ""
    while units and not units[0].strip():
        lead += units.pop(0)
    return [lead + units[0], *units[1:]] if units else []


def parts_of(block: Block) -> list[str]:
    """Return the sentences of a paragraph, the items of a list, and everything else whole."""
    if block.kind is Kind.PARAGRAPH:
        return sentences_of(block.text)
    return items_of(block.text) if block.kind is Kind.LIST else [block.text]
