"""A whole tavern without a platform: the assistant over an index in memory, and people who write."""

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from core.answering import Answerer
from core.answers import Answer, Placement
from core.assistant import Assistant
from core.composing import Loop
from core.decisions import Decisions
from core.documents import Document
from core.errors import ModelError, NoPlaceError
from core.feedback import Choice, Correction, Decision, Feedback, Reason, Verdict, Via
from core.gating import rules_of
from core.index.memory import MemoryIndex
from core.indexing import Indexing
from core.ingestion import Ingestion
from core.interfaces import Call, Command, Embedder, Event, Index, LanguageModel, Reply
from core.job import JobReport
from core.jobs.refresh import Refresh
from core.jobs.rerank import Rerank
from core.learning.corrections import Corrections
from core.learning.evidence import Evidence
from core.learning.grounds import SecondGate
from core.learning.offering import Offering
from core.learning.preferring import Preferring
from core.learning.proposals import Proposals
from core.learning.replay import Replay
from core.learning.reuse import Reuse
from core.learning.signals import Signals
from core.learning.telling import Teller
from core.ledger.ledger import Ledger
from core.messages import Conversation, Message, MessageRef, Person, Reaction
from core.models.quoting import QuotingModel
from core.modes import Mode
from core.plugins import Listeners
from core.prompts import CitationPiece, Instructions, Piece, Prompt, TextPiece, Turn
from core.retrieval import Retriever
from core.scheduler import Scheduler, silent
from core.settings import Settings
from tests.doubles import Clock, ListedSource, received

HALL = Conversation(platform="test", key="hall", name="The hall")
CELLAR = Conversation(platform="test", key="cellar", name="The cellar", public=False)
ANA, BEN, CLEO = (
    Person(platform="test", key=name.lower(), name=name) for name in ("Ana", "Ben", "Cleo")
)
ROBOT = Person(platform="test", key="robot", name="Robot", bot=True)

PROCESSES = itertools.count()  # every assistant is one, with a name of its own in the ledger


def page(uri: str, text: str, **changes: object) -> Document:
    """Return a document whose title is its place."""
    given = {"source": "listed", "uri": uri, "title": uri, "text": text} | changes
    return Document(**given)  # type: ignore[arg-type]  # the fields' types differ


KITCHEN = page("Kitchen", "The kitchen closes at ten in the evening.")
PASSWORDS = page("Passwords", "To reset your password, open the settings and press Forgotten.")


class ScriptedModel:
    """A language model that says what it is told to; without a script it quotes, once `broken` fails."""

    name = "scripted"

    def __init__(self) -> None:
        """Start without a script."""
        self.script: list[Piece] | None = None
        self.broken: Exception | None = None
        self.prompts: list[Prompt] = []
        self.rewritten: str | None = None
        self._quoting = QuotingModel()

    async def check(self) -> str:
        """Say that all is well."""
        return "Scripted."

    async def answer(self, prompt: Prompt) -> AsyncIterator[Piece]:
        """Yield the script, then fail where it is broken."""
        self.prompts.append(prompt)
        if self.script is None and self.broken is None:
            async for piece in self._quoting.answer(prompt):
                yield piece
        for piece in self.script or ():
            yield piece
        if self.broken:
            raise self.broken

    async def standalone(self, question: str, thread: Sequence[Turn]) -> str:
        """Return what a follow-up is to be rewritten to."""
        if isinstance(self.broken, ModelError):
            raise self.broken
        return self.rewritten or await self._quoting.standalone(question, thread)

    async def write(self, instructions: str, text: str) -> str:
        """Return the text."""
        return text

    async def close(self) -> None:
        """There is nothing to let go of."""


def written(*pieces: str | int) -> list[Piece]:
    """Return pieces of an answer: words, and the places of cited passages."""
    return [
        TextPiece(one) if isinstance(one, str) else CitationPiece(one, "so it says")
        for one in pieces
    ]


