"""Ingest from files to index, against the embedder alone over the same passages."""

import shutil
import time
from pathlib import Path

from bot.app import open_store
from core.documents import Document
from core.interfaces import Embedder
from core.scheduler import silent
from plugins.folders import FolderSource
from tests.benchmarks.bench import Bench, Tell
from tests.benchmarks.corpus import load_corpus
from tests.benchmarks.rows import Goal, Row, alternated, median, row
from tests.benchmarks.store import Kept, load, passages_in, settings_in


async def measure(bench: Bench, tell: Tell) -> list[Row]:
    """Return the row on ingest, in passages a second of wall time."""
    embedder = await load()
    rounds, wanted = bench.pick(1, 3), bench.pick(20, 600, 2000)
    reading = Reading(bench.scratch / "ingest", embedder, tell)
    reading.prepare(load_corpus(bench).documents, rounds, wanted)
    plain, ours = await alternated(rounds, reading.alone, reading.whole)
    shutil.rmtree(bench.scratch / "ingest")
    await embedder.close()
    note = (
        f"Wall time; {rounds} rounds of about {wanted} passages, each over files and a data folder "
        f"of its own. In CPU seconds the embedder alone takes "
        f"{reading.busy_alone / reading.busy_whole:.0%} of the ingest."
    )
    return [
        row(
            "ingest, end to end",
            median(ours),
            median(plain),
            "passages/s",
            Goal(least=0.85),
            note,
        )
    ]


class Reading:
    """The same passages, embedded alone and read from files to the index; round by round."""

    def __init__(self, folder: Path, embedder: Embedder, tell: Tell) -> None:
        """Take a folder to work in."""
        self._folder = folder
        self._embedder = embedder
        self._tell = tell
        self._texts: list[list[str]] = []
        self.busy_alone = 0.0
        self.busy_whole = 0.0

    def prepare(self, documents: tuple[Document, ...], rounds: int, wanted: int) -> None:
        """Write the files of every round, about so many passages each, and split them."""
        for number in range(rounds):
            taken = enough(documents, self._embedder, wanted)
            documents = documents[len(taken) :]
            write(taken, self._folder / str(number))
            self._texts.append([one.embedded for one in passages_in(taken, self._embedder)])

    async def alone(self, number: int) -> float:
        """Return how many passages a second the embedder makes."""
        self._tell(f"round {number + 1} of {len(self._texts)}, the embedder alone")
        started, busy = time.perf_counter(), time.process_time()
        await self._embedder.embed_passages(self._texts[number])
        self.busy_alone += time.process_time() - busy
        return len(self._texts[number]) / (time.perf_counter() - started)

    async def whole(self, number: int) -> float:
        """Return how many passages a second go from the files to the index."""
        self._tell(f"round {number + 1} of {len(self._texts)}, from files to index")
        busy = time.process_time()
        files = self._folder / str(number)
        rate = await ingested(files, self._folder / "data", self._embedder)
        self.busy_whole += time.process_time() - busy
        return rate


async def ingested(files: Path, data: Path, embedder: Embedder) -> float:
    """Return how many passages a second go from a folder of files into a new data folder."""
    shutil.rmtree(data, ignore_errors=True)
    async with open_store(settings_in(data), embedder=Kept(embedder)) as store:
        source = FolderSource("files", [str(files)], files)
        started = time.perf_counter()
        summary = await store.ingestion.ingest(source, silent)
        took = time.perf_counter() - started
    shutil.rmtree(data)
    return summary.embedded / took


def enough(documents: tuple[Document, ...], embedder: Embedder, wanted: int) -> list[Document]:
    """Return documents until they have so many passages."""
    taken: list[Document] = []
    while wanted > 0 and len(taken) < len(documents):
        taken.append(documents[len(taken)])
        wanted -= len(passages_in(taken[-1:], embedder))
    return taken


def write(documents: list[Document], folder: Path) -> None:
    """Write documents as files of Markdown."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for number, one in enumerate(documents):
        text = f"# {one.title}\n\n{one.text}\n"
        (folder / f"{number:05}.md").write_text(text, encoding="utf-8", errors="replace")
