"""What core asks of the outside, as protocols; `tests/contracts` holds one suite for each."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from core.answers import Answer, Placement
from core.documents import Document, Unreadable
from core.embedding import EmbedderDescription, Vectors
from core.feedback import Correction, Decision, Feedback, Proposal
from core.items import Capabilities, Found, Hit, IndexItem
from core.messages import (
    Conversation,
    Deleted,
    Edited,
    Message,
    MessageRef,
    Person,
    Reaction,
    Reopened,
)
from core.prompts import Piece, Prompt, Turn

Event: TypeAlias = (
    Message | Reaction | Feedback | Correction | Proposal | Decision | Edited | Deleted | Reopened
)


class Embedder(Protocol):
    """Turns texts into unit vectors. The two paths do not block each other or the event loop."""

    @property
    def description(self) -> EmbedderDescription:
        """What the vectors depend on."""
        ...

    async def embed_question(self, text: str) -> Vectors:
        """Return one vector, shape (dimension,), ahead of any bulk work."""
        ...

    async def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Return vectors of shape (len(texts), dimension), in order."""
        ...

    async def embed_questions(self, texts: Sequence[str]) -> Vectors:
        """Return vectors of shape (len(texts), dimension) as `embed_question` would, but in bulk."""
        ...

    def count_tokens(self, text: str) -> int:
        """Return how many of the window's tokens a text takes, special tokens included."""
        ...

    async def close(self) -> None:
        """Let go of threads and memory."""
        ...


class Index(Protocol):
    """Named collections of embedded items. Writes are serialised by the driver; searches are not.

    Collections are addressed by their own name or by an alias. Every method raises
    `IndexUnavailableError` when the server or the folder does not answer.
    """

    @property
    def capabilities(self) -> Capabilities:
        """What the server can do; known after `open`."""
        ...

    @property
    def trouble(self) -> str | None:
        """The sentence on why the index cannot be asked just now; None while all is well."""
        ...

    async def open(self) -> None:
        """Connect, ask for the capabilities, load every collection that exists."""
        ...

    async def close(self) -> None:
        """Flush and disconnect."""
        ...

    async def collections(self) -> list[str]:
        """Return the names of all collections, not of aliases, sorted."""
        ...

    async def create(self, collection: str, dimension: int) -> None:
        """Make and load an empty collection; nothing happens where it exists."""
        ...

    async def drop(self, collection: str) -> None:
        """Remove a collection with all of its data; nothing happens where there is none."""
        ...

    async def point(self, alias: str, collection: str) -> None:
        """Let an alias name another collection, atomically for readers."""
        ...

    async def pointed(self, alias: str) -> str | None:
        """Return the collection that an alias names, or None."""
        ...

    async def upsert(self, collection: str, items: Sequence[IndexItem], bulk: bool = False) -> None:
        """Write rows, replacing those of the same id; `bulk` ones may slow searches down for long."""
        ...

    async def delete(self, collection: str, ids: Sequence[str]) -> None:
        """Remove rows; unknown ids are passed over."""
        ...

    async def flush(self, collection: str) -> None:
        """Make what was written durable and quick to search."""
        ...

    async def dimension(self, collection: str) -> int:
        """Return the length of the vectors of a collection."""
        ...

    async def settle(self, collection: str) -> None:
        """Make a collection that was filled quick to search; meanwhile it cannot be searched."""
        ...

    async def load_state(self, collection: str) -> str:
        """Return whether a collection can be searched, in the server's word, for instance "Loaded"."""
        ...

    async def ids(self, collection: str) -> set[str]:
        """Return the ids of all rows."""
        ...

    async def rows(self, collection: str) -> dict[str, int]:
        """Return the ids of all rows, each with its audience: all that can change of a row."""
        ...

    async def count(self, collection: str) -> int:
        """Return how many rows there are, much quicker than by listing them."""
        ...

    async def search_dense(
        self, collection: str, vector: Vectors, *, audiences: Sequence[int], limit: int
    ) -> list[Hit]:
        """Return the rows nearest to a unit vector that one of the audiences may read, best first."""
        ...

    async def search_terms(
        self, collection: str, terms: str, *, audiences: Sequence[int], limit: int
    ) -> list[Hit]:
        """Return the rows that share terms, by BM25, best first; nothing where it is not offered."""
        ...