class KeptReply:
    """Keeps what it is told; `deaf` makes the platform refuse "to cards", "to all", "to moderators"."""

    parts: Sequence[MessageRef] = ()

    def __init__(self, key: str, deaf: str = "", place: Conversation = HALL) -> None:
        """Take the key of the post, and where it stands."""
        self.ref = MessageRef(platform=place.platform, conversation=place.key, key=key)
        self.deaf = deaf
        self.placed: list[Placement] = []
        self.said: list[str] = []
        self.streamed = ""
        self.finished: list[Answer] = []
        self.failures: list[str] = []
        self.revised: list[tuple[MessageRef, Answer]] = []

    @property
    def answer(self) -> Answer:
        """The one finished answer."""
        (only,) = self.finished
        return only

    async def place(self, placement: Placement) -> None:
        """Keep a placement; moderators have a conversation of their own, unless deaf to them."""
        if placement is Placement.MODERATORS:
            if self.deaf == "to moderators":
                raise NoPlaceError("There are no moderators.")
            self.ref = replace(self.ref, conversation="moderators")
        self.placed.append(placement)

    async def progress(self, text: str) -> None:
        """Keep a status."""
        self.said.append(text)

    async def append(self, delta: str) -> None:
        """Keep words."""
        self.streamed += delta

    async def finish(self, answer: Answer) -> MessageRef:
        """Keep the answer, unless deaf."""
        if self.deaf in {"to cards", "to all"}:
            raise ConnectionError("the platform is away")
        self.finished.append(answer)
        return self.ref

    async def posted(self, answer_id: str) -> MessageRef | None:
        """Say where an answer stands that was kept here."""
        return self.ref if any(one.id == answer_id for one in self.finished) else None

    async def revise(self, standing: Sequence[MessageRef], answer: Answer) -> None:
        """Keep the other answer."""
        self.revised.append((standing[0], answer))

    async def fail(self, sentence: str) -> None:
        """Keep the sentence, unless quite deaf."""
        if self.deaf == "to all":
            raise ConnectionError("the platform is away")
        self.failures.append(sentence)


@dataclass(slots=True)
class Ear:
    """A listener that keeps what it hears."""

    heard: list[Event] = field(default_factory=list)
    name: str = "ear"

    async def on_event(self, event: Event) -> None:
        """Keep an event."""
        self.heard.append(event)


@dataclass(slots=True)
class Echo:
    """A command that says what it was called with, and fails when asked to."""

    name: str = "echo"
    summary: str = "says it again"

    async def run(self, call: Call, progress: Callable[[str], Awaitable[None]]) -> str:
        """Return the arguments."""
        await progress("Listening…")
        if call.arguments == "fall over":
            raise ZeroDivisionError
        return f"{call.person.name}: {call.arguments}"


