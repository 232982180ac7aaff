"""A double of the assistant for the room's tests: a small, true conversation kept in memory."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from core.answers import Answer, Citation, Origin, Question, Standing
from core.audience import EVERYONE
from core.documents import Document
from core.errors import LedgerError, UnknownAnswerError
from core.feedback import Correction, Feedback, Rating, Verdict, live_verdict
from core.interfaces import Reply
from core.job import JobReport, Progress
from core.ledger.views import Entry, Learned, RatingPoint
from core.messages import Deleted, Edited, Message, Reaction

PAGE = Document(
    source="docs",
    uri="slack.md",
    title="Connecting Slack",
    text=(
        "# Connecting Slack\n\nTavernkeep talks to Slack over Socket Mode.\n\n## Tokens\n\n"
        + "Some words that come before. " * 60
        + "\n\nCreate an app from the **manifest**, then set `SLACK_BOT_TOKEN` and restart.\n\n"
        + "Some words that come after. " * 60
    ),
)
SLACK = Citation(
    number=1,
    passage_id="p1",
    document_id=PAGE.id,
    title="Connecting Slack",
    breadcrumb="Connecting Slack › Tokens",
    link=None,
    quote="Create an app from the **manifest**, then set `SLACK_BOT_TOKEN` and restart.",
    hash="h1",
)
WORDS = (
    "Create an app from the manifest in `config/slack-manifest.yaml` [1].\n\n"
    "1. Install it to your workspace.\n2. Set `SLACK_BOT_TOKEN` and restart [1].\n\n"
    "Tavernkeep then listens over **Socket Mode**, so no port has to be open."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """A command that the double offers."""

    name: str
    summary: str


@dataclass
class Barkeep:
    """Answers everything from one page, and keeps what people said of it.

    `patience` is waited between streamed words, in seconds; `gate` can hold an answer back and `refusal` is what is said to reactions.
    """

    patience: float = 0.0
    gate: asyncio.Event | None = None
    commands: Sequence[Spoken] = (
        Spoken(name="help", summary="What I can do."),
        Spoken(name="sources", summary="What I have read."),
    )
    entries: dict[str, Entry] = field(default_factory=dict)
    feedback: list[Feedback] = field(default_factory=list)
    corrections: list[Correction] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    offered: list[tuple[str, Answer]] = field(default_factory=list)
    epochs: int = 0
    refusal: str = ""

    async def status(self) -> dict[str, str]:
        """Say who is behind the bar."""
        return {"model": "Answers are quoted from the documents, word for word."}

    async def on_message(self, message: Message, reply: Reply) -> None:
        """Keep a message and answer it."""
        self.messages.append(message)
        self.entries[message.ref.key] = Entry(
            key=message.ref.key,
            thread=message.thread,
            at=message.sent_at,
            text=message.text,
            person=message.person,
        )
        if message.addressed:
            await self._answer(message, reply)

    async def _answer(self, message: Message, reply: Reply) -> None:
        await reply.progress("Searching…")
        if self.gate is not None:
            await self.gate.wait()
        if "crash" in message.text:
            raise UnknownAnswerError("The barkeep dropped the tray.")
        answer = answer_to(message)
        if answer.origin is not Origin.UNKNOWN:
            await reply.progress("Reading 5 passages…")
            for word in answer.text.split(" "):
                await asyncio.sleep(self.patience)
                await reply.append(word + " ")
        ref = await reply.finish(answer)
        self.entries[ref.key] = Entry(
            key=ref.key,
            thread=message.thread or message.ref.key,
            at=datetime.now(UTC),
            text=answer.text,
            person=None,
            answer=answer,
        )

    async def on_reaction(self, reaction: Reaction) -> None:
        """Keep an emoji."""
        if self.refusal:
            raise LedgerError(self.refusal)
        entry = self.entries[reaction.ref.key]
        marks = {emoji: list(ids) for emoji, ids in entry.reactions}
        held = marks.setdefault(reaction.emoji, [])
        if reaction.added:
            held.append(reaction.person.id)
        elif reaction.person.id in held:
            held.remove(reaction.person.id)
        kept = tuple((emoji, tuple(ids)) for emoji, ids in marks.items() if ids)
        self.entries[entry.key] = replace(entry, reactions=kept)

    async def on_verdict(self, feedback: Feedback) -> None:
        """Keep a verdict."""
        self.feedback.append(feedback)

    async def on_correction(self, correction: Correction) -> str:
        """Keep a correction."""
        self.corrections.append(correction)
        return "Thank you: your answer is kept."

    async def on_edited(self, edited: Edited) -> None:
        """Change a message."""
        entry = self.entries[edited.ref.key]
        self.entries[entry.key] = replace(entry, text=edited.text, edited=True)

    async def on_deleted(self, deleted: Deleted) -> None:
        """Take a message away."""
        del self.entries[deleted.ref.key]

    async def resume(self, platform: str, reply_to: Callable[[Message], Reply]) -> None:
        """Find nothing that a crash cut short."""

    async def offers(self, platform: str) -> list[tuple[str, Answer]]:
        """Return what people are asked, each with who is asked."""
        return self.offered

    async def history(self, conversation_id: str) -> list[Entry]:
        """Return everything, with the verdicts that stand."""
        return [
            replace(entry, verdicts=self._verdicts(entry.answer)) if entry.answer else entry
            for entry in sorted(self.entries.values(), key=lambda entry: entry.at)
        ]

    async def learned(self) -> list[Learned]:
        """Return the answers that people said something of."""
        answers = [entry.answer for entry in self.entries.values() if entry.answer]
        return [
            Learned(
                answer=replace(answer, standing=Standing.TRIAL),
                rating=Rating(value=0.72, ups=2.0, downs=0.5) if self.epochs else None,
                verdicts=self._verdicts(answer),
            )
            for answer in answers
            if self._verdicts(answer)
        ]

    async def ratings_over_time(self) -> list[RatingPoint]:
        """Return ratings that rise with every epoch."""
        return [
            RatingPoint(
                epoch_id=epoch + 1,
                at=datetime.now(UTC),
                answer_id=one.answer.id,
                value=min(0.6 + 0.06 * epoch - 0.07 * place, 1.0),
            )
            for epoch in range(self.epochs)
            for place, one in enumerate(await self.learned())
        ]

    async def counts(self) -> dict[str, int]:
        """Count."""
        return {"documents": 24, "passages": 312, "answers": 7, "feedback": len(self.feedback)}

    async def document(self, document_id: str) -> Document | None:
        """Return the one page that there is."""
        return PAGE if document_id == PAGE.id else None

    async def run_job(self, name: str, progress: Progress) -> JobReport:
        """Rank."""
        for done in range(3):
            progress("Rating answers", done, 3)
            await asyncio.sleep(self.patience)
        self.epochs += 1
        return JobReport(summary=f"Ranking {self.epochs} is live: 2 answers rated.", figures={})

    def _verdicts(self, answer: Answer) -> tuple[Feedback, ...]:
        people = dict.fromkeys(one.person.id for one in self.feedback)
        said = [
            live_verdict(
                one
                for one in self.feedback
                if one.person.id == person and one.answer_id == answer.id
            )
            for person in people
        ]
        return tuple(one for one in said if one is not None)

    def posted(self) -> str:
        """Return the key of the first answer."""
        return next(key for key, entry in self.entries.items() if entry.answer)

    def standing_verdicts(self) -> list[Verdict]:
        """Return every verdict that stands, on whatever answer."""
        held = [entry.answer for entry in self.entries.values() if entry.answer]
        return [one.verdict for answer in held for one in self._verdicts(answer)]


def answer_to(message: Message) -> Answer:
    """Return the double's answer: it does not know of dragons, and echoes what follows "say"."""
    unknown = "dragon" in message.text
    said = message.text.partition("say ")[2]
    return Answer(
        id=f"answer-{message.ref.key}",
        question=Question(id=f"q-{message.ref.key}", text=message.text, asked=message.text),
        text="I do not know: my documents say nothing of it." if unknown else said or WORDS,
        origin=Origin.UNKNOWN if unknown else Origin.GENERATED,
        audience=EVERYONE,
        created_at=message.sent_at,
        citations=() if unknown else (SLACK,),
        nearest=(SLACK, replace(SLACK, number=2, breadcrumb="Security › Tokens"))
        if unknown
        else (),
    )