class LanguageModel(Protocol):
    """Writes an answer from a prompt. Every failure is a `ModelError` with a sentence for people."""

    @property
    def name(self) -> str:
        """The model's name, as `doctor` shows it."""
        ...

    async def check(self) -> str:
        """Return one sentence on the model's state; raise `ModelError` when it cannot be used."""
        ...

    def answer(self, prompt: Prompt) -> AsyncIterator[Piece]:
        """Stream an answer. It ends without any piece when the passages do not hold one."""
        ...

    async def standalone(self, question: str, thread: Sequence[Turn]) -> str:
        """Return a follow-up rewritten so that it can be searched without its thread."""
        ...

    async def write(self, instructions: str, text: str) -> str:
        """Return a short text written as instructed from the given one; for plugins."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


class Reply(Protocol):
    """One answer in the making. After `finish` or `fail`, which raise if unsure, only `posted`.

    Nothing is shown before the first call: a message that is not for the bot has a reply, too.
    """

    @property
    def parts(self) -> Sequence[MessageRef]:
        """Every message that the answer stands in, in order; told by `finish`, `posted`, `revise`.

        Empty where it stands in the one place that they return or are given.
        """
        ...

    async def place(self, placement: Placement) -> None:
        """Show it elsewhere than in the thread of the question; called first or not at all.

        Raises `NoPlaceError` where the platform has no such place; nothing was shown then.
        """
        ...

    async def progress(self, text: str) -> None:
        """Show what is being done, for instance "Searching…"."""
        ...

    async def append(self, delta: str) -> None:
        """Show the next words of the answer."""
        ...

    async def finish(self, answer: Answer) -> MessageRef:
        """Show the whole answer, `answer.id` being its idempotency key; return where it stands."""
        ...

    async def fail(self, sentence: str) -> None:
        """Say in one sentence why there is no answer."""
        ...

    async def posted(self, answer_id: str) -> MessageRef | None:
        """Look where an answer stands already; None where it does not, or nobody can tell."""
        ...

    async def revise(self, standing: Sequence[MessageRef], answer: Answer) -> None:
        """Show another answer where one stands: its question was changed; instead of `finish`.

        `standing` are the messages that the old one is known to stand in: it leaves all of them.
        """
        ...


# -- plugins -------------------------------------------------------------------------------------


class Source(Protocol):
    """Where documents come from."""

    @property
    def name(self) -> str:
        """The source's name: documents of one name replace each other, those of another stay."""
        ...

    def documents(self) -> AsyncIterator[Document | Unreadable]:
        """Yield every document that there is now; what is no longer yielded is removed."""
        ...


class Reranker(Protocol):
    """Puts found passages into a better order."""

    @property
    def name(self) -> str:
        """The re-ranker's name, for the log."""
        ...

    async def rerank(self, question: str, found: Sequence[Found]) -> Sequence[Found]:
        """Return the same passages, reordered; one that is left out is dropped."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One use of a command, read by nobody else if `private`. Feedback will carry `answer_id`."""

    arguments: str
    person: Person
    answer_id: str
    conversation: Conversation
    thread: str | None = None
    private: bool = False


class Command(Protocol):
    """Something that people can ask for by `/name`."""

    @property
    def name(self) -> str:
        """The command's name, without the slash."""
        ...

    @property
    def summary(self) -> str:
        """One line on what it does, for `/help`."""
        ...

    async def run(self, call: Call, progress: Callable[[str], Awaitable[None]]) -> str:
        """Return the reply, as Markdown; a `Secret` is not stored. `progress` shows what is done."""
        ...


class Listener(Protocol):
    """Is told of every event, after the ledger has it. It cannot change what happens to it."""

    @property
    def name(self) -> str:
        """The listener's name, for the log."""
        ...

    async def on_event(self, event: Event) -> None:
        """Take notice of an event; a failure is logged with the listener's name."""
        ...
