"""What tests put in the place of the world, and short ways to make what people say and get."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from core.answers import Answer, Citation, Origin, Question, Review, Standing
from core.audience import EVERYONE, Audience
from core.documents import Contents, Document, Unreadable, content_hash
from core.embedders.hashing import HashingEmbedder
from core.embedding import Vectors
from core.errors import SourceError, TavernkeepError
from core.feedback import Feedback, Reason, Verdict, Via
from core.interfaces import Event
from core.ledger.intake import store
from core.ledger.ledger import Transaction
from core.messages import Conversation, Footprint, Message, MessageRef, Person
from core.modes import Mode
from core.preferences import Aspect, Kept, Length


@dataclass(slots=True)
class Clock:
    """A clock that shows the time it was set to, until it is set again."""

    time: datetime

    def __call__(self) -> datetime:
        """Return the time."""
        return self.time

    def advance(self, **by: float) -> datetime:
        """Move on by a timedelta's arguments and return the new time."""
        self.time += timedelta(**by)
        return self.time


class CountingEmbedder(HashingEmbedder):
    """Keeps the texts that it was asked to embed, in order."""

    def __init__(self, dimension: int = 256) -> None:
        """Take the vectors' length."""
        super().__init__(dimension)
        self.embedded: list[str] = []

    async def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors, and remember what of."""
        self.embedded += texts
        return await super().embed_passages(texts)


@dataclass(slots=True)
class ListedSource:
    """A source that holds what it is given; `broken` makes it raise that sentence at its end."""

    held: list[Document | Unreadable] = field(default_factory=list)
    name: str = "listed"
    broken: str | None = None

    async def documents(self) -> AsyncIterator[Document | Unreadable]:
        """Yield what is held."""
        for one in self.held:
            yield one
        if self.broken:
            raise SourceError(self.broken)


NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
LOBBY = Conversation(platform="room", key="lobby", name="lobby")


def silent(what: str, done: int, total: int | None) -> None:
    """Show no progress."""


def person(key: str = "ann") -> Person:
    """Return somebody in the room."""
    return Person(platform="room", key=key, name=key.title())


def message(key: str = "m1", text: str = "How do I reset it?", *, by: str = "ann") -> Message:
    """Return a message in the lobby, sent at noon."""
    return Message(
        event_id=f"message:{key}",
        ref=MessageRef(platform="room", conversation="lobby", key=key),
        conversation=LOBBY,
        person=person(by),
        text=text,
        sent_at=NOON,
    )


def cited(document: Document, hash_: str, number: int = 1) -> Citation:
    """Return a citation of a passage, known by its content hash."""
    return Citation(
        number=number,
        passage_id=content_hash(document.id, "0", hash_)[:32],
        document_id=document.id,
        title=document.title,
        breadcrumb=document.title,
        link=document.link,
        quote="",
        hash=hash_,
    )


def answer(
    key: str = "a1",
    question: str = "How do I reset it?",
    *,
    origin: Origin = Origin.GENERATED,
    standing: Standing = Standing.CANDIDATE,
    citations: tuple[Citation, ...] = (),
    author: Person | None = None,
    audience: Audience = EVERYONE,
    reused: str | None = None,
) -> Answer:
    """Return an answer given at noon; its question's id follows from its own."""
    return Answer(
        id=key,
        question=Question(id=f"q-{key}", text=question, asked=question),
        text=f"The text of {key}.",
        origin=origin,
        audience=audience,
        created_at=NOON,
        citations=citations,
        author=author,
        standing=standing,
        reused_id=reused,
    )


def said(
    of: str,
    verdict: Verdict = Verdict.UP,
    *,
    by: str = "ann",
    event: str = "",
    at: datetime = NOON,
    reason: Reason | None = None,
    withdrawn: bool = False,
) -> Feedback:
    """Return one event of the feedback log."""
    return Feedback(
        event_id=event or f"{of}:{by}:{verdict}:{withdrawn}",
        answer_id=of,
        person=person(by),
        verdict=verdict,
        via=Via.BUTTON,
        at=at,
        reason=reason,
        withdrawn=withdrawn,
    )


async def received(transaction: Transaction, event: Event, now: datetime) -> bool:
    """Leave an event as a process does that dies once it has it; say whether it is new.

    The claim has run out already, so whoever looks takes it on, for the second time.
    """
    return bool(await store(transaction, [event], owner="the dead", now=now, until=now))