class Tavern:
    """Everything below a platform, built as the composition root builds it."""

    def __init__(
        self, settings: Settings, ledger: Ledger, index: Index, embedder: Embedder, clock: Clock
    ) -> None:
        """Build it; `open` it before use."""
        self.settings, self.ledger, self.index, self.clock = settings, ledger, index, clock
        self.model = ScriptedModel()
        self.ear = Ear()
        self.commands: list[Command] = [Echo()]
        self.source = ListedSource([KITCHEN, PASSWORDS])
        self.indexing = Indexing(ledger=ledger, index=index, embedder=embedder, now=clock)
        self.ingestion = Ingestion(
            ledger=ledger, embedder=embedder, indexing=self.indexing, now=clock
        )
        self.retriever = Retriever(
            ledger=ledger,
            index=index,
            embedder=embedder,
            indexing=self.indexing,
            settings=settings.retrieval,
            kernel_width=settings.learning.kernel_width,
        )
        self.second_gate = SecondGate(
            ledger=ledger,
            retriever=self.retriever,
            judge=QuotingModel(),
            floor=settings.retrieval.floor,
            now=clock,
        )
        self.answerer = self._answerer(self.model)
        self.corrections = Corrections(ledger=ledger, retriever=self.retriever, now=clock)
        saved_by = settings.conversations.saved_by
        self.proposals = Proposals(retriever=self.retriever, saved_by=saved_by, now=clock)
        self.evidence = Evidence(
            emoji=settings.learning.emoji,
            saved_by=saved_by,
            now=clock,
            signals=Signals(settings.learning.implicit),
        )
        self.preferring = Preferring(ledger, settings.learning.guess_preferences, clock)
        self.scheduler = Scheduler(ledger=ledger, jobs=[], owner="test", now=clock)
        self.assistant = self.new_assistant()
        self._ids = (f"id{number}" for number in itertools.count())

    def _answerer(self, model: LanguageModel) -> Answerer:
        return Answerer(
            retriever=self.retriever,
            model=model,
            quoting=QuotingModel(),
            instructions=Instructions(answer="Answer."),
            floor=self.settings.retrieval.floor,
            now=self.clock,
        )

    def use(self, model: LanguageModel) -> None:
        """Answer with another language model."""
        self.answerer = self._answerer(model)
        self.assistant = self.new_assistant()

    def new_assistant(self) -> Assistant:
        """Return an assistant as a restart makes it, which remembers nothing but the ledger.

        It claims under a name of its own, as every process does.
        """
        self.reuse = Reuse(
            ledger=self.ledger,
            index=self.index,
            indexing=self.indexing,
            retriever=self.retriever,
            answerer=self.answerer,
            settings=self.settings.learning,
            floor=self.settings.retrieval.floor,
            now=self.clock,
        )
        self.replay: Replay | None = self.replaying()  # None: every epoch counts
        self.teller = Teller(
            ledger=self.ledger,
            retriever=self.retriever,
            reuse=self.reuse,
            evidence=self.evidence,
            rules=rules_of(self.settings),
            tells=self.settings.learning.tell,
            now=self.clock,
        )
        return Assistant(
            ledger=self.ledger,
            loop=Loop(
                reuse=self.reuse,
                answerer=self.answerer,
                evidence=self.evidence,
                corrections=self.corrections,
                proposals=self.proposals,
                offering=Offering(
                    ledger=self.ledger,
                    proposals=self.proposals,
                    settings=self.settings.learning,
                    rules=rules_of(self.settings),
                    now=self.clock,
                ),
                teller=self.teller,
                preferring=self.preferring,
                turns=self.settings.thread.turns,
                rules=rules_of(self.settings),
            ),
            scheduler=self.scheduler,
            commands=self.commands,
            listeners=Listeners([self.ear]),
            status=self._status,
            owner=f"process{next(PROCESSES)}",
            now=self.clock,
        )

    def replaying(self, *canaries: str) -> Replay:
        """Return what asks epochs what is known."""
        return Replay(
            ledger=self.ledger,
            indexing=self.indexing,
            retriever=self.retriever,
            reuse=self.reuse,
            settings=self.settings.learning,
            canaries=canaries,
            now=self.clock,
        )

    def decisions(self, replies: Mapping[str, Callable[[Message], Reply]]) -> Decisions:
        """Return what carries out decisions, for a process that holds no claim."""
        return Decisions(
            ledger=self.ledger,
            corrections=self.corrections,
            evidence=self.evidence,
            listeners=Listeners([]),
            replies=replies,
            mode=Mode.MENTION,
            owner="nobody",
            now=self.clock,
        )

    async def _status(self) -> dict[str, str]:
        return {"model": await self.model.check()}

    async def open(self) -> None:
        """Make the collections and read the documents."""
        await self.indexing.prepare()
        await self.read()

    async def read(self) -> None:
        """Read the source, as the refresh job does."""
        refresh = Refresh(
            ledger=self.ledger,
            ingestion=self.ingestion,
            indexing=self.indexing,
            sources=[self.source],
            now=self.clock,
        )
        await refresh.run(self.clock(), silent)

    async def rerank(self) -> JobReport:
        """Fold the evidence into ratings, and return what the job reports."""
        self.clock.advance(seconds=1)
        rerank = Rerank(
            ledger=self.ledger,
            indexing=self.indexing,
            settings=self.settings.learning,
            now=self.clock,
            grounds=self.second_gate,
            gate=self.replay,
        )
        return await rerank.run(self.clock(), silent)

    # -- people --------------------------------------------------------------------------------

    def message(
        self,
        text: str,
        *,
        person: Person = ANA,
        place: Conversation = HALL,
        thread: str | None = None,
        addressed: bool = True,
        private: bool = False,
        to_others: bool = False,
    ) -> Message:
        """Return a new message."""
        key = next(self._ids)
        return Message(
            event_id=key,
            ref=MessageRef(platform=place.platform, conversation=place.key, key=key),
            conversation=place,
            person=person,
            text=text,
            sent_at=self.clock.advance(seconds=1),
            thread=thread,
            addressed=addressed,
            private=private,
            to_others=to_others,
        )

    async def received(self, *events: Event) -> None:
        """Leave events as a crash right after their receipt does."""
        async with self.ledger.writing() as connection:
            for event in events:
                await received(connection, event, self.clock())

    async def ask(self, text: str, *, person: Person = ANA, place: Conversation = HALL) -> Answer:
        """Ask, and return the answer."""
        message = self.message(text, person=person, place=place)
        reply = KeptReply(f"{message.ref.key}-answer", place=place)
        await self.assistant.on_message(message, reply)
        self.clock.advance(seconds=1)
        return reply.answer

    def verdict(
        self,
        answer: Answer,
        verdict: Verdict,
        *,
        person: Person = BEN,
        reason: Reason | None = None,
        withdrawn: bool = False,
    ) -> Feedback:
        """Return a verdict by a button."""
        return Feedback(
            event_id=next(self._ids),
            answer_id=answer.id,
            person=person,
            verdict=verdict,
            via=Via.BUTTON,
            at=self.clock.advance(seconds=1),
            reason=reason,
            withdrawn=withdrawn,
        )

    async def judge(
        self, answer: Answer, verdict: Verdict, person: Person = BEN, *, withdrawn: bool = False
    ) -> None:
        """Press a button."""
        given = self.verdict(answer, verdict, person=person, withdrawn=withdrawn)
        await self.assistant.on_verdict(given)

    def correction(self, answer: Answer, text: str, person: Person = BEN) -> Correction:
        """Return a better answer."""
        return Correction(
            event_id=next(self._ids),
            answer_id=answer.id,
            person=person,
            text=text,
            at=self.clock.advance(seconds=1),
        )

    async def correct(self, answer: Answer, text: str, person: Person = BEN) -> None:
        """Write a better answer."""
        await self.assistant.on_correction(self.correction(answer, text, person))

    def decision(
        self, answer: Answer, choice: Choice, *, person: Person = BEN, text: str | None = None
    ) -> Decision:
        """Return what somebody decides about a draft."""
        return Decision(
            event_id=next(self._ids),
            answer_id=answer.id,
            person=person,
            choice=choice,
            at=self.clock.advance(seconds=1),
            text=text,
        )

    def reaction(
        self, key: str, emoji: str, *, person: Person = BEN, added: bool = True
    ) -> Reaction:
        """Return an emoji on a post of the hall."""
        return Reaction(
            event_id=next(self._ids),
            ref=MessageRef(platform="test", conversation=HALL.key, key=key),
            person=person,
            emoji=emoji,
            added=added,
            at=self.clock.advance(seconds=1),
        )


def memory_tavern(settings: Settings, ledger: Ledger, embedder: Embedder, clock: Clock) -> Tavern:
    """Return a tavern over an index in memory."""
    return Tavern(settings, ledger, MemoryIndex(), embedder, clock)
