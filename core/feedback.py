"""What people say of an answer: the events of the feedback log and the one verdict that counts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from core.messages import Conversation, MessageRef, Person

SKIN_TONES = frozenset(chr(code) for code in range(0x1F3FB, 0x1F400))
VARIATION_SELECTOR = "\ufe0f"


class Verdict(StrEnum):
    """Up or down."""

    UP = "up"
    DOWN = "down"


class Reason(StrEnum):
    """Why a verdict was down."""

    WRONG_SOURCES = "wrong sources"
    WRONG_ANSWER = "wrong answer"
    OUTDATED = "outdated"


class Via(StrEnum):
    """What a verdict came by."""

    REACTION = "reaction"
    BUTTON = "button"
    REASON = "reason"
    CORRECTION = "correction"
    PROPOSAL = "proposal"
    ASKED_AGAIN = "asked again"
    ANSWERED_BY_PERSON = "answered by person"
    THANKS = "thanks"
    RESOLVED = "resolved"

    @property
    def implicit(self) -> bool:
        """Say whether nobody meant to judge an answer by it; it counts only near the question."""
        return self in IMPLICIT


# What is said of an answer by what people do after it.
IMPLICIT = MappingProxyType(
    {
        Via.ASKED_AGAIN: Verdict.DOWN,
        Via.ANSWERED_BY_PERSON: Verdict.DOWN,
        Via.THANKS: Verdict.UP,
        Via.RESOLVED: Verdict.UP,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """One event of the log, by a person.

    `withdrawn` takes back every earlier event of that verdict; where it names an emoji, those that
    came by this emoji. The ledger knows `linked`, the ids of all accounts of the person, and in which
    `conversation` the answer was given.
    """

    event_id: str
    answer_id: str
    person: Person
    verdict: Verdict
    via: Via
    at: datetime
    reason: Reason | None = None
    withdrawn: bool = False
    emoji: str | None = None
    linked: frozenset[str] = frozenset()
    conversation: str | None = None

    @property
    def is_liking(self) -> bool:
        """Say whether somebody meant to say that the answer is right."""
        return self.verdict is Verdict.UP and not self.via.implicit

    def is_by(self, person_id: str | None) -> bool:
        """Say whether this is what a person said, by whichever account."""
        return person_id == self.person.id or person_id in self.linked


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A person's better answer to the question that `answer_id` answered."""

    event_id: str
    answer_id: str
    person: Person
    text: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A message that a person found worth keeping as an answer; `author` wrote it.

    `question` is what it answers; None where nobody said so, and the thread's first message is it.
    `thread` is the key of that one, where the platform knows it.
    """

    event_id: str
    ref: MessageRef
    conversation: Conversation
    person: Person
    author: Person
    text: str
    question: str | None
    at: datetime
    thread: str | None = None


class Choice(StrEnum):
    """What is done with an answer that few have seen so far."""

    PUBLISH = "publish"
    DISMISS = "dismiss"
    KEEP = "keep"  # what one wrote oneself, as an answer
    DECLINE = "decline"  # to keep it

    @property
    def about_offer(self) -> bool:
        """Say whether an offer is decided upon, not an answer."""
        return self in {Choice.KEEP, Choice.DECLINE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A person's choice about an answer that few have seen: a draft, or one for the asker alone.

    A `text` is what it is published as: the person's better answer. Where the choice is about an
    offer, `answer_id` is that of the offer.
    """

    event_id: str
    answer_id: str
    person: Person
    choice: Choice
    at: datetime
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """What the evidence on an answer amounts to: 0…1, and the weighted verdicts behind it."""

    value: float
    ups: float
    downs: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """What was said of an answer at the question that it was given to, weighted.

    `source_downs` is the part of `downs` that speaks against what was cited, too. `meant_ups` and
    `meant_downs` are what was meant, whenever that was, of whether to answer so at all.
    """

    answer_id: str
    question_id: str
    ups: float
    downs: float
    source_downs: float
    meant_ups: float = 0.0
    meant_downs: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Penalty:
    """A passage that was called a wrong source near a question; `weight` is 0…1."""

    passage_id: str
    question_id: str
    weight: float


def by_answer(verdicts: Iterable[Feedback]) -> dict[str, list[Feedback]]:
    """Return verdicts by the answer that they are on, in the order that they came in."""
    grouped: dict[str, list[Feedback]] = {}
    for one in verdicts:
        grouped.setdefault(one.answer_id, []).append(one)
    return grouped


def live_verdict(events: Iterable[Feedback]) -> Feedback | None:
    """Return the one verdict that counts of one rater's events on one answer, oldest first.

    An account takes back only what it gave itself. The last one wins, and taking a verdict back brings back the other one if it still stands: who
    added 👍, then 👎, and removes the 👎, is left with the 👍. A reason given earlier stays with
    a later plain 👎. An implicit signal counts only where nothing was said explicitly.
    """
    standing: list[Feedback] = []
    for event in events:
        if event.withdrawn:
            standing = [kept for kept in standing if not _takes_back(event, kept)]
        else:
            standing.append(event)
    standing = [kept for kept in standing if not kept.via.implicit] or standing
    if not standing:
        return None
    last = standing[-1]
    reasons = [event.reason for event in standing if event.verdict is last.verdict and event.reason]
    return last if last.reason or not reasons else replace(last, reason=reasons[-1])


def _takes_back(withdrawal: Feedback, kept: Feedback) -> bool:
    said_so = kept.verdict is withdrawal.verdict and kept.person.id == withdrawal.person.id
    alike = kept.via.implicit == withdrawal.via.implicit
    return said_so and alike and withdrawal.emoji in (None, kept.emoji)


def verdict_of(emoji: str, verdicts: Mapping[str, Verdict]) -> Verdict | None:
    """Return what an emoji says of an answer, whatever its skin tone or spelling, or None."""
    named = _plain(emoji)
    return next((verdict for name, verdict in verdicts.items() if _plain(name) == named), None)


def is_one_of(emoji: str, named: Iterable[str]) -> bool:
    """Say whether an emoji is one of those named, whatever its skin tone or spelling."""
    return _plain(emoji) in {_plain(name) for name in named}


def _plain(emoji: str) -> str:
    """Return an emoji without skin tone, variation selector and colons."""
    kept = (sign for sign in emoji if sign not in SKIN_TONES and sign != VARIATION_SELECTOR)
    return "".join(kept).strip(":").split("::")[0]
