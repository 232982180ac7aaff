"""`simulate`: puts a labelled set, a crowd and the methods together, and prints what came of it."""

import json
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from rich.console import Console

from bot.app import open_app, open_store
from bot.evaluation import LabelledSource
from bot.progress import bars
from bot.simulation.baselines import RULES, Baseline
from bot.simulation.crowd import Crowd
from bot.simulation.options import Options
from bot.simulation.product import BEGIN, Product, Times
from bot.simulation.report import checkpoints, draw, table_of, told
from bot.simulation.stream import Method, Outcome, run
from bot.simulation.world import World, fresh_settings, in_silence, load, searched
from core.interfaces import Embedder
from core.job import Progress
from core.settings import Settings

OURS = "tavernkeep"
METHODS = (OURS, *RULES)


async def simulate(
    settings: Settings,
    folder: Path,
    options: Options,
    console: Console,
    *,
    methods: Sequence[str] = METHODS,
    plot: Path | None = None,
    as_json: bool = False,
    embedder: Embedder | None = None,
) -> None:
    """Run every method on the same people, and print one table or one JSON object a method."""
    with tempfile.TemporaryDirectory(prefix="tavernkeep-") as scratch:
        fresh = fresh_settings(settings, Path(scratch) / "documents")
        with bars(Console(stderr=True) if as_json else console) as progress:
            world = await _world(fresh, folder, embedder, progress)
            curves = {
                method: checkpoints(
                    [
                        await _one(method, fresh, world, options, seed, embedder, progress)
                        for seed in range(1, options.seeds + 1)
                    ]
                )
                for method in methods
            }
    if plot is not None:
        draw(plot, world.labelled.name, curves)
    if as_json:
        for method, figures in curves.items():
            console.print_json(json.dumps(told(method, options, figures)))
        return
    console.print(table_of(f"{world.labelled.name}, seeds: {options.seeds}", curves))
    if plot is not None:
        console.print(f"The picture is {plot}.", soft_wrap=True)


async def _world(
    settings: Settings, folder: Path, embedder: Embedder | None, progress: Progress
) -> World:
    """Read the documents into the data folder, and search every question."""
    labelled, asked = load(folder)
    async with open_store(settings, embedder=embedder) as store:
        await store.ingestion.ingest(LabelledSource(labelled), progress)
        return await searched(store.retriever, labelled, asked, progress)


async def _one(
    method: str,
    settings: Settings,
    world: World,
    options: Options,
    seed: int,
    embedder: Embedder | None,
    progress: Progress,
) -> list[Outcome]:
    if method in RULES:
        return await run(Baseline(RULES[method]), world, options, seed, in_silence)
    async with _product(settings, world, options, seed, embedder) as product:
        return await run(product, world, options, seed, progress)


@asynccontextmanager
async def _product(
    settings: Settings, world: World, options: Options, seed: int, embedder: Embedder | None
) -> AsyncIterator[Method]:
    """Open a bot over a copy of the data folder, which has read the documents and nothing else."""
    copy = settings.data.with_name(f"seed-{seed}")
    shutil.copytree(settings.data, copy)
    crowd = Crowd(options, seed)
    learning = settings.learning.model_copy(update={"curators": tuple(crowd.curators)})
    fresh, times = settings.model_copy(update={"data": copy, "learning": learning}), Times(BEGIN)
    async with open_app(fresh, embedder=embedder, now=times) as app:
        yield Product(app, times, crowd, _texts(world))
    shutil.rmtree(copy)


def _texts(world: World) -> Mapping[str, str]:
    return {one.uri: f"{one.title}\n\n{one.text}" for one in world.labelled.documents}
