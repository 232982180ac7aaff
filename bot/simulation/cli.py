"""The command `simulate` with its options."""

import asyncio
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from bot.simulation.command import METHODS, simulate
from bot.simulation.options import Attack, Options
from bot.simulation.refusing import is_refusing, refuse
from bot.simulation.reuse import measure
from core.errors import SettingsError
from core.settings import Settings, load_settings

DEFAULT = Options()
console = Console()


def _share(text: str) -> Any:
    return typer.Option(min=0, max=1, help=text)


def _count(text: str) -> Any:
    return typer.Option(min=1, help=text)


Folder = Annotated[
    Path, typer.Argument(help="A folder in BEIR's layout, with asked-before.jsonl beside it.")
]
Interactions = Annotated[int, _count("How often somebody asks.")]
VoteRate = Annotated[float, _share("How many vote on what they are shown.")]
UpIfRight = Annotated[float, _share("P(👍 | the document is right).")]
UpIfWrong = Annotated[float, _share("P(👍 | it is not).")]
Shown = Annotated[int, _count("Documents that are shown, each to be voted on.")]
Raters = Annotated[int, _count("People who may vote on each of them.")]
Corrections = Annotated[float, _share("Share of wrong answers that are corrected.")]
Experts = Annotated[float, _share("Share of people who are curators.")]
Audits = Annotated[float, _share("Share of answers that a curator judges.")]
People = Annotated[int, _count("How many people ask.")]
Zipf = Annotated[float, typer.Option(min=0, help="How uneven they vote; 0: all alike.")]
Malicious = Annotated[float, _share("Share of people who mean harm.")]
Attacks = Annotated[Attack, typer.Option(help="What those do.")]
Until = Annotated[float, _share("Share of the interactions after which those stop.")]
Again = Annotated[bool, typer.Option("--again", help="Measure the same questions, asked again.")]
Checkpoints = Annotated[int, _count("How often is measured.")]
Every = Annotated[int, _count("Interactions between two re-rankings.")]
Seeds = Annotated[int, _count("Runs, each with other people.")]
Methods = Annotated[
    list[str] | None,
    typer.Option(help=f"One of {', '.join(METHODS)}; may be repeated. Default: all."),
]
Plot = Annotated[Path | None, typer.Option(help="Where to write the picture of it, as PNG.")]
Reuse = Annotated[
    bool,
    typer.Option(
        "--reuse",
        help="Measure instead how often a stored answer is given wrongly, or should have been refused.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


def command(  # noqa: PLR0913, PLR0917  # one parameter an option: that is how typer reads them
    given: typer.Context,
    folder: Folder,
    interactions: Interactions = DEFAULT.interactions,  # noqa: ARG001  # all are read from `given`
    vote_rate: VoteRate = DEFAULT.vote_rate,  # noqa: ARG001
    up_if_right: UpIfRight = DEFAULT.up_if_right,  # noqa: ARG001
    up_if_wrong: UpIfWrong = DEFAULT.up_if_wrong,  # noqa: ARG001
    shown: Shown = DEFAULT.shown,  # noqa: ARG001
    raters: Raters = DEFAULT.raters,  # noqa: ARG001
    corrections: Corrections = DEFAULT.corrections,  # noqa: ARG001
    experts: Experts = DEFAULT.experts,  # noqa: ARG001
    audits: Audits = DEFAULT.audits,  # noqa: ARG001
    people: People = DEFAULT.people,  # noqa: ARG001
    zipf: Zipf = DEFAULT.zipf,  # noqa: ARG001
    malicious: Malicious = DEFAULT.malicious,  # noqa: ARG001
    attack: Attacks = DEFAULT.attack,  # noqa: ARG001
    until: Until = DEFAULT.until,  # noqa: ARG001
    again: Again = DEFAULT.again,  # noqa: ARG001
    checkpoints: Checkpoints = DEFAULT.checkpoints,  # noqa: ARG001
    every: Every = DEFAULT.every,  # noqa: ARG001
    seeds: Seeds = DEFAULT.seeds,
    method: Methods = None,
    plot: Plot = None,
    reuse: Reuse = False,
    as_json: Json = False,
) -> None:
    """Measure how much is learned from people who vote, err, correct or mean harm.

    Simulated people ask what stands in asked-before.jsonl and vote on what they are shown; at
    checkpoints queries.jsonl is asked, all through the product's own parts, in a data folder that is
    thrown away; the baselines see the same people over the same search.
    """
    options = Options(**{field.name: given.params[field.name] for field in fields(Options)})
    settings = load_settings()
    if reuse:
        asyncio.run(reused(settings, folder, seeds, console, as_json=as_json))
        return
    how = {"methods": _chosen(method or METHODS), "plot": plot, "as_json": as_json}
    asyncio.run(simulate(settings, folder, options, console, **how))  # type: ignore[arg-type]  # each fits


async def reused(
    settings: Settings, folder: Path, seeds: int, console: Console, *, as_json: bool
) -> None:
    """Measure giving again; where the folder says what is in scope and what is not, refusing."""
    if is_refusing(folder):
        await refuse(settings, folder, console, as_json=as_json)
    else:
        await measure(settings, folder, seeds, console, as_json=as_json)


def _chosen(methods: Sequence[str]) -> Sequence[str]:
    """Return the methods; raise `SettingsError` where there is no such one."""
    for one in methods:
        if one not in METHODS:
            raise SettingsError(f"There is no method {one}: give one of {', '.join(METHODS)}.")
    return methods
