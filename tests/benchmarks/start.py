"""From the start of the process to the first answer, with a full data folder."""

import asyncio
import shutil
import tempfile
from pathlib import Path

from tests.benchmarks.alone import run_alone
from tests.benchmarks.bench import Bench, Tell
from tests.benchmarks.corpus import load_corpus
from tests.benchmarks.rows import Goal, Row, alternated, median, row
from tests.benchmarks.store import copied, filled, load

BARE = (
    "import, load the model, open the same collection with MilvusClient, load it, one dense search"
)


async def measure(bench: Bench, tell: Tell) -> list[Row]:
    """Return the row on the first answer."""
    corpus, embedder = load_corpus(bench), await load()
    passages, rounds = bench.pick(100, 50_000), bench.pick(1, 3)
    folder = await filled(bench, corpus, embedder, passages, tell)
    await embedder.close()
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch, copied(folder) as data:
        bare = Path(shutil.copytree(data / "index", Path(scratch) / "plain.db"))

        async def plain(number: int) -> float:
            tell(f"round {number + 1} of {rounds}, plain")
            return (await asyncio.to_thread(run_alone, "first-of-plain", bare))[1]

        async def ours(number: int) -> float:
            tell(f"round {number + 1} of {rounds}, ours")
            return (await asyncio.to_thread(run_alone, "first-of-ours", data))[1]

        baseline, took = await alternated(rounds, plain, ours)
    return [
        row(
            f"start with {passages:,} passages to the first answer",
            median(took),
            median(baseline),
            "s",
            Goal(of="ours", most=15.0),
            f"A fresh process, {rounds} times each, files warm; the answer is quoted, as without a "
            f"key. The baseline: {BARE}.",
        )
    ]
