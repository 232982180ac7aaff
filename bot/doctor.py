"""`doctor`: looks at every part, says how it is, and what to do where it is not well."""

import json
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot import running
from bot.app import App, open_app
from bot.data_folder import DataFolder
from bot.finding import Finding
from bot.platforms import in_discord, in_slack
from bot.queues import waiting
from bot.ranked import ranked
from bot.refusal import refusal
from core.errors import (
    DataFolderInUseError,
    EmbedderError,
    IndexUnavailableError,
    LedgerError,
    ModelError,
    PluginError,
    TavernkeepError,
)
from core.interfaces import Embedder
from core.ledger.epochs import list_epochs
from core.ledger.ledger import SQLITE_WITH_SAFE_WAL, Ledger
from core.settings import Settings, load_settings
from core.space import Space, gigabytes

MANY_PASSAGES = 100_000  # from here on Milvus Lite is too slow
PARTS: dict[type[TavernkeepError], str] = {
    EmbedderError: "embedder",
    IndexUnavailableError: "index",
    LedgerError: "ledger",
    PluginError: "plugins",
}


async def examine(console: Console, *, as_json: bool, embedder: Embedder | None = None) -> bool:
    """Print the findings; return whether nothing must be done."""
    findings = [one async for one in look(embedder)]
    if as_json:
        console.print_json(json.dumps(running.told(findings)))
    else:
        console.print(table_of(findings))
    return all(one.well for one in findings)


async def look(embedder: Embedder | None = None) -> AsyncIterator[Finding]:
    """Yield a finding on each part; a part that keeps others from being looked at comes last."""
    try:
        settings = load_settings()
    except TavernkeepError as error:
        yield Finding(part="settings", well=False, said=str(error), advice="See config/README.md.")
        return
    yield Finding(part="settings", well=True, said="All settings are known and valid.")
    yield space(settings.data)
    yield sqlite(settings)
    async for finding in connections(settings):
        yield finding
    try:
        async with open_app(settings, embedder=embedder) as app:
            async for finding in within(app):
                yield finding
    except DataFolderInUseError as error:
        yield Finding(part="data folder", well=True, said=str(error))
        async for finding in beside(settings):
            yield finding
    except TavernkeepError as error:
        yield Finding(
            part=PARTS.get(type(error), "start"),
            well=False,
            said=str(error),
            advice="The bot cannot start before this is put right; then start doctor again.",
        )


async def connections(settings: Settings) -> AsyncIterator[Finding]:
    """Yield what the chat platforms say, each where its token is set."""
    if in_slack(settings):
        from bot.slack.examination import slack_findings  # its libraries take a second

        async for finding in slack_findings(settings.slack):
            yield finding
    if in_discord(settings):
        from bot.discord.examination import discord_findings  # so do its libraries

        async for finding in discord_findings(settings.discord):
            yield finding


async def beside(settings: Settings) -> AsyncIterator[Finding]:
    """Yield what can be told while the bot runs: what it says of itself, and what its ledger holds."""
    try:
        for finding in await running.ask(settings.room):
            yield finding
    except OSError as error:
        yield Finding(
            part="room",
            well=True,
            said=f"The running bot cannot be asked how it is: {error}.",
            advice="It serves no room at room.host and room.port; to have everything examined, "
            "stop it and start doctor again.",
        )
    ledger = Ledger(settings.ledger.url or DataFolder(settings.data.resolve()).ledger_url)
    try:
        for finding in await waiting(ledger, datetime.now(UTC), running=True):
            yield finding
    except LedgerError as error:
        advice = "If the bot is just starting, ask again in a minute."
        yield Finding(part="ledger", well=False, said=str(error), advice=advice)
    finally:
        await ledger.close()


