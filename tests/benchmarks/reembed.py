"""New embeddings for all stored answers, against bulk embedding alone, and questions meanwhile."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

from sqlalchemy import update

from bot.app import App, open_app
from core.answers import Answer, Origin, Question, Standing
from core.audience import EVERYONE
from core.documents import content_hash
from core.interfaces import Embedder
from core.ledger.answers import save_answer
from core.ledger.operations import ANSWERS
from core.ledger.tables import answers
from core.measures import percentile
from core.scheduler import silent
from tests.benchmarks.bench import Bench, Tell
from tests.benchmarks.corpus import load_corpus
from tests.benchmarks.rows import Goal, Row, alternated, median, row
from tests.benchmarks.store import copied, filled, load, settings_in

IDLE = 60


async def measure(bench: Bench, tell: Tell) -> list[Row]:
    """Return the rows on the rebuilding of the collection of answers."""
    corpus = load_corpus(bench)
    embedder = await load()
    folder = await filled(bench, corpus, embedder, bench.pick(100, 5_000), tell)
    count = bench.pick(20, 2_000, 20_000)
    texts = [
        f"{one} ({number})" for number, one in enumerate(repeated(corpus.questions(500), 3 * count))
    ]
    parts = [texts[start : start + count] for start in range(0, 3 * count, count)]
    with copied(folder) as data:
        async with open_app(settings_in(data), embedder=embedder) as app:
            return await Rebuilding(app, embedder, tell).rows(parts, texts[: bench.pick(5, IDLE)])


class Rebuilding:
    """One app whose stored answers are embedded anew."""

    def __init__(self, app: App, embedder: Embedder, tell: Tell) -> None:
        """Take the app and its embedder."""
        self._app = app
        self._embedder = embedder
        self._tell = tell

    async def rows(self, parts: Sequence[Sequence[str]], asked: Sequence[str]) -> list[Row]:
        """Rebuild twice at rest, in turn with bulk embedding, and once more while questions come."""
        count = len(parts[0])

        async def alone(number: int) -> float:
            self._tell(f"round {number + 1} of 2, {count:,} questions, the embedder alone")
            return await rate(count, lambda: self._embedder.embed_questions(parts[number]))

        async def job(number: int) -> float:
            await self._store(parts[number])
            self._tell(f"round {number + 1} of 2, reembed")
            return await rate(count, self._rebuild)

        plain, ours = await alternated(2, alone, job)
        idle = [await self._ask(text) for text in asked]
        await self._store(parts[2])
        self._tell("reembed, while questions are asked")
        meanwhile = await self._during(asked)
        return [
            row(
                f"reembed of {count:,} stored answers",
                median(ours),
                median(plain),
                "answers/s",
                Goal(least=0.9),
                "The job's own steps: a new collection is begun, every answer's question is embedded, "
                "kept in the ledger and written, then checked and swapped in. The baseline embeds the "
                "same questions in bulk.",
            ),
            row(
                "a question meanwhile, p50",
                percentile(meanwhile, 0.5),
                percentile(idle, 0.5),
                "ms",
                Goal(most=2.0),
                f"{len(meanwhile)} questions, one at a time; the baseline is the same at rest.",
            ),
        ]

    async def _rebuild(self) -> None:
        await self._app.reembed.rebuild(ANSWERS, silent)

    async def _store(self, texts: Sequence[str]) -> None:
        """Store verified answers to questions that were never embedded, in place of the former ones."""
        async with self._app.store.ledger.writing() as connection:
            await connection.execute(update(answers).values(standing=Standing.RETIRED.value))
            for text in texts:
                await save_answer(connection, answer_to(text), None)

    async def _during(self, asked: Sequence[str]) -> list[float]:
        rebuilding = asyncio.create_task(self._rebuild())
        took: list[float] = []
        while not rebuilding.done():
            took.append(await self._ask(asked[len(took) % len(asked)]))
        await rebuilding
        return took

    async def _ask(self, text: str) -> float:
        retriever = self._app.store.retriever
        started = time.perf_counter()
        await retriever.find(await retriever.seek(text, EVERYONE.requires))
        return (time.perf_counter() - started) * 1000


async def rate(count: int, work: Callable[[], Awaitable[object]]) -> float:
    """Return how many a second a piece of work gets done."""
    started = time.perf_counter()
    await work()
    return count / (time.perf_counter() - started)


def repeated(texts: Sequence[str], count: int) -> list[str]:
    """Return so many texts, again from the first after the last."""
    return [texts[number % len(texts)] for number in range(count)]


def answer_to(text: str) -> Answer:
    """Return a verified answer to a question."""
    key = content_hash("bench", text)[:32]
    return Answer(
        id=key,
        question=Question(id=content_hash("question", key)[:32], text=text, asked=text),
        text=f"Yes: {text}",
        origin=Origin.CORRECTION,
        audience=EVERYONE,
        created_at=datetime.now(UTC),
        standing=Standing.VERIFIED,
    )
