"""The commands. `python -m bot COMMAND --help` explains each."""

import asyncio
import logging
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.logging import RichHandler
from rich.text import Text

from bot import asking, demo, doctor, epochs, evaluation, forgetting, service, tending
from bot.simulation.cli import command as simulate
from core.errors import TavernkeepError
from core.items import Mode
from core.settings import load_settings

cli = typer.Typer(
    name="python -m bot",
    help="Tavernkeep answers questions in chat from your documents, and gets better with every reaction.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode="markdown",  # a paragraph of several lines is one
)
discord = typer.Typer(help="What is done for Discord.", no_args_is_help=True)
cli.add_typer(discord, name="discord")
console = Console()
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


def main() -> None:
    """Run a command; a foreseen error is printed as one sentence, and the exit code is 1."""
    try:
        cli()
    except TavernkeepError as error:
        # A path in the sentence may hold brackets, which are no markup, and must not be broken.
        Console(stderr=True).print(Text(str(error), style="red"), soft_wrap=True)
        raise SystemExit(1) from error


@cli.callback()
def log(
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Log what is done, step by step.")
    ] = False,
) -> None:
    """Set up the log before any command."""
    handler = RichHandler(console=Console(stderr=True), show_path=False)
    logging.basicConfig(level=logging.WARNING, format="%(message)s", handlers=[handler])
    for ours in ("bot", "core", "plugins"):
        logging.getLogger(ours).setLevel(logging.INFO if verbose else logging.WARNING)


@cli.command()
def run(
    terminal: Annotated[
        bool, typer.Option("--terminal", help="Talk here instead of in the browser.")
    ] = False,
    window: Annotated[
        bool,
        typer.Option(
            "--window", help="Show the room as a desktop window (needs the extra `window`)."
        ),
    ] = False,
) -> None:
    """Start the bot: the room in the browser, and the jobs on their schedule.

    The address is printed. Ctrl+C stops it; what was received and not answered is answered at the
    next start.
    """
    settings = load_settings()
    work = (
        partial(service.talk, settings, console)
        if terminal
        else partial(service.serve, settings, console, window=window, loaded=service.settle_memory)
    )
    asyncio.run(service.until_asked(work))


@cli.command()
def ask(
    question: Annotated[str, typer.Argument(help="The question, in quotes.")],
    as_json: Json = False,
) -> None:
    """Ask one question and print the answer with its sources."""
    asyncio.run(asking.ask(load_settings(), question, console, as_json=as_json))


@cli.command()
def ingest(
    paths: Annotated[list[Path], typer.Argument(help="Files and folders to read, recursively.")],
    as_json: Json = False,
) -> None:
    """Read Markdown, text, HTML, PDF and Word files; what did not change costs nothing.

    A file that cannot be read is listed with the reason, and the rest goes on. What is no longer
    in a folder is forgotten. To have a folder read again on a schedule, name it in the setting
    `folders.paths` as well.
    """
    asyncio.run(tending.ingest(load_settings(), paths, console, as_json=as_json))


@cli.command()
def rerank(
    from_scratch: Annotated[
        bool, typer.Option("--from-scratch", help="Make a new epoch even if nothing was said.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Fold new verdicts into ratings and standings now, as a new epoch.

    Every epoch is computed from the whole log, so that the same log gives the same ratings.
    """
    asyncio.run(
        tending.rerank(load_settings(), console, from_scratch=from_scratch, as_json=as_json)
    )


@cli.command()
def reembed(
    afresh: Annotated[
        bool, typer.Option("--afresh", help="Build new collections even if nothing changed.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Embed what changed; after a change of the model, build new collections and swap them in.

    It can be stopped at any time: the next run goes on where this one ended.
    """
    asyncio.run(tending.reembed(load_settings(), console, afresh=afresh, as_json=as_json))


@cli.command()
def reindex(as_json: Json = False) -> None:
    """Rebuild the index from the ledger, for instance after its folder was lost."""
    asyncio.run(tending.reindex(load_settings(), console, as_json=as_json))


@cli.command()
def forget(
    person: Annotated[
        str, typer.Argument(help="Who, as the ledger names people: platform:id, such as room:ana.")
    ],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before it is done.")] = False,
) -> None:
    """Forget a person: what they wrote, their votes, and what was learned from it alone.

    What would go is shown first. From then on nobody sees or finds it; the job `purge`, which runs
    once a day or by `python -m bot purge`, wipes it from the files. There is no way back.
    """
    asyncio.run(forgetting.forget(load_settings(), person, console, confirmed=yes))


@cli.command()
def purge(as_json: Json = False) -> None:
    """Wipe from every file what was deleted or forgotten: in the ledger, its log, and the index.

    The bot does it once a day. It can be stopped at any time and run again. What was set aside of
    the index as unreadable is removed after a day. What plugins keep is theirs to delete, and
    backups are yours.
    """
    asyncio.run(tending.run_job(load_settings(), "purge", console, as_json=as_json))


@cli.command()
def replay(as_json: Json = False) -> None:
    """Ask what is known of the epoch that counts, and go back where answers got worse.

    It is compared with the one that counted a day ago: by the questions that people verified answers
    to, and by what they said since. The bot does it once an hour. `epochs list` shows what was found.
    """
    asyncio.run(tending.run_job(load_settings(), "replay", console, as_json=as_json))


@cli.command()
def reanswer(as_json: Json = False) -> None:
    """Have fresh answers written to what went stale or was found wrong; curators see them by /review.

    With a key it costs half of what questions cost: they are handed over now, and collected by the
    next run. The bot does both by itself. None is given to anybody before a curator approves of it.
    """
    asyncio.run(tending.run_job(load_settings(), "reanswer", console, as_json=as_json))


@cli.command()
def evaluate(
    folder: Annotated[
        Path,
        typer.Argument(help="A folder in BEIR's layout: corpus.jsonl, queries.jsonl, qrels.tsv."),
    ],
    mode: Annotated[Mode, typer.Option(help="Which search is measured.")] = "hybrid",
    as_json: Json = False,
) -> None:
    """Measure retrieval on labelled questions: nDCG@10, MRR@10, Recall@1/5/10, time per question.

    The corpus goes through the product's own ingestion and retrieval, in a data folder that is
    thrown away.
    """
    asyncio.run(evaluation.evaluate(load_settings(), folder, mode, console, as_json=as_json))


cli.command("simulate")(simulate)
cli.add_typer(epochs.cli, name="epochs")


@cli.command("doctor")
def examine(as_json: Json = False) -> None:
    """Check settings, ledger, index, models and plugins, and say what to do about each problem.

    The exit code is 1 where something must be done.
    """
    healthy = asyncio.run(doctor.examine(console, as_json=as_json))
    raise typer.Exit(0 if healthy else 1)


@discord.command("sync")
def sync() -> None:
    """Let Discord show this release's commands and menus; do it once after each update.

    The bot does it at its start, too, where they differ; Discord allows few such changes a day.
    """
    from bot.discord.sync import deploy  # its libraries take a second

    changed = asyncio.run(deploy(load_settings().discord))
    console.print("Discord shows the new commands." if changed else "Nothing has changed.")


@cli.command("demo")
def tour() -> None:
    """Walk through the whole loop once, in a data folder that is thrown away."""
    asyncio.run(demo.tour(console))
