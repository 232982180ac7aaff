"""Peers: langchain-milvus and llama-index-vector-stores-milvus over the same passages in the same run."""

import asyncio
import hashlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import venv
from pathlib import Path
from typing import Any

import numpy as np

from core.embedders.weights import find_weights
from core.measures import percentile
from tests.benchmarks.alone import run_alone
from tests.benchmarks.bench import Bench, Tell
from tests.benchmarks.corpus import Corpus, load_corpus
from tests.benchmarks.ingest import enough, write
from tests.benchmarks.rows import Goal, Row, row, unmeasured
from tests.benchmarks.store import (
    load,
    passages_in,
    some_passages,
    true_vectors,
    varied_vectors,
)

HERE = Path(__file__).parent
PEERS = {"langchain": "langchain-milvus", "llamaindex": "llama-index-vector-stores-milvus"}
WARM = 5
SIZES = ((20, 50), (1_000, 4_000), (5_000, 1))
"""Passages that are embedded, and those that get made-up vectors, by how much is measured."""


class PeerError(Exception):
    """A peer cannot be installed or did not end well; its row says so."""


async def measure(bench: Bench, tell: Tell) -> list[Row]:
    """Return the rows against the best of the peers."""
    with tempfile.TemporaryDirectory(dir=bench.scratch) as scratch:
        folder = Path(scratch)
        await prepare(bench, folder, tell)
        tell("ours")
        ours, _ = await asyncio.to_thread(run_alone, "peer", folder)
        peers, failures = {}, []
        for name in PEERS:
            try:
                python = installed(name, bench, tell)
                tell(PEERS[name])
                peers[name] = measured(name, python, folder)
            except PeerError as error:
                failures.append(f"{PEERS[name]}: {error}")
    if not peers:
        return [unmeasured("peers", " ".join(failures))]
    sizes = bench.pick(*SIZES)
    return compared(ours, peers, sizes, failures)


async def prepare(bench: Bench, folder: Path, tell: Tell) -> None:
    """Write the files that we read, the same passages for the peers, and the questions."""
    corpus, embedder = load_corpus(bench), await load()
    wanted, more = bench.pick(*SIZES)
    taken = enough(corpus.documents, embedder, wanted)
    write(taken, folder / "files")
    passages = [one.embedded for one in passages_in(taken, embedder)]
    rest = Corpus(name=corpus.name, documents=corpus.documents[len(taken) :])
    filling = some_passages(rest, embedder, more)
    vectors = await true_vectors(bench, corpus, embedder, tell)
    np.save(folder / "true.npy", vectors)
    np.save(folder / "more.npy", varied_vectors(filling, vectors))
    questions = corpus.questions(WARM + bench.pick(5, 200))
    given = {"passages": passages, "more": filling, "questions": questions}
    (folder / "peers.json").write_text(json.dumps(given), encoding="utf-8")
    await embedder.close()


def installed(name: str, bench: Bench, tell: Tell) -> Path:
    """Return the Python of a peer's own venv, made by the first run; raise `PeerError` if it cannot be.

    What the product has already, PyTorch above all, is looked up there and not installed again.
    """
    pins = HERE / f"peer-{name}.txt"
    folder = bench.build / "peers" / name
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    wanted = hashlib.sha256(pins.read_bytes() + sys.prefix.encode()).hexdigest()
    mark = folder / "installed"
    if mark.exists() and mark.read_text(encoding="ascii") == wanted:
        return python
    tell(f"installing {PEERS[name]} into {folder}, once")
    shutil.rmtree(folder, ignore_errors=True)
    venv.create(folder, with_pip=True)
    places = {"base": str(folder), "platbase": str(folder)}
    packages = Path(sysconfig.get_path("purelib", "venv", places))
    (packages / "product.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "--quiet", "install"]
    ran = subprocess.run([*pip, "-r", str(pins)], capture_output=True, text=True, check=False)
    if ran.returncode:
        last = (ran.stderr.strip().splitlines() or ["pip said nothing"])[-1]
        raise PeerError(f"it could not be installed ({last}).")
    mark.write_text(wanted, encoding="ascii")
    return python


def measured(name: str, python: Path, folder: Path) -> dict[str, Any]:
    """Return what a peer says of itself; raise `PeerError` where it fails."""
    command = [
        str(python),
        str(HERE / f"peer_{name}.py"),
        find_weights("bundled").place,
        str(folder),
    ]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise PeerError(f"it failed ({(ran.stderr.strip().splitlines() or [''])[-1]}).")
    said: dict[str, Any] = json.loads(ran.stdout.strip().splitlines()[-1])
    return said


def compared(
    ours: dict[str, Any], peers: dict[str, Any], sizes: tuple[int, int], failures: list[str]
) -> list[Row]:
    """Return our figures beside those of the best peer in each."""
    embedded, made_up = sizes
    p50 = {name: percentile(one["took"][WARM:], 0.5) for name, one in peers.items()}
    our_p50 = percentile(ours["took"][WARM:], 0.5)
    rate = {name: one["rate"] for name, one in peers.items()}
    peak = {name: one["peak"] for name, one in peers.items()}
    missing = f" Missing: {' '.join(failures)}" if failures else ""
    return [
        row(
            "against peers: ingest",
            ours["rate"],
            max(rate.values()),
            "passages/s",
            Goal(least=3.0),
            f"{listed(rate)}. We read and split files; they are given the same passages.{missing}",
        ),
        row(
            "against peers: one question, p50",
            our_p50,
            min(p50.values()),
            "ms",
            Goal(most=0.25),
            f"{listed(p50)}; over {embedded + made_up:,} passages, {made_up:,} of them with made-up "
            f"vectors. Ours is the hybrid search with the ledger's texts, theirs one dense search; ours p99 "
            f"{percentile(ours['took'][WARM:], 0.99):.1f} ms.{missing}",
        ),
        row(
            "against peers: peak of resident memory",
            ours["peak"],
            min(peak.values()),
            "MB",
            Goal(most=0.5),
            f"{listed(peak)}.{missing}",
        ),
    ]


def listed(figures: dict[str, float]) -> str:
    """Return each peer's figure."""
    return ", ".join(f"{PEERS[name]} {figure:.1f}" for name, figure in figures.items())
