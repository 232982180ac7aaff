"""What the bot says, what supports it, and where an answer stands in its life."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Self

from core.audience import Audience
from core.messages import Person


class Origin(StrEnum):
    """Where an answer's words come from."""

    GENERATED = "generated"  # a language model wrote it from passages
    QUOTED = "quoted"  # sentences of passages, word for word
    CORRECTION = "correction"  # a person wrote it
    UNKNOWN = "unknown"  # the bot said that it does not know
    COMMAND = "command"  # a command's output, which is never learned from
    OFFER = "offer"  # the question whether what somebody wrote is to be kept; it is not stored


class Standing(StrEnum):
    """An answer's place in its life."""

    CANDIDATE = "candidate"
    TRIAL = "trial"
    VERIFIED = "verified"
    STALE = "stale"
    RETIRED = "retired"


class Placement(StrEnum):
    """Where an answer is shown."""

    THREAD = "thread"  # to all who read the question
    ASKER = "asker"  # to the one who asked, alone
    MODERATORS = "moderators"  # to those who decide whether it is published


FORGOTTEN = "(This answer was forgotten, together with what it was given to or rested on.)"


class Secret(str):
    """A command's reply that is shown to who asked for it, and not stored."""

    __slots__ = ()


NOT_KEPT = "I keep no copy of this reply, because it held a secret: please ask for it again."


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What was asked, as searched; `text` stands on its own even where `asked` was a follow-up."""

    id: str
    text: str
    asked: str

    @property
    def followed_up(self) -> bool:
        """Say whether the thread was needed to understand it."""
        return self.text != self.asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """A passage that supports a sentence of an answer; `number` is the [n] in the answer's text.

    `hash` is the passage's content hash when it was cited: when the source no longer has it, the
    citation is out of date.
    """

    number: int
    passage_id: str
    document_id: str
    title: str
    breadcrumb: str
    link: str | None
    quote: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Badge:
    """What people made of an answer that is given again: whose it is, how old, how many it helped."""

    author: str | None
    standing: Standing
    age_days: int
    helpful: int
    verbatim: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the bot said to one question.

    `notice` is a plain sentence above the answer, for instance that the language model was away.
    `nearest` are the sources that come closest when the answer is that it does not know.
    `badge` is set when a stored answer was given again. `score` is that of the best passage that it
    cited as it was written. The ledger does not keep a text that is `Secret`.
    """

    id: str
    question: Question
    text: str
    origin: Origin
    audience: Audience
    created_at: datetime
    citations: tuple[Citation, ...] = ()
    nearest: tuple[Citation, ...] = ()
    author: Person | None = None
    standing: Standing = Standing.CANDIDATE
    notice: str | None = None
    badge: Badge | None = None
    reused_id: str | None = None
    score: float | None = field(default=None, compare=False)

    @property
    def kept_text(self) -> str:
        """The words that may be stored: who looks for a secret there is told to ask for it again."""
        return NOT_KEPT if isinstance(self.text, Secret) else self.text


class Presented(str):
    """A command's reply that presents a stored answer: feedback on the reply is feedback on that one.

    What it cites is what the stored answer cites, by the same numbers.
    """

    __slots__ = ("answer",)
    answer: Answer

    def __new__(cls, text: str, answer: Answer) -> Self:
        """Return the reply's text, which knows the answer."""
        made = super().__new__(cls, text)
        made.answer = answer
        return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A fresh answer, the one that it was written for, why that one stands where it does, and how many wait.

    `changed` is the difference in words, as `[-taken away-]` and `{+added+}`.
    """

    fresh: Answer
    old: Answer
    reason: str
    changed: str
    waiting: int


def badge_of(stored: Answer, helpful: int, at: datetime) -> Badge:
    """Return what a stored answer is marked with when it is given again at a time."""
    return Badge(
        author=stored.author.name if stored.author else None,
        standing=stored.standing,
        age_days=max(0, (at - stored.created_at).days),
        helpful=helpful,
        verbatim=True,
    )
