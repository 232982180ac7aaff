"""Resident memory with a full data folder, and whether it grows while the bot is used."""

import asyncio
import statistics

from tests.benchmarks.alone import run_alone
from tests.benchmarks.bench import Bench, Tell
from tests.benchmarks.corpus import load_corpus
from tests.benchmarks.rows import Goal, Row, median, row
from tests.benchmarks.store import copied, filled, load

GROWTH = 1.02


async def measure(bench: Bench, tell: Tell) -> list[Row]:
    """Return the rows on memory, each measured in a process of its own."""
    corpus, embedder = load_corpus(bench), await load()
    passages = bench.pick(100, 50_000)
    folder = await filled(bench, corpus, embedder, passages, tell)
    await embedder.close()
    questions = bench.pick(2, 200)
    tell("the model alone, plain and ours")
    plain, _ = await asyncio.to_thread(run_alone, "model-of-plain", folder)
    ours, _ = await asyncio.to_thread(run_alone, "model-of-ours", folder)
    with copied(folder) as data:
        tell(f"the bot with {passages:,} passages, {questions} questions")
        full, _ = await asyncio.to_thread(run_alone, "full", data, questions)
        seconds = bench.pick(3, 120, 1800)
        tell(f"a soak of {seconds} s")
        soak, _ = await asyncio.to_thread(run_alone, "soak", data, seconds)
    note = (
        f"The whole bot after {questions} answered questions (peak {full['peak']:.0f} MB). "
        f"The baseline is a process that has only loaded the model and embedded one question: "
    )
    goal = Goal(of="difference", most=300.0)
    what = f"resident memory with {passages:,} passages"
    return [
        row(
            f"{what}, against plain sentence-transformers",
            full["resident"],
            plain["resident"],
            "MB",
            goal,
            f"{note}with sentence-transformers.",
        ),
        row(
            f"{what}, against our own embedder",
            full["resident"],
            ours["resident"],
            "MB",
            goal,
            f"{note}with our own embedder.",
        ),
        growth(soak["samples"], seconds, soak["questions"]),
    ]


def growth(samples: list[list[float]], seconds: int, questions: int) -> Row:
    """Return the row on a soak: its last third against its second, the first being for warming up."""
    third = max(1, len(samples) // 3)
    middle, last = samples[third : 2 * third] or samples, samples[-third:]
    times, sizes = zip(*(middle + last), strict=True)
    slope = statistics.linear_regression(times, sizes).slope * 3600 if len({*times}) > 1 else 0.0
    return row(
        f"resident memory at the end of a soak of {seconds / 60:g} minutes",
        median([size for _, size in last]),
        median([size for _, size in middle]),
        "MB",
        Goal(most=GROWTH),
        f"{questions} questions, each answered and reacted to, and every twentieth a changed "
        f"document. Medians of the last third against the second; slope {slope:+.0f} MB an hour.",
    )
