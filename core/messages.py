"""What people write, where it stands and who wrote it; and reactions to it."""

from dataclasses import dataclass
from datetime import datetime

from core.audience import EVERYONE, Audience, members_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody on a platform; `bot` marks this and other bots, which are never raters.

    `guest` is somebody whom the platform lets in but partly; `since` is when the account was made,
    where the platform tells. What guests and new accounts say of answers weighs little.
    """

    platform: str
    key: str
    name: str
    bot: bool = False
    guest: bool = False
    since: datetime | None = None

    @property
    def id(self) -> str:
        """The person's identity in the ledger."""
        return f"{self.platform}:{self.key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """A channel or a direct conversation; `public` means that everyone in the workspace may read it."""

    platform: str
    key: str
    name: str = ""
    direct: bool = False
    public: bool = True

    @property
    def id(self) -> str:
        """The conversation's identity in the ledger; the same key on two platforms is two conversations."""
        return f"{self.platform}:{self.key}"

    @property
    def audience(self) -> Audience:
        """Who reads what is posted here."""
        return EVERYONE if self.public and not self.direct else members_of(self.id)

    @property
    def held(self) -> frozenset[str]:
        """The memberships that everyone who reads along here is sure to hold."""
        return self.audience.requires


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRef:
    """Where one message stands on its platform: enough to react to it, edit it or answer it."""

    platform: str
    conversation: str
    key: str

    @property
    def id(self) -> str:
        """The message's identity in the ledger."""
        return f"{self.platform}:{self.conversation}:{self.key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message that a person wrote.

    `event_id` identifies the delivery: a repeated delivery carries the same one. `thread` is the
    key of the message that the thread hangs on. `addressed` says that the platform knows the bot
    is meant: a mention, a direct conversation or a command; `to_others` that it knows that somebody
    else is, for instance because their name stands in it. What is `private` was asked so that nobody
    but the writer sees the answer. What is asked `afresh` is answered from the sources, whatever was
    answered before; its text stands on its own.
    """

    event_id: str
    ref: MessageRef
    conversation: Conversation
    person: Person
    text: str
    sent_at: datetime
    thread: str | None = None
    addressed: bool = False
    to_others: bool = False
    private: bool = False
    afresh: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """An emoji that a person added to or removed from a message."""

    event_id: str
    ref: MessageRef
    person: Person
    emoji: str
    added: bool
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """A message's text was changed."""

    event_id: str
    ref: MessageRef
    text: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted:
    """A message was taken away by its author or a moderator."""

    event_id: str
    ref: MessageRef
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopened:
    """A conversation was made public or private, or was given another name: who may read changed."""

    event_id: str
    conversation: Conversation
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Footprint:
    """What there is of a person, counted.

    `answers` go with it: answers to the person's questions that nobody else found right, and the
    places where a correction of theirs was given again. `kept` are the answers that others vouched
    for, which stay without the question's words. `linked` are the person's other accounts, which
    keep what is theirs. `preferences` is how much the person said of how they like answers.
    """

    messages: int
    verdicts: int
    corrections: int
    answers: int
    kept: int
    linked: int = 0
    preferences: int = 0

    def __str__(self) -> str:
        """Return the counts as part of a sentence: "3 messages, 1 verdict, 0 corrections and …"."""
        counted = [
            f"{count} {what if count == 1 else what + 's'}"
            for what, count in (
                ("message", self.messages),
                ("verdict", self.verdicts),
                ("correction", self.corrections),
                ("answer", self.answers),
            )
        ]
        return f"{', '.join(counted[:-1])} and {counted[-1]}"
