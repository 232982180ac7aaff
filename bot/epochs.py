"""`epochs`: what was learned, version by version, and the way back to an earlier one."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot import data_folder
from bot.card import plain
from bot.ranked import proven
from bot.store import utc_now
from core.feedback import Rating
from core.learning.rollback import Change, Epochs
from core.ledger.epochs import Epoch
from core.ledger.ledger import Ledger
from core.settings import Settings, load_settings

SHOWN = 20  # changes of one epoch
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
Number = Annotated[int, typer.Argument(help="The epoch's number, as `epochs list` shows it.")]
console = Console()
cli = typer.Typer(
    help="What was learned, version by version: list them, show one, go back to one.",
    no_args_is_help=True,
)


@cli.command("list")
def list_(as_json: Json = False) -> None:
    """List the epochs, the newest first, and say which one counts."""
    asyncio.run(tell_all(load_settings(), console, as_json=as_json))


@cli.command()
def show(number: Number, as_json: Json = False) -> None:
    """Show which answers an epoch rates otherwise than the one before it."""
    asyncio.run(tell_one(load_settings(), number, console, as_json=as_json))


@cli.command()
def rollback(number: Number) -> None:
    """Let an earlier epoch count again, in seconds, and make no new one until `epochs release`.

    Its ratings count at once, and answers that the job `rerank` has moved since move back. Verdicts
    go on being taken: nothing that anybody says is lost.
    """
    asyncio.run(go_back(load_settings(), number, console))


@cli.command()
def release() -> None:
    """Let `rerank` make new epochs again, from all that was said."""
    asyncio.run(let_go(load_settings(), console))


async def tell_all(settings: Settings, console: Console, *, as_json: bool) -> None:
    """Print every epoch."""
    async with _opened(settings) as epochs:
        there = await epochs.all()
    if as_json:
        console.print_json(json.dumps([_as_object(one) for one in there]))
        return
    table = Table("epoch", "made", "verdicts up to", "", "replayed")
    for one in there:
        up_to = str(one.last_feedback_id) if one.last_feedback_id >= 0 else "to be made anew"
        made = f"{one.made_at:%Y-%m-%d %H:%M:%S}"
        table.add_row(str(one.id), made, up_to, _state(one), proven(one.proof))
    console.print(table if there else "There is no epoch yet: `rerank` makes the first.")


async def tell_one(settings: Settings, number: int, console: Console, *, as_json: bool) -> None:
    """Print what one epoch changed; raise `UnknownEpochError` where there is no such one."""
    async with _opened(settings) as epochs:
        changes = await epochs.changes(number)
    if as_json:
        console.print_json(json.dumps([_change(one) for one in changes]))
        return
    table = Table("question", "before", "after", "ups", "downs")
    for one in changes[:SHOWN]:
        after = one.after or Rating(value=0.0, ups=0.0, downs=0.0)
        said = (f"{after.ups:.1f}", f"{after.downs:.1f}") if one.after else ("", "")
        # A question is a stranger's text: neither markup nor signs that steer the terminal.
        asked = Text(plain(one.answer.question.text)[:80])
        table.add_row(asked, _shown(one.before), _shown(one.after), *said)
    console.print(table if changes else f"Epoch {number} changed no rating.")
    if len(changes) > SHOWN:
        console.print(f"… and {len(changes) - SHOWN} more: --json prints all of them.")


async def go_back(settings: Settings, number: int, console: Console) -> None:
    """Go back to an epoch; raise `UnknownEpochError` where there is no such one."""
    async with _opened(settings) as epochs:
        moved = await epochs.go_back(number)
    console.print(
        f"Epoch {number} counts, and is held until `epochs release`. Moved back: {moved} answers.",
        soft_wrap=True,
    )


async def let_go(settings: Settings, console: Console) -> None:
    """Let new epochs be made again."""
    async with _opened(settings) as epochs:
        freed = await epochs.release()
    console.print("New epochs are made again." if freed else "No epoch was held.")


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Epochs]:
    """Open the ledger alone: neither a model nor the index is needed.

    The data folder must be free; where the ledger is on PostgreSQL, bots may run beside.
    """
    if settings.ledger.url:
        async with _ledger(settings.ledger.url) as ledger:
            yield Epochs(ledger=ledger, now=utc_now)
        return
    with data_folder.held(settings.data) as folder:
        async with _ledger(folder.ledger_url) as ledger:
            yield Epochs(ledger=ledger, now=utc_now)


@asynccontextmanager
async def _ledger(url: str) -> AsyncIterator[Ledger]:
    ledger = Ledger(url)
    try:
        await ledger.open()
        yield ledger
    finally:
        await ledger.close()


def _state(one: Epoch) -> str:
    if one.live:
        return "held" if one.held else "live"
    return one.proof.outcome.value if one.refused and one.proof else ""


def _as_object(one: Epoch) -> dict[str, Any]:
    return {
        "epoch": one.id,
        "made_at": one.made_at.isoformat(),
        "last_feedback_id": one.last_feedback_id,
        "live": one.live,
        "held": one.held,
        "proof": asdict(one.proof) | {"harm": one.proof.harm} if one.proof else None,
        "parameters": json.loads(one.parameters),
    }


def _change(one: Change) -> dict[str, Any]:
    return {
        "answer": one.answer.id,
        "question": one.answer.question.text,
        "before": one.before.value if one.before else None,
        "after": one.after.value if one.after else None,
    }


def _shown(rating: Rating | None) -> str:
    return f"{rating.value:.3f}" if rating else "–"