async def within(app: App) -> AsyncIterator[Finding]:
    """Yield the findings that need everything opened."""
    counts = await app.assistant.counts()
    told = ", ".join(
        f"{counts[what]} {what}" for what in ("documents", "passages", "answers", "feedback")
    )
    yield Finding(
        part="ledger", well=True, said=f"{app.store.ledger.url.get_backend_name()}: {told}."
    )
    if not counts["documents"]:
        yield Finding(
            part="documents",
            well=True,
            said="Nothing has been read yet.",
            advice="Start the bot, or read a folder: python -m bot ingest FOLDER",
        )
    shared = app.store.ledger.url.get_backend_name() != "sqlite"  # with bots in other processes
    for finding in await waiting(app.store.ledger, datetime.now(UTC), running=shared):
        yield finding
    yield await index(app)
    grown = size(app.store.settings, counts["passages"])
    if grown is not None:
        yield grown
    described = app.store.embedder.description
    yield Finding(
        part="embedder",
        well=True,
        said=f"{described.model}, {described.dimension} dimensions, {described.window} tokens.",
    )
    async with app.store.ledger.reading() as connection:
        yield ranked(await list_epochs(connection))
    yield refusal(await app.loop.reuse.floors.now())
    yield await model(app)
    names = ", ".join(app.store.settings.plugins) or "none"
    yield Finding(part="plugins", well=True, said=f"Loaded: {names}.")


async def index(app: App) -> Finding:
    """Compare the index with the ledger."""
    try:
        differences = await app.store.indexing.compare()
    except IndexUnavailableError as error:
        advice = (
            "Start the server that index.uri names, or correct index.uri. A running bot finds it "
            "again by itself; until then questions get a sentence."
        )
        return Finding(part="index", well=False, said=str(error), advice=advice)
    offered = app.store.index.capabilities
    off = sum(one.missing + one.strangers for one in differences)
    without = f" It goes without {', '.join(offered.missing)}." if offered.missing else ""
    if off:
        return Finding(
            part="index",
            well=False,
            said=f"{offered.server} differs from the ledger in {off} rows.{without}",
            advice="The running bot heals it by itself; to do it now: python -m bot reindex",
        )
    return Finding(
        part="index", well=True, said=f"{offered.server}, the same as the ledger.{without}"
    )


def size(settings: Settings, passages: int) -> Finding | None:
    """Tell of an index that has outgrown Milvus Lite."""
    if settings.index.uri or passages <= MANY_PASSAGES:
        return None
    return Finding(
        part="index size",
        well=True,
        said=f"Milvus Lite holds {passages:,} passages, more than it searches quickly.",
        advice="A Milvus server is the answer: set index.uri, and the index is rebuilt there.",
    )


async def model(app: App) -> Finding:
    """Ask the language model's service."""
    try:
        return Finding(part="language model", well=True, said=await app.model.check())
    except ModelError as error:
        advice = "Put that right and restart the bot; until then answers are quotations."
        return Finding(part="language model", well=False, said=str(error), advice=advice)


def space(
    folder: Path, usage: Callable[[Path], tuple[int, int, int]] = shutil.disk_usage
) -> Finding:
    """Look at the free space on the data folder's disk, of which the bot wants some."""
    trouble = Space([folder.resolve()], usage).trouble
    if trouble is not None:
        advice = "Make room: on a full disk nothing can be stored, and questions get a sentence."
        return Finding(part="disk", well=False, said=trouble, advice=advice)
    place = next(one for one in (folder.resolve(), *folder.resolve().parents) if one.exists())
    said = f"{gigabytes(usage(place)[2])} are free for {folder}."
    return Finding(part="disk", well=True, said=said)


def sqlite(settings: Settings) -> Finding:
    """Look at SQLite's release, where SQLite is used."""
    if settings.ledger.url and not settings.ledger.url.startswith("sqlite"):
        return Finding(part="SQLite", well=True, said="Not used.")
    old = sqlite3.sqlite_version_info < SQLITE_WITH_SAFE_WAL
    said = f"{sqlite3.sqlite_version}"
    if old:
        said += ": older than 3.51.3, so the bot writes through one connection only."
    return Finding(part="SQLite", well=True, said=said)


def table_of(findings: list[Finding]) -> Table:
    """Return the findings as a table."""
    table = Table(show_header=False, box=None, padding=(0, 1))
    for one in findings:
        mark = Text("✓", style="green") if one.well else Text("✗", style="red")
        told = Text(one.said)  # no markup: it may hold a path or what another service said
        if one.advice:
            told.append(f"\n→ {one.advice}", style="yellow")
        table.add_row(mark, one.part, told)
    return table
