"""Commands that tend the data folder while no bot runs in it: ingest, rerank, reembed, reindex."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.app import open_app, utc_now
from bot.card import plain
from bot.progress import bars
from core.errors import SettingsError
from core.ingestion import Summary
from core.interfaces import Embedder
from core.job import JobReport
from core.ledger.epochs import outdate
from core.settings import Settings


async def ingest(
    settings: Settings,
    paths: Sequence[Path],
    console: Console,
    *,
    as_json: bool,
    embedder: Embedder | None = None,
) -> None:
    """Read files and folders through the folders plugin, and print what changed."""
    missing = [str(path) for path in paths if not path.exists()]
    if missing:
        raise SettingsError(f"There is no file or folder {', '.join(missing)}.")
    named = tuple(str(path.resolve()) for path in paths)
    chosen = settings.model_copy(
        update={
            "plugins": ("folders",),
            "folders": settings.folders.model_copy(update={"paths": named}),
        }
    )
    async with open_app(chosen, embedder=embedder) as app:
        with bars(Console(stderr=True) if as_json else console) as progress:
            summaries = await app.store.ingestion.ingest_all(app.brought.sources, progress)
        withdrawn = sum(one.withdrawn for one in summaries) + await app.refresh.withdraw()
    if as_json:
        console.print_json(json.dumps([as_object(one) for one in summaries]))
        return
    for summary in summaries:
        console.print(table_of(summary))
    if withdrawn:
        console.print(f"{withdrawn} learned answers were withdrawn: what they cite has changed.")


def as_object(summary: Summary) -> dict[str, Any]:
    """Return a summary as JSON's types."""
    return {
        "source": summary.source,
        "new": summary.new,
        "changed": summary.changed,
        "unchanged": summary.unchanged,
        "removed": summary.removed,
        "passages": summary.passages,
        "embedded": summary.embedded,
        "failed": [{"uri": one.uri, "why": one.why} for one in summary.failed],
    }


def table_of(summary: Summary) -> Table:
    """Return a summary as a table, with what could not be read and why."""
    table = Table(title=Text(summary.source), show_header=False, title_justify="left")
    for what in ("new", "changed", "unchanged", "removed", "passages", "embedded"):
        table.add_row(what, str(getattr(summary, what)))
    for one in summary.failed:
        # A file's name is a stranger's text: neither markup nor signs that steer the terminal.
        table.add_row(Text("failed", style="red"), Text(plain(f"{one.uri}: {one.why}")))
    return table


async def run_job(
    settings: Settings,
    name: str,
    console: Console,
    *,
    as_json: bool,
    embedder: Embedder | None = None,
) -> None:
    """Run one of the scheduler's jobs now and print its report."""
    async with open_app(settings, embedder=embedder) as app:
        with bars(Console(stderr=True) if as_json else console) as progress:
            report = await app.scheduler.run(name, progress)
    tell(report, console, as_json=as_json)


async def rerank(
    settings: Settings,
    console: Console,
    *,
    from_scratch: bool,
    as_json: bool,
    embedder: Embedder | None = None,
) -> None:
    """Make a new epoch where there is new evidence, or in any case, and print what it says."""
    async with open_app(settings, embedder=embedder) as app:
        if from_scratch:
            async with app.store.ledger.writing() as connection:
                await outdate(connection)
        with bars(Console(stderr=True) if as_json else console) as progress:
            report = await app.scheduler.run("rerank", progress)
    tell(report, console, as_json=as_json)


async def reembed(
    settings: Settings,
    console: Console,
    *,
    afresh: bool,
    as_json: bool,
    embedder: Embedder | None = None,
) -> None:
    """Embed what is stale, or everything afresh, and print what was done."""
    if not afresh:
        await run_job(settings, "reembed", console, as_json=as_json, embedder=embedder)
        return
    async with open_app(settings, embedder=embedder) as app:
        with bars(Console(stderr=True) if as_json else console) as progress:
            report = await app.reembed.run_afresh(utc_now(), progress)
    tell(report, console, as_json=as_json)


async def reindex(
    settings: Settings, console: Console, *, as_json: bool, embedder: Embedder | None = None
) -> None:
    """Rebuild every collection from the ledger and print what was done."""
    async with open_app(settings, embedder=embedder) as app:
        with bars(Console(stderr=True) if as_json else console) as progress:
            await app.scheduler.run("reconcile", progress)
            report = await app.reembed.run_afresh(utc_now(), progress)
    tell(report, console, as_json=as_json)


def tell(report: JobReport, console: Console, *, as_json: bool) -> None:
    """Print a job's report."""
    if not as_json:
        console.print(Text(report.summary), soft_wrap=True)
        return
    figures: Mapping[str, int] = report.figures
    console.print_json(json.dumps({"summary": report.summary, "figures": dict(figures)}))
