"""Bulk embedding: texts per CPU second, and how near the quick vectors are to float32."""

import time
from collections.abc import Sequence

import numpy as np

from core.embedding import Vectors
from core.interfaces import Embedder
from core.settings import EmbedderSettings
from tests.benchmarks.bench import Bench, Tell
from tests.benchmarks.corpus import load_corpus
from tests.benchmarks.plain import PlainEncoder
from tests.benchmarks.rows import Goal, Row, alternated, median, row
from tests.benchmarks.store import load, some_passages

TOP = 10


class Timed:
    """Embeds slices of texts, one a round, and keeps the vectors."""

    def __init__(self, slices: Sequence[Sequence[str]], tell: Tell) -> None:
        """Take the texts of each round."""
        self._slices = slices
        self._tell = tell
        self.made: dict[str, dict[int, Vectors]] = {}

    async def plainly(self, encoder: PlainEncoder, number: int) -> float:
        """Return the baseline's texts per CPU second in this round."""
        self._tell(f"round {number + 1} of {len(self._slices)}, plain float32")
        started = time.process_time()
        vectors = encoder.encode(self._slices[number])
        return self._rate("plain", number, vectors, started)

    async def by(self, name: str, embedder: Embedder, number: int) -> float:
        """Return our texts per CPU second in this round."""
        self._tell(f"round {number + 1} of {len(self._slices)}, ours, {name}")
        started = time.process_time()
        vectors = await embedder.embed_passages(self._slices[number])
        return self._rate(name, number, vectors, started)

    def _rate(self, name: str, number: int, vectors: Vectors, started: float) -> float:
        self.made.setdefault(name, {})[number] = vectors
        return len(vectors) / (time.process_time() - started)

    def vectors(self, name: str) -> Vectors:
        """Return all vectors of one way, in the order of the texts."""
        rounds = self.made[name]
        return np.concatenate([rounds[number] for number in sorted(rounds)])


async def measure(bench: Bench, tell: Tell) -> list[Row]:
    """Return the rows on the quick and the exact mode."""
    corpus = load_corpus(bench)
    encoder = PlainEncoder()
    quick, exact = await load(), await load(EmbedderSettings(precision="float32"))
    rounds = bench.pick(1, 3)
    texts = some_passages(corpus, quick, bench.pick(16, 1800, 4800))
    slices = [texts[number::rounds] for number in range(rounds)]
    timed = Timed(slices, tell)
    figures = await alternated(
        rounds,
        lambda number: timed.plainly(encoder, number),
        lambda number: timed.by("quick", quick, number),
        lambda number: timed.by("exact", exact, number),
    )
    plain, ours, exactly = (median(one) for one in figures)
    questions = corpus.questions(bench.pick(10, 500))
    asked = {"plain": encoder.encode(questions)}
    asked |= {
        name: await one.embed_questions(questions)
        for name, one in (("quick", quick), ("exact", exact))
    }
    near = {name: closeness(timed, asked, name) for name in ("quick", "exact")}
    over = f"{len(texts)} passages, {len(questions)} questions, {corpus.name}"
    told = {name: f"mean cosine {near[name][1]:.6f}, least {near[name][2]:.6f}" for name in near}
    await quick.close()
    await exact.close()
    unit = "texts/CPU s"
    return [
        row(
            "bulk embedding, as picked for this processor",
            ours,
            plain,
            unit,
            Goal(least=3.0),
            f"{told['quick']}; {over}; {named(quick)}.",
        ),
        row(
            "its mean top-10 overlap with float32",
            near["quick"][0],
            1.0,
            "share",
            Goal(of="ours", least=0.98),
            f"Each side finds its own ten nearest passages of {over}.",
        ),
        row(
            "bulk embedding, exact float32 mode",
            exactly,
            plain,
            unit,
            Goal(least=1.7),
            f"{told['exact']}; {named(exact)}.",
        ),
        row(
            "its least cosine with float32",
            near["exact"][2],
            1.0,
            "cosine",
            Goal(of="ours", least=0.99999),
            f"The least of {over}; its mean top-10 overlap is {near['exact'][0]:.4f}.",
        ),
    ]


def closeness(timed: Timed, asked: dict[str, Vectors], name: str) -> tuple[float, float, float]:
    """Return the mean top-10 overlap with float32, and the mean and the least cosine."""
    plain, ours = timed.vectors("plain"), timed.vectors(name)
    cosines = np.concatenate(
        [np.sum(plain * ours, axis=1), np.sum(asked["plain"] * asked[name], axis=1)]
    )
    pairs = zip(best(asked["plain"], plain), best(asked[name], ours), strict=True)
    shares = [len(one & other) / len(one) for one, other in pairs]
    return float(np.mean(shares)), float(cosines.mean()), float(cosines.min())


def best(questions: Vectors, passages: Vectors) -> list[set[int]]:
    """Return the places of each question's nearest passages."""
    found = np.argsort(-(questions @ passages.T), axis=1)[:, :TOP]
    return [set(map(int, one)) for one in found]


def named(embedder: Embedder) -> str:
    """Return what does the embedding, and in what numbers where it says so."""
    precision = getattr(embedder, "precision", "")
    return f"{type(embedder).__name__} {precision}".strip()
