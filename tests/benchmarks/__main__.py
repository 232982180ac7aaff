"""`python -m tests.benchmarks`: measures the product against plain baselines, and prints one table."""

import asyncio
import importlib
import logging
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from core.settings import CHECKOUT
from tests.benchmarks.bench import Bench, Size
from tests.benchmarks.rows import Row, keep, kept, markdown_of, save, table_of, unmeasured

FAMILIES = {
    "embedding": "bulk embedding against SentenceTransformer.encode, and how near its vectors are",
    "ingest": "from files to index, against the embedder alone",
    "questions": "one question over 5,000 and 50,000 passages, against bare search",
    "busy": "questions, the event loop and reactions while an ingest runs",
    "events": "durable events from 64 producers, and through a platform's adapter",
    "reembed": "new embeddings for all stored answers, against bulk embedding",
    "start": "from the start of the process to the first answer, with 50,000 passages",
    "memory": "resident memory with 50,000 passages, and whether it grows",
    "peers": "langchain-milvus and llama-index-vector-stores-milvus in the same run",
}
HELP = """
Measure Tavernkeep against plain baselines of the same run, alternating, and print one table.

What is measured, by the names that --only takes:

{families}

Every family runs in a process of its own. The figures go to bench.json in the build folder, as a
list of what, ours, baseline, unit, ratio, goal and met; bench.md holds the same table with notes.
The texts are the documentation that is installed on this machine, or those of --data. The first
run fills data folders and installs the peers below build/, which takes some minutes; later runs
use them again. The exit code is 0 whether or not the goals are met: this measures, it is no test.
"""
WIDE = 150
console = Console(stderr=True)
cli = typer.Typer(add_completion=False, rich_markup_mode="markdown", pretty_exceptions_enable=False)


def _listed() -> str:
    return "\n".join(f"- **{name}**: {what}" for name, what in FAMILIES.items())


@cli.command(help=HELP.format(families=_listed()))
def main(
    only: Annotated[
        list[str] | None, typer.Option(help="Measure this family; may be given again.")
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Tiny sizes, to see that everything runs.")
    ] = False,
    long: Annotated[
        bool,
        typer.Option(
            "--long",
            help="10 minutes of events, 20,000 stored answers, a soak of 30 minutes, more texts.",
        ),
    ] = False,
    data: Annotated[
        Path | None,
        typer.Option(exists=True, help="Measure over a folder of Markdown, text or JSONL."),
    ] = None,
    build: Annotated[Path, typer.Option(help="Where results and caches go.")] = CHECKOUT / "build",
    family: Annotated[str | None, typer.Option(hidden=True)] = None,
    part: Annotated[Path | None, typer.Option(hidden=True)] = None,
) -> None:
    """Measure what was chosen, each family in a process of its own."""
    unknown = set(only or ()) - FAMILIES.keys()
    if unknown or (quick and long):
        raise typer.BadParameter(f"--only takes {', '.join(FAMILIES)}; --quick excludes --long.")
    size = Size.QUICK if quick else Size.LONG if long else Size.USUAL
    bench = Bench(size=size, data=data.resolve() if data else None, build=build.resolve())
    if family and part:
        keep(asyncio.run(measured(family, bench)), part)
        return
    rows: list[Row] = []
    for name in only or FAMILIES:
        rows += apart(name, bench)
        publish(rows, bench)
    show(rows, bench)


def show(rows: Sequence[Row], bench: Bench) -> None:
    """Print the table and the notes; into a file or a pipe as wide as they need."""
    out = Console() if sys.stdout.isatty() else Console(width=WIDE)
    out.print(table_of(rows, title_of(bench)))
    for number, one in enumerate(rows, 1):
        out.print(Text(f"{number}. {one.note}", style="dim"))


async def measured(family: str, bench: Bench) -> list[Row]:
    """Return the rows of one family, measured in this process."""
    logging.basicConfig(level=logging.ERROR, format="%(message)s")
    module = importlib.import_module(f"tests.benchmarks.{family}")

    def tell(what: str) -> None:
        console.log(f"[bold]{family}[/bold]: {what}")

    rows: list[Row] = await module.measure(bench, tell)
    return rows


def apart(family: str, bench: Bench) -> list[Row]:
    """Return the rows of one family, measured in a process of its own; a failure is a row too."""
    started, before = time.monotonic(), os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as scratch:
        part = Path(scratch) / "rows.json"
        ran = subprocess.run(command_of(family, bench, part), check=False, cwd=CHECKOUT)
        if ran.returncode:
            return [unmeasured(family, f"The measurement failed: exit code {ran.returncode}.")]
        rows = kept(part)
    took = time.monotonic() - started
    load = f"{before:.1f} → {os.getloadavg()[0]:.1f}"
    console.log(f"[bold]{family}[/bold]: {len(rows)} rows in {took:.0f} s, load average {load}")
    return rows


def command_of(family: str, bench: Bench, part: Path) -> Sequence[str]:
    """Return how a family is measured in a process of its own."""
    options = ["--family", family, "--part", str(part), "--build", str(bench.build)]
    options += ["--data", str(bench.data)] if bench.data else []
    options += [f"--{bench.size}"] if bench.size is not Size.USUAL else []
    return [sys.executable, "-m", "tests.benchmarks", *options]


def publish(rows: Sequence[Row], bench: Bench) -> None:
    """Write what there is so far."""
    save(rows, bench.build / "bench.json")
    page = markdown_of(rows, title_of(bench))
    (bench.build / "bench.md").write_text(page, encoding="utf-8")


def title_of(bench: Bench) -> str:
    """Return when and on what machine this was measured."""
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {processor()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}, size {bench.size}, "
        f"load average {', '.join(f'{one:.1f}' for one in os.getloadavg())}"
    )


def processor() -> str:
    """Return the processor's name where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


if __name__ == "__main__":
    cli()
