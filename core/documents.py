"""Where answers come from: documents, and the passages of them that are embedded."""

import hashlib
from dataclasses import dataclass

from core.audience import EVERYONE, Audience


def content_hash(*parts: str) -> str:
    """Return the SHA-256 of the parts, unambiguously joined, as 64 hexadecimal digits."""
    digest = hashlib.sha256()
    for part in parts:
        encoded = part.encode("utf-8", "surrogatepass")
        digest.update(len(encoded).to_bytes(8, "big") + encoded)
    return digest.hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One page of a source, as Markdown. `uri` is its identity within the source."""

    source: str
    uri: str
    title: str
    text: str
    link: str | None = None
    audience: Audience = EVERYONE

    @property
    def id(self) -> str:
        """The document's identity, which an edit does not change (32 hexadecimal digits)."""
        return content_hash(self.source, self.uri)[:32]

    @property
    def hash(self) -> str:
        """What changes when the document does."""
        return content_hash(self.title, self.text, self.link or "", self.audience.key())


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A document that a source found but could not read, and why, in a sentence."""

    uri: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What there is of a source: its documents, counted, with the `titles` of the first few."""

    source: str
    documents: int
    passages: int
    titles: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A piece of a document, short enough for the embedder's window.

    `breadcrumb` is the title and the headings above it, joined with " › ".
    """

    document_id: str
    ordinal: int
    breadcrumb: str
    text: str

    @property
    def id(self) -> str:
        """The passage's identity: its place and its content (32 hexadecimal digits)."""
        return content_hash(self.document_id, str(self.ordinal), self.hash)[:32]

    @property
    def embedded(self) -> str:
        """The text that is embedded and whose terms are indexed."""
        return f"{self.breadcrumb}\n\n{self.text}"

    @property
    def hash(self) -> str:
        """The content hash that a stored embedding is found by."""
        return content_hash(self.embedded)
