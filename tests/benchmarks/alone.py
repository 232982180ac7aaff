"""What is measured in a process of its own: `python -m tests.benchmarks.alone WHAT FOLDER FIGURE`.

Each prints one line of JSON when it is done, so that the caller can also take the time until then.
"""

import asyncio
import gc
import itertools
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from bot.app import App, open_app, open_store
from core.audience import EVERYONE
from core.documents import Document
from core.messages import Person, Reaction
from core.retrieval import Retriever
from core.scheduler import silent
from core.settings import CHECKOUT, Settings, load_settings
from plugins.folders import FolderSource
from tests.benchmarks.busy import HALL, HeldReply, question
from tests.benchmarks.plain import PlainEncoder, PlainSearch
from tests.benchmarks.store import Filling, Kept, VaryingEmbedder, load

Figures: TypeAlias = dict[str, Any]
MB = 1_000_000
QUESTION = "How do I choose the type of the values that an array holds?"


def resident() -> float:
    """Return this process's resident memory in MB, rubbish collected."""
    gc.collect()
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return peak()
    return pages * resource.getpagesize() / MB


def peak() -> float:
    """Return the most resident memory that this process has had, in MB."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most * (1 if sys.platform == "darwin" else 1024) / MB


def as_shipped(data: Path) -> Settings:
    """Return the default settings over a data folder, with no folder to read at start."""
    return load_settings(env_file=None, data=data, folders={"paths": ()})


async def answered(app: App, text: str, key: str) -> HeldReply:
    """Ask the app as a person would, and return the reply when it has ended."""
    reply = HeldReply(f"answer-{key}")
    await app.assistant.on_message(question(text, key), reply)
    await reply.ended.wait()
    return reply


async def first_of_ours(folder: Path, figure: int) -> Figures:
    """Open the bot and answer one question."""
    async with open_app(as_shipped(folder)) as app:
        reply = await answered(app, QUESTION, f"first-{os.getpid()}")
        return done({"found": reply.answer is not None})


async def first_of_plain(folder: Path, figure: int) -> Figures:
    """Load the model and the collection, and search once."""
    encoder = PlainEncoder()
    with closing(PlainSearch(folder)) as search:
        return done({"found": bool(search.dense(encoder.encode([QUESTION])[0]))})


async def model_of_ours(folder: Path, figure: int) -> Figures:
    """Load our embedder and embed one question."""
    embedder = await load()
    await embedder.embed_question(QUESTION)
    return done({"resident": resident()})


async def model_of_plain(folder: Path, figure: int) -> Figures:
    """Load the model with sentence-transformers and encode one question."""
    encoder = PlainEncoder()
    encoder.encode([QUESTION])
    return done({"resident": resident()})


async def full(folder: Path, figure: int) -> Figures:
    """Open the bot, ask so many questions, and say how much memory is in use then."""
    async with open_app(as_shipped(folder)) as app:
        for number in range(figure):
            await answered(app, f"{QUESTION} ({number})", f"full-{number}")
        return done({"resident": resident(), "peak": peak()})


async def soak(folder: Path, figure: int) -> Figures:
    """Ask, react and read changed documents for so many seconds; say the memory over time."""
    samples: list[tuple[float, float]] = []
    async with open_app(as_shipped(folder)) as app:
        started = time.monotonic()
        for number in itertools.count():
            reply = await answered(app, f"{QUESTION} ({number % 100})", f"soak-{number}")
            await react(app, reply, number)
            if number % 20 == 0:
                await app.store.ingestion.ingest(Filling([page(number)], 1, "soak"), silent)
                samples.append((time.monotonic() - started, resident()))
            if time.monotonic() - started > figure:
                break
            await asyncio.sleep(0.05)
        return done({"samples": samples, "questions": number + 1})


async def peer(folder: Path, figure: int) -> Figures:
    """Do what the peers do: ingest files, fill up with made-up vectors, ask the questions."""
    started = time.perf_counter()
    given = json.loads((folder / "peers.json").read_text(encoding="utf-8"))
    embedder = await load()
    varying = VaryingEmbedder(embedder, np.load(folder / "true.npy"))
    async with open_store(as_shipped(folder / "ours"), embedder=Kept(embedder)) as store:
        opened = time.perf_counter()
        read = await store.ingestion.ingest(
            FolderSource("files", [str(folder / "files")], folder), silent
        )
        rate = read.embedded / (time.perf_counter() - opened)
    pages = [
        Document(source="more", uri=str(number), title="More", text=text)
        for number, text in enumerate(given["more"])
    ]
    async with open_store(as_shipped(folder / "ours"), embedder=varying) as store:
        await store.ingestion.ingest(Filling(pages, sum(map(len, given["more"])), "more"), silent)
        took = [await asked(store.retriever, one) for one in given["questions"]]
        return done({"opened": opened - started, "rate": rate, "took": took, "peak": peak()})


async def asked(retriever: Retriever, text: str) -> float:
    """Return the milliseconds from a question to its passages."""
    started = time.perf_counter()
    await retriever.find(await retriever.seek(text, EVERYONE.requires))
    return (time.perf_counter() - started) * 1000


async def react(app: App, reply: HeldReply, number: int) -> None:
    """Let somebody like an answer."""
    reaction = Reaction(
        event_id=f"soak-reaction:{number}",
        ref=reply.ref,
        person=Person(platform=HALL.platform, key=f"p{number % 20}", name="Somebody"),
        emoji="👍",
        added=True,
        at=datetime.now(UTC),
    )
    await app.assistant.on_reaction(reaction)


def page(number: int) -> Document:
    """Return a document that differs from time to time."""
    text = f"The kettle number {number} whistles at {number % 90} degrees. " * 20
    return Document(source="soak", uri="kettle", title=f"Kettles {number}", text=text)


def done(figures: Figures) -> Figures:
    """Tell the caller, at once, and go on to close things."""
    sys.stdout.write(json.dumps(figures) + "\n")
    sys.stdout.flush()
    return figures


WAYS: dict[str, Callable[[Path, int], Awaitable[Figures]]] = {
    "first-of-ours": first_of_ours,
    "first-of-plain": first_of_plain,
    "model-of-ours": model_of_ours,
    "model-of-plain": model_of_plain,
    "full": full,
    "soak": soak,
    "peer": peer,
}


def run_alone(what: str, folder: Path, figure: int = 0) -> tuple[Figures, float]:
    """Return what a process of its own said, and the seconds from its start until it said so."""
    command = [sys.executable, "-m", "tests.benchmarks.alone", what, str(folder), str(figure)]
    started = time.perf_counter()
    with subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) as process:
        line = process.stdout.readline() if process.stdout else ""
        took = time.perf_counter() - started
        process.communicate()
    if process.returncode or not line:
        raise RuntimeError(f"{what} ended with {process.returncode} and said {line!r}")
    said: Figures = json.loads(line)
    return said, took


async def main() -> None:
    """Measure what the command line names."""
    what, folder, figure = sys.argv[1:]
    await WAYS[what](Path(folder), int(figure))


if __name__ == "__main__":
    asyncio.run(main())
