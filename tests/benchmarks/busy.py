"""Questions, the event loop and reactions while an ingest runs, each against itself at rest."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from bot.app import App, open_app
from bot.service import settle_memory
from core.answers import Answer, Placement
from core.audience import EVERYONE
from core.measures import percentile
from core.messages import Conversation, Message, MessageRef, Person, Reaction
from core.scheduler import silent
from tests.benchmarks.bench import Bench, Tell
from tests.benchmarks.corpus import Corpus, load_corpus
from tests.benchmarks.plain import PlainCommits
from tests.benchmarks.rows import Goal, Row, row
from tests.benchmarks.store import Filling, copied, filled, load, settings_in

HALL = Conversation(platform="bench", key="hall", name="The hall")
AT_ONCE = 10
TICK = 0.005
WARM = 20
PAUSE = 0.02
PAYLOAD = '{"kind": "Reaction", "emoji": "+1", "place": "bench:hall:answer"}' * 4


class Heartbeat:
    """A task that sleeps five milliseconds again and again, and keeps by how much it overslept."""

    def __init__(self) -> None:
        """Start with nothing overslept."""
        self.longest = 0.0

    @asynccontextmanager
    async def beating(self) -> AsyncIterator["Heartbeat"]:
        """Beat in the background meanwhile."""
        task = asyncio.create_task(self._beat())
        try:
            yield self
        finally:
            task.cancel()
            await asyncio.wait([task])

    async def _beat(self) -> None:
        while True:
            started = time.perf_counter()
            await asyncio.sleep(TICK)
            self.longest = max(self.longest, time.perf_counter() - started - TICK)


class HeldReply:
    """A reply that keeps where the answer was posted, and says when."""

    parts: Sequence[MessageRef] = ()

    def __init__(self, key: str) -> None:
        """Take the key of the post to be."""
        self.ref = MessageRef(platform=HALL.platform, conversation=HALL.key, key=key)
        self.ended = asyncio.Event()
        self.answer: Answer | None = None

    async def place(self, placement: Placement) -> None:
        """Show it as always."""

    async def revise(self, standing: Sequence[MessageRef], answer: Answer) -> None:
        """Show nothing."""

    async def progress(self, text: str) -> None:
        """Show nothing."""

    async def append(self, delta: str) -> None:
        """Show nothing."""

    async def posted(self, answer_id: str) -> MessageRef | None:
        """Say that nothing was posted before."""

    async def finish(self, answer: Answer) -> MessageRef:
        """Post the answer."""
        self.answer = answer
        self.ended.set()
        return self.ref

    async def fail(self, sentence: str) -> None:
        """Post a sentence."""
        self.ended.set()


def question(text: str, key: str) -> Message:
    """Return a message that asks the bot in the hall."""
    return Message(
        event_id=f"message:{key}",
        ref=MessageRef(platform=HALL.platform, conversation=HALL.key, key=key),
        conversation=HALL,
        person=Person(platform=HALL.platform, key="ana", name="Ana"),
        text=text,
        sent_at=datetime.now(UTC),
        addressed=True,
    )


def reaction(ref: MessageRef, number: int) -> Reaction:
    """Return one of many reactions to an answer, added and taken back in turn by twenty people."""
    return Reaction(
        event_id=f"reaction:{number}",
        ref=ref,
        person=Person(platform=HALL.platform, key=f"p{number % 20}", name="Somebody"),
        emoji="👍",
        added=number // 20 % 2 == 0,
        at=datetime.now(UTC),
    )


async def timed(doing: Awaitable[object]) -> float:
    """Return the milliseconds until it is done."""
    started = time.perf_counter()
    await doing
    return (time.perf_counter() - started) * 1000


async def measure(bench: Bench, tell: Tell) -> list[Row]:
    """Return the rows on a busy bot over 5,000 passages."""
    corpus = load_corpus(bench)
    embedder = await load()
    folder = await filled(bench, corpus, embedder, bench.pick(100, 5_000), tell)
    with copied(folder) as data:
        async with open_app(settings_in(data), embedder=embedder) as app:
            settle_memory()  # as the service does
            busy = Busy(bench, tell, app, corpus)
            rows = [*await busy.questions(), await busy.reactions(data)]
    return rows


class Busy:
    """One app, asked and reacted to at rest and during an ingest."""

    def __init__(self, bench: Bench, tell: Tell, app: App, corpus: Corpus) -> None:
        """Take the app and what it is asked and reads."""
        self._bench = bench
        self._tell = tell
        self._app = app
        self._corpus = corpus
        self._passages_held = bench.pick(100, 5_000)
        self._editions = itertools.count(1000)  # none that the data folder was filled with

    async def questions(self) -> list[Row]:
        """Ask one by one at rest, then ten at once during an ingest."""
        asked = self._corpus.questions(WARM + self._bench.pick(10, 200))
        await self._bursts(asked[:WARM], 1)
        self._tell("one question at a time, at rest")
        async with Heartbeat().beating() as at_rest:
            idle = await self._bursts(asked[WARM:], 1)
        self._tell(f"{AT_ONCE} questions at once, while an ingest runs")
        async with self._ingesting(), Heartbeat().beating() as beat:
            started, before = time.perf_counter(), await self._passages()
            took = await self._bursts(asked[WARM:] * self._bench.pick(1, 2), AT_ONCE)
            seconds = time.perf_counter() - started
            rate = (await self._passages() - before) / seconds
        note = (
            f"{len(took)} questions over {self._passages_held:,} passages in bursts of {AT_ONCE}, {seconds:.0f} s; "
            f"meanwhile {rate:.1f} passages/s were ingested. "
            f"The baseline is our own p50 at rest, one question at a time; p50 of the ten "
            f"{percentile(took, 0.5):.0f} ms."
        )
        return [
            row(
                f"{AT_ONCE} questions at once while an ingest runs, p99",
                percentile(took, 0.99),
                percentile(idle, 0.5),
                "ms",
                Goal(most=3.0),
                note,
            ),
            row(
                "the event loop's longest block meanwhile",
                beat.longest * 1000,
                at_rest.longest * 1000,
                "ms",
                Goal(of="ours", most=50.0),
                f"By how much a task that sleeps {TICK * 1000:.0f} ms overslept at most; the "
                f"baseline is the same while single questions are asked at rest.",
            ),
        ]

    async def reactions(self, data: Path) -> Row:
        """React to an answer again and again during an ingest."""
        reply = HeldReply("answer")
        await self._app.assistant.on_message(question(self._corpus.questions(1)[0], "q"), reply)
        await reply.ended.wait()
        plain = PlainCommits(data / "plain.sqlite")
        count = self._bench.pick(10, 300)
        self._tell(f"{2 * count} reactions, while an ingest runs")
        assistant = self._app.assistant
        durable, counted, bare = [], [], []
        async with self._ingesting():
            for number in range(count):
                await asyncio.sleep(PAUSE)
                durable.append(await timed(assistant.receive(reaction(reply.ref, 2 * number))))
                await asyncio.sleep(PAUSE)
                counted.append(
                    await timed(assistant.on_reaction(reaction(reply.ref, 2 * number + 1)))
                )
                bare.append(await asyncio.to_thread(plain.commit, PAYLOAD) * 1000)
        plain.close()
        return row(
            "a reaction, durable, while an ingest runs, p99",
            percentile(durable, 0.99),
            percentile(bare, 0.99),
            "ms",
            Goal(of="ours", most=10.0),
            f"{count} reactions by twenty people until the platform may be told, p50 "
            f"{percentile(durable, 0.5):.1f} ms; and as many until the verdict is counted, p50 "
            f"{percentile(counted, 0.5):.1f}, p99 {percentile(counted, 0.99):.1f} ms. The baseline "
            "is one transaction of plain sqlite3 (WAL, FULL) in a file of its own, in turn with ours.",
        )

    async def _bursts(self, asked: Sequence[str], at_once: int) -> list[float]:
        took: list[float] = []
        for first in range(0, len(asked), at_once):
            burst = asked[first : first + at_once]
            took += await asyncio.gather(*(self._ask(text) for text in burst))
        return took

    async def _ask(self, text: str) -> float:
        retriever = self._app.store.retriever
        started = time.perf_counter()
        await retriever.find(await retriever.seek(text, EVERYONE.requires))
        return (time.perf_counter() - started) * 1000

    @asynccontextmanager
    async def _ingesting(self) -> AsyncIterator[None]:
        """Ingest documents that were never read, as many as there is time for."""
        edition = next(self._editions)
        source = Filling(self._corpus.documents, float("inf"), f"more {edition}", edition)
        task = asyncio.create_task(self._app.store.ingestion.ingest(source, silent))
        await asyncio.sleep(1)
        try:
            yield
        finally:
            if task.done():
                task.result()
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _passages(self) -> int:
        return (await self._app.assistant.counts())["passages"]
