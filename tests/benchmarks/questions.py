"""One question from its text to its passages, against bare encoding and bare search."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bot.app import open_store
from core.audience import EVERYONE
from core.interfaces import Embedder
from core.measures import percentile
from core.retrieval import Retriever
from tests.benchmarks.bench import Bench, Tell
from tests.benchmarks.corpus import load_corpus
from tests.benchmarks.plain import PlainEncoder, PlainSearch, plain_search
from tests.benchmarks.rows import Goal, Row, alternated, row
from tests.benchmarks.store import Kept, copied, filled, load, settings_in

WARM = 20
NOTE = (
    "{count} questions over {passages:,} passages (real ones, varied; vectors with noise), asked in "
    "turn of us and of a bare MilvusClient over a copy of the same index; {what}."
)
BARE = {
    "dense": "bare: encode, then one dense search",
    "pair": "bare: encode, then one dense and one BM25 search, nothing fused",
}


async def measure(bench: Bench, tell: Tell) -> list[Row]:
    """Return p50 and p99 over a small and a large index."""
    corpus = load_corpus(bench)
    encoder, embedder = PlainEncoder(), await load()
    rows: list[Row] = []
    for passages in bench.pick((100,), (5_000, 50_000)):
        folder = await filled(bench, corpus, embedder, passages, tell)
        tell(f"asking over {passages:,} passages")
        asked = corpus.questions(WARM + bench.pick(5, 200, 1000))
        rows += await over(folder, asked, passages, (encoder, embedder))
    return rows


async def over(
    folder: Path, asked: list[str], passages: int, ways: tuple[PlainEncoder, Embedder]
) -> list[Row]:
    """Return the rows of one size."""
    encoder, embedder = ways
    with (
        tempfile.TemporaryDirectory(dir=folder.parent) as scratch,
        copied(folder) as data,
        plain_search(data, Path(scratch)) as bare,
    ):
        async with open_store(settings_in(data), embedder=Kept(embedder)) as store:
            figures = await alternated(
                len(asked),
                lambda number: ours(store.retriever, asked[number]),
                lambda number: timed(lambda: dense(encoder, bare, asked[number])),
                lambda number: timed(lambda: pair(encoder, bare, asked[number])),
            )
    took, *others = (one[WARM:] for one in figures)
    return [
        judged(passages, took, bare_took, name, quantile)
        for name, bare_took in zip(BARE, others, strict=True)
        for quantile in (0.5, 0.99)
    ]


def judged(
    passages: int, took: list[float], bare_took: list[float], name: str, quantile: float
) -> Row:
    """Return the row on one quantile against one of the bare ways."""
    return row(
        f"one question over {passages:,} passages, p{quantile * 100:.0f}, against bare {name}",
        percentile(took, quantile),
        percentile(bare_took, quantile),
        "ms",
        Goal(most=1.3),
        NOTE.format(count=len(took), passages=passages, what=BARE[name]),
    )


async def ours(retriever: Retriever, text: str) -> float:
    """Return the milliseconds from a question to its passages."""
    started = time.perf_counter()
    sought = await retriever.seek(text, EVERYONE.requires)
    await retriever.find(sought)
    return (time.perf_counter() - started) * 1000


async def timed(ask: Callable[[], object]) -> float:
    """Return the milliseconds that a call takes."""
    started = time.perf_counter()
    ask()
    return (time.perf_counter() - started) * 1000


def dense(encoder: PlainEncoder, bare: PlainSearch, text: str) -> object:
    """Ask by meaning."""
    return bare.dense(encoder.encode([text])[0])


def pair(encoder: PlainEncoder, bare: PlainSearch, text: str) -> object:
    """Ask by meaning and by words."""
    return bare.dense(encoder.encode([text])[0]), bare.words(text)