NOTHING_KNOWN = Footprint(messages=0, verdicts=0, corrections=0, answers=0, kept=0)


@dataclass(slots=True)
class Forgetful:
    """Says what there is of everybody, and remembers who was asked for, and for what."""

    there: Footprint
    asked: list[tuple[str, Person]] = field(default_factory=list)

    async def preview(self, person: Person) -> Footprint:
        """Remember the person."""
        self.asked.append(("preview", person))
        return self.there

    async def forget(self, person: Person) -> Footprint:
        """Remember the person."""
        self.asked.append(("forget", person))
        return self.there


@dataclass(slots=True)
class KeptModes:
    """Keeps one mode for every conversation, and remembers who set it; `refusal` is raised instead."""

    standing: Mode = Mode.MENTION
    silenced: bool = False
    refusal: str = ""
    by: list[Person] = field(default_factory=list)

    async def mode(self, conversation: Conversation) -> tuple[Mode, bool]:
        """Return what stands."""
        return self.standing, self.silenced

    async def set_mode(self, conversation: Conversation, mode: Mode, by: Person) -> None:
        """Keep the mode, unless it is refused."""
        if self.refusal:
            raise TavernkeepError(self.refusal)
        self.standing = mode
        self.by.append(by)

    async def silence(self, conversation: Conversation, silent: bool, by: Person) -> bool:
        """Keep it, and say whether anything changed."""
        changed, self.silenced = silent is not self.silenced, silent
        self.by.append(by)
        return changed


@dataclass(slots=True)
class KeptLinks:
    """Gives one code, joins by it alone, and remembers who did what; `other` is whom it belongs to."""

    other: Person
    code: str = "K7QM-2XVD-9FTB"
    linked: list[Person] = field(default_factory=list)
    asked: list[tuple[str, Person]] = field(default_factory=list)

    def is_code(self, text: str) -> bool:
        """Take what is as long as the code for one."""
        return len(text) == len(self.code)

    async def offer(self, person: Person) -> str:
        """Return the code."""
        self.asked.append(("offer", person))
        return self.code

    async def redeem(self, person: Person, code: str) -> Person:
        """Link by the code, and refuse any other."""
        self.asked.append(("redeem", person))
        if code != self.code:
            raise TavernkeepError("I know no such code.")
        self.linked.append(self.other)
        return self.other

    async def accounts(self, person: Person) -> Sequence[Person]:
        """Return what was linked."""
        return self.linked

    async def part(self, person: Person) -> bool:
        """Let go of what was linked, and say whether there was anything."""
        self.asked.append(("part", person))
        parted = bool(self.linked)
        self.linked.clear()
        return parted


@dataclass(slots=True)
class KeptPreferences:
    """Keeps what was said for everybody; `guessed` is what their verdicts suggest."""

    said: dict[Aspect, str] = field(default_factory=dict)
    guessed: Length | None = None

    async def kept(self, person: Person) -> Kept:
        """Return it."""
        return Kept(said=self.said, guessed=self.guessed)

    async def prefer(self, person: Person, aspect: Aspect, value: str) -> None:
        """Keep it."""
        self.said[aspect] = value

    async def forget(self, person: Person) -> bool:
        """Forget it, and say whether there was anything."""
        there = bool(self.said)
        self.said.clear()
        return there


@dataclass(slots=True)
class ListedContents:
    """Says what there is of each source."""

    held: Sequence[Contents] = ()

    async def readable(self) -> Sequence[Contents]:
        """Return it."""
        return self.held


@dataclass(slots=True)
class ListedReviews:
    """Gives whoever asks the reviews that it holds, one after the other."""

    held: list[Review] = field(default_factory=list)

    async def next(self, person: Person, conversation: Conversation) -> Review | None:
        """Return the first, which is done with then."""
        return self.held.pop(0) if self.held else None


@dataclass(slots=True)
class ListedAudits:
    """Gives whoever asks the answers that it holds, one after the other."""

    held: list[Answer] = field(default_factory=list)

    async def next(self, person: Person, conversation: Conversation) -> Answer | None:
        """Return the first, which is done with then."""
        return self.held.pop(0) if self.held else None


@dataclass(slots=True)
class Shown:
    """Remembers the progress that it was told, as (done, total)."""

    steps: list[tuple[int, int | None]] = field(default_factory=list)

    def __call__(self, what: str, done: int, total: int | None) -> None:
        """Remember one step."""
        self.steps.append((done, total))
