"""`simulate --reuse` over what is known and what is not: whether the bot can tell them apart."""

import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console

from bot.app import App, open_app
from bot.progress import bars
from bot.simulation.product import BEGIN, Times
from bot.simulation.reuse import Known, teach
from bot.simulation.world import fresh_settings
from core.audience import EVERYONE
from core.errors import SettingsError
from core.interfaces import Embedder
from core.job import Progress
from core.measures import auroc
from core.settings import Settings

KNOWN, ASKED = "known.jsonl", "questions.jsonl"
OUT_OF_SCOPE = "oos"


def is_refusing(folder: Path) -> bool:
    """Say whether a folder holds what is known and what is asked, each question with its intent."""
    return (folder / KNOWN).is_file() and (folder / ASKED).is_file()


async def refuse(
    settings: Settings,
    folder: Path,
    console: Console,
    *,
    as_json: bool,
    embedder: Embedder | None = None,
) -> None:
    """Store what is known, ask everything, and print how well nearness tells both kinds apart.

    The figure is the area under the ROC curve: the chance that a question in scope is nearer to what
    is stored than one out of scope.
    """
    known = [one for one in _read(folder / KNOWN) if one.right != OUT_OF_SCOPE]
    asked = _read(folder / ASKED)
    with (
        bars(Console(stderr=True) if as_json else console) as progress,
        tempfile.TemporaryDirectory(prefix="tavernkeep-") as data,
    ):
        times = Times(BEGIN)
        async with open_app(
            fresh_settings(settings, Path(data)), embedder=embedder, now=times
        ) as app:
            await teach(app, known, times)
            await app.store.indexing.catch_up(progress)
            nearest = await _nearest(app, asked, progress)
    inside = [one.right != OUT_OF_SCOPE for one in asked]
    figure = auroc(nearest, inside)
    told = {"known": len(known), "asked": len(asked), "out of scope": inside.count(False)}
    if as_json:
        console.print_json(json.dumps(told | {"auroc": figure}))
        return
    counts = ", ".join(f"{name}: {count}" for name, count in told.items())
    console.print(f"{counts}; area under the ROC curve of refusing: {figure:.3f}")


async def _nearest(app: App, asked: Sequence[Known], progress: Progress) -> list[float]:
    """Return how near each question is to any that is stored, by the product's own recall."""
    near: list[float] = []
    for done, one in enumerate(asked, 1):
        sought = await app.store.retriever.seek(one.text, EVERYONE.requires)
        recalled = await app.loop.reuse.recalled(sought)
        near.append(max((stored.similarity for stored in recalled), default=0.0))
        progress("Asking", done, len(asked))
    return near


def _read(path: Path) -> list[Known]:
    """Read `{text, intent}` a line; raise `SettingsError`."""
    try:
        rows: list[Mapping[str, str]] = [
            json.loads(line)
            for line in path.read_text(encoding="utf-8").splitlines()
            if line.strip()
        ]
        return [Known(str(row["text"]), str(row["intent"])) for row in rows]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SettingsError(
            f"{path} does not hold {{text, intent}} in each line: {error}"
        ) from error
