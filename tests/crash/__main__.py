"""`python -m tests.crash`: kill the bot, over and over, and see whether anything is lost."""

import asyncio
import random
import statistics
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from tests.crash.campaign import Campaign, planned
from tests.crash.kills import Kill, Tally, point_kill
from tests.crash.points import NAMED, described

console = Console()
HELP = """
Kill the bot with SIGKILL, over and over, and check after every restart that nothing is lost.

A chat platform on loopback outlives the bot: it delivers what four people write at once, again where
it was not acknowledged, sometimes twice, sometimes in another order, and keeps what the bot posts. The
bot is the real one over a real SQLite ledger and a real Milvus Lite folder; only its embedder and its
language model are the quick ones that need no weights. Half of the kills come at named points (--points
lists them), half at a random time of 0.05 to 1.5 seconds. Before one restart in seven the index
folder is damaged as by a power loss.

After every restart: every acknowledged event is in the inbox and had its effect; every question has
exactly one answer; the evidence is what people say; the last edit stands and what was deleted is
gone; and ledger and index hold the same ids.

The exit code is 1 where something was violated; the whole history of it is then kept in the folder
that is named: history.jsonl (what happened, in order), bot.log, and data-at-violation.
"""


def main(  # noqa: PLR0917  # each is an option of the command line
    kills: Annotated[int, typer.Option(min=1, help="How many kills.")] = 100,
    seed: Annotated[
        int | None, typer.Option(help="Repeats a run as far as timing lets it; else it is random.")
    ] = None,
    writers: Annotated[int, typer.Option(min=1, help="People who write at once.")] = 4,
    lanes: Annotated[int, typer.Option(min=1, help="Bots that live, and die, side by side.")] = 2,
    damaged: Annotated[
        float, typer.Option(min=0, max=1, help="Share of restarts that find a damaged index.")
    ] = 0.15,
    only: Annotated[str | None, typer.Option(help="Kill at this named point every time.")] = None,
    minutes: Annotated[float, typer.Option(min=0, help="Stop after so long; 0 is never.")] = 0,
    folder: Annotated[
        Path, typer.Option(help="Where histories are written, and kept when they show a fault.")
    ] = Path("build/crash"),
    points: Annotated[
        bool, typer.Option("--points", help="List the named points and end.")
    ] = False,
) -> None:
    """Run the kills, print the figures, and exit with 1 where something was violated."""
    if points:
        console.print(_table_of_points())
        return
    seed = random.SystemRandom().randrange(1_000_000) if seed is None else seed
    if only is not None and only not in NAMED:
        raise typer.BadParameter(f"There is no point {only!r}: --points lists them.")
    chosen = random.Random(seed)
    plan = [point_kill(only, chosen) for _ in range(kills)] if only else planned(kills, seed)
    campaign = Campaign(
        folder.resolve() / f"{time.strftime('%Y%m%d-%H%M%S')}-seed-{seed}",
        seed=seed,
        writers=writers,
        lanes=lanes,
        damaged=damaged,
    )
    began = time.monotonic()
    tally = asyncio.run(_run(campaign, plan, minutes))
    console.print(_summary(tally, seed, time.monotonic() - began))
    for sentence in tally.violations:
        console.print(f"[red]violated:[/red] {sentence}", highlight=False)
    for path in tally.kept:
        console.print(f"kept: {path}", highlight=False, soft_wrap=True)
    raise typer.Exit(1 if tally.violations else 0)


async def _run(campaign: Campaign, plan: list[Kill], minutes: float) -> Tally:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("kills", total=len(plan))

        def done(tally: Tally) -> None:
            faults = len(tally.violations)
            said = f"kills, [red]{faults} violations[/red]" if faults else "kills, no violation"
            progress.update(bar, completed=tally.kills.total(), description=said)

        if minutes:
            campaign.tally.until = time.monotonic() + minutes * 60
        await campaign.run(plan, done)
        progress.update(bar, total=campaign.tally.kills.total())
    return campaign.tally


def _summary(tally: Tally, seed: int, seconds: float) -> Table:
    table = Table(title=f"seed {seed}, {seconds:.0f} s", show_header=False)
    counts = tally.counts
    named = sum(n for name, n in tally.kills.items() if not name.startswith("random"))
    rows = {
        "kills": f"{tally.kills.total()}, {named} of them at {len(tally.kills.keys() & NAMED)} named points",
        "events": f"{counts['events']}, delivered {counts['deliveries']} times",
        "of them twice, renamed, again, late": ", ".join(
            str(counts[name]) for name in ("duplicates", "renamed", "repetitions", "retries")
        ),
        "looks before posting": str(counts["looks"]),
        "damages to the index": _listed(tally.damages) or "none",
        "restarts that had rows to heal": _listed(tally.healed) or "none",
        "jobs that failed": str(counts["troubled jobs"]),
        "seconds to the start": _spread(tally.starts),
        "seconds until all was seen through": _spread(tally.recoveries),
        "violations": str(len(tally.violations)),
    }
    for what, told in rows.items():
        table.add_row(what, told)
    return table


def _listed(counted: dict[str, int]) -> str:
    return ", ".join(f"{n} × {name}" for name, n in sorted(counted.items()))


def _spread(seconds: list[float]) -> str:
    if len(seconds) < 2:
        return ", ".join(f"{one:.2f}" for one in seconds)
    worst = max(seconds)
    return f"{statistics.median(seconds):.2f} (median), {worst:.2f} (longest) of {len(seconds)}"


def _table_of_points() -> Table:
    table = Table("point", "passed while", "what it proves")
    for row in described():
        table.add_row(*row)
    return table


if __name__ == "__main__":
    main.__doc__ = "\n\n".join(" ".join(part.split()) for part in HELP.split("\n\n"))
    typer.run(main)
