"""`simulate --reuse` over what is known and what is not: whether the bot can tell them apart.

Then the same texts are read as documents, and the floor is learned from half of the questions.
"""

import json
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from rich.console import Console

from bot.app import App, open_app
from bot.progress import bars
from bot.simulation.options import Options
from bot.simulation.product import BEGIN, Times
from bot.simulation.reuse import CONFIDENCE, Known, teach
from bot.simulation.world import fresh_settings
from core.audience import EVERYONE
from core.documents import Document
from core.errors import SettingsError
from core.floor import Case, Floor, learned_floor
from core.influence import CERTAIN
from core.interfaces import Embedder
from core.job import Progress
from core.learning.floors import AT_MOST
from core.measures import auroc, upper_bound
from core.settings import Settings

KNOWN, ASKED = "known.jsonl", "questions.jsonl"
OUT_OF_SCOPE = "oos"
SEEDS = 5
AUDITS = 0.02  # share of the answers that a curator judges
READERS = 20  # people who see an answer, and may vote


@dataclass(frozen=True, slots=True)
class Pages:
    """What is known as a source: each text a document of its own, under its right answer's name."""

    known: Sequence[Known]
    name: str = "known"

    async def documents(self) -> AsyncIterator[Document]:
        """Yield the documents."""
        for number, one in enumerate(self.known):
            yield Document(source=self.name, uri=f"{one.right}/{number}", title="", text=one.text)


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
            await app.store.ingestion.ingest(Pages(known), progress)
            cases = await _cases(app, asked, progress)
    inside = [one.right != OUT_OF_SCOPE for one in asked]
    figure = auroc(nearest, inside)
    told = {"known": len(known), "asked": len(asked), "out of scope": inside.count(False)}
    learned = [_learned(cases, settings, seed) for seed in range(1, SEEDS + 1)]
    if as_json:
        console.print_json(json.dumps(told | {"auroc": figure, "floors": learned}))
        return
    counts = ", ".join(f"{name}: {count}" for name, count in told.items())
    console.print(f"{counts}; area under the ROC curve of refusing: {figure:.3f}")
    for one in learned:
        console.print(", ".join(f"{name}: {value:.4g}" for name, value in one.items()))


async def _nearest(app: App, asked: Sequence[Known], progress: Progress) -> list[float]:
    """Return how near each question is to any that is stored, by the product's own recall."""
    near: list[float] = []
    for done, one in enumerate(asked, 1):
        sought = await app.store.retriever.seek(one.text, EVERYONE.requires)
        recalled = await app.loop.reuse.recalled(sought)
        near.append(max((stored.similarity for stored in recalled), default=0.0))
        progress("Asking", done, len(asked))
    return near


async def _cases(app: App, asked: Sequence[Known], progress: Progress) -> list[Case]:
    """Return how well the best document matches each question, and whether it is the right one."""
    cases: list[Case] = []
    for done, one in enumerate(asked, 1):
        sought = await app.store.retriever.seek(one.text, EVERYONE.requires)
        found = (await app.store.retriever.search(sought)).found.values()
        best = max(found, key=lambda one: (one.score, one.passage_id), default=None)
        right = best is not None and best.document_uri.startswith(f"{one.right}/")
        cases.append(Case(score=best.score if best else 0.0, right=right))
        progress("Searching", done, len(asked))
    return cases


def _learned(cases: Sequence[Case], settings: Settings, seed: int) -> Mapping[str, float]:
    """Learn a floor from half of the questions; return what it does to the other half.

    What was answered is judged; what was refused is not, so that the floor can rise and not fall.
    """
    random = Random(seed)  # noqa: S311  # an order and votes, not secrets
    shuffled = list(cases)
    random.shuffle(shuffled)
    half, configured = len(shuffled) // 2, settings.retrieval.floor
    given = [one for one in shuffled[:half] if one.score >= configured]
    labels = [label for one in given if (label := _label(one, random)) is not None]
    borne = settings.learning.wrong_answers
    floor = learned_floor(labels[-AT_MOST:], configured, borne)
    return _told(shuffled[half:], floor)


def _label(one: Case, random: Random) -> Case | None:
    """Return what is certain of an answer, rightly or not; None where too little was said."""
    if random.random() < AUDITS:
        return one
    noise = Options()
    up_if = noise.up_if_right if one.right else noise.up_if_wrong
    voters = sum(random.random() < noise.vote_rate for _ in range(READERS))
    lead = sum(1 if random.random() < up_if else -1 for _ in range(voters))
    return Case(score=one.score, right=lead > 0) if abs(lead) >= CERTAIN else None


def _told(asked: Sequence[Case], floor: Floor) -> Mapping[str, float]:
    """Return what two floors give and get wrong, with the upper 95 % bound of the wrong share."""
    told: dict[str, float] = {"floor": floor.at, "labels": floor.labels}
    for name, at in (("before", floor.configured), ("after", floor.at)):
        given = [one.right for one in asked if one.score >= at]
        wrong = given.count(False)
        told |= {
            f"given {name}": len(given) / max(1, len(asked)),
            f"wrong {name}": wrong / max(1, len(given)),
            f"at most {name}": upper_bound(wrong, len(given), CONFIDENCE),
            f"right given {name}": given.count(True) / max(1, sum(one.right for one in asked)),
        }
    return told


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
