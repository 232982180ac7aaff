"""The command `simulate` with its options."""

import asyncio
from pathlib import Path
from typing import Annotated, TypeAlias

import typer
from rich.console import Console

from bot.simulation.command import METHODS, simulate
from bot.simulation.options import Attack, Options
from core.errors import SettingsError
from core.settings import load_settings

Share: TypeAlias = float
DEFAULT = Options()
console = Console()


def command(  # noqa: PLR0913, PLR0917  # one parameter an option: that is how typer reads them
    folder: Annotated[
        Path,
        typer.Argument(help="A folder in BEIR's layout, with asked-before.jsonl beside it."),
    ],
    interactions: Annotated[
        int, typer.Option(min=1, help="How often somebody asks.")
    ] = DEFAULT.interactions,
    vote_rate: Annotated[
        Share, typer.Option(min=0, max=1, help="How many vote on what they are shown.")
    ] = DEFAULT.vote_rate,
    up_if_right: Annotated[
        Share, typer.Option(min=0, max=1, help="P(👍 | the document is right).")
    ] = DEFAULT.up_if_right,
    up_if_wrong: Annotated[
        Share, typer.Option(min=0, max=1, help="P(👍 | it is not).")
    ] = DEFAULT.up_if_wrong,
    shown: Annotated[
        int, typer.Option(min=1, help="Documents that are shown, each to be voted on.")
    ] = DEFAULT.shown,
    raters: Annotated[
        int, typer.Option(min=1, help="People who may vote on each of them.")
    ] = DEFAULT.raters,
    corrections: Annotated[
        Share, typer.Option(min=0, max=1, help="Share of wrong answers that are corrected.")
    ] = DEFAULT.corrections,
    experts: Annotated[
        Share, typer.Option(min=0, max=1, help="Share of people who are curators.")
    ] = DEFAULT.experts,
    audits: Annotated[
        Share, typer.Option(min=0, max=1, help="Share of answers that a curator judges.")
    ] = DEFAULT.audits,
    people: Annotated[int, typer.Option(min=1, help="How many people ask.")] = DEFAULT.people,
    malicious: Annotated[
        Share, typer.Option(min=0, max=1, help="Share of people who mean harm.")
    ] = DEFAULT.malicious,
    attack: Annotated[Attack, typer.Option(help="What those do.")] = DEFAULT.attack,
    again: Annotated[
        bool, typer.Option("--again", help="Measure the same questions, asked again.")
    ] = False,
    checkpoints: Annotated[
        int, typer.Option(min=1, help="How often is measured.")
    ] = DEFAULT.checkpoints,
    every: Annotated[
        int, typer.Option(min=1, help="Interactions between two re-rankings.")
    ] = DEFAULT.every,
    seeds: Annotated[int, typer.Option(min=1, help="Runs, each with other people.")] = 1,
    method: Annotated[
        list[str] | None,
        typer.Option(help=f"One of {', '.join(METHODS)}; may be repeated. Default: all."),
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(help="Where to write the picture of it, as PNG.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
) -> None:
    """Measure how much is learned from people who vote, err, correct or mean harm.

    Simulated people ask what stands in asked-before.jsonl, in an order that the seed decides, and
    vote on what they are shown. Afterwards, and at checkpoints before, queries.jsonl is asked. All
    goes through the product's own search, log of verdicts, re-ranking, index and reuse, in a data
    folder that is thrown away; the baselines see the same people over the same search. How often
    people err was measured with those who rated FeedbackQA's passages.
    """
    options = Options(
        interactions=interactions,
        vote_rate=vote_rate,
        up_if_right=up_if_right,
        up_if_wrong=up_if_wrong,
        shown=shown,
        raters=raters,
        corrections=corrections,
        experts=experts,
        audits=audits,
        people=people,
        malicious=malicious,
        attack=attack,
        again=again,
        checkpoints=min(checkpoints, interactions),
        every=every,
        seeds=seeds,
    )
    unknown = set(method or ()) - set(METHODS)
    if unknown:
        raise SettingsError(
            f"There is no method {sorted(unknown)[0]}: give one of {', '.join(METHODS)}."
        )
    asyncio.run(
        simulate(
            load_settings(),
            folder,
            options,
            console,
            methods=tuple(method or METHODS),
            plot=plot,
            as_json=as_json,
        )
    )
