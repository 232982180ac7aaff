"""What is asked and what is right: a labelled set, searched once by the product's own retrieval."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from bot.evaluation import LAYOUT, LabelledSet, load_labelled
from core.audience import EVERYONE
from core.errors import SettingsError
from core.job import Progress
from core.retrieval import Retriever, Searched
from core.settings import IndexSettings, LedgerSettings, Settings

BEFORE = "asked-before.jsonl"
AT_ONCE = 16  # questions; more gain nothing on two cores
Asked = TypeVar("Asked")
Told = TypeVar("Told")


def in_silence(what: str, done: int, total: int | None) -> None:
    """Show no progress: it is done in a moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A question, the documents that answer it, and what a search finds before anybody voted."""

    id: str
    text: str
    relevant: frozenset[str]
    searched: Searched

    def documents(self) -> dict[str, float]:
        """Return the documents that were found, best first, by the score (0…1) of the best passage."""
        fused, best = self.searched.fused, dict[str, float]()
        for id_, found in sorted(
            self.searched.found.items(), key=lambda one: (-fused[one[0]], one[0])
        ):
            best.setdefault(found.document_uri, fused[id_])
        return best


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What people asked before, what they ask afterwards, and the documents."""

    labelled: LabelledSet
    before: Sequence[Problem]
    after: Sequence[Problem]


def fresh_settings(settings: Settings, data: Path) -> Settings:
    """Return the settings of a bot without plugins in a folder that is thrown away."""
    index = IndexSettings(**settings.index.model_dump(exclude={"uri", "token"}))
    given = {"data": data, "plugins": (), "ledger": LedgerSettings(), "index": index}
    return settings.model_copy(update=given)


def load_asked_before(folder: Path) -> Mapping[str, tuple[str, frozenset[str]]]:
    """Read `asked-before.jsonl`: the question and what is relevant, by id; raise `SettingsError`."""
    asked: dict[str, tuple[str, frozenset[str]]] = {}
    try:
        with (folder / BEFORE).open(encoding="utf-8") as file:
            for line in filter(str.strip, file):
                row = json.loads(line)
                right = frozenset(str(one) for one in row["relevant"])
                asked[str(row["_id"])] = (str(row["text"]), right)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SettingsError(
            f"{folder} is not {LAYOUT} with {BEFORE} ({{_id, text, relevant}} a line): {error}"
        ) from error
    if not asked:
        raise SettingsError(f"{folder / BEFORE} holds no question.")
    return asked


def load(folder: Path) -> tuple[LabelledSet, Mapping[str, tuple[str, frozenset[str]]]]:
    """Read a folder in BEIR's layout with `asked-before.jsonl`; raise `SettingsError`."""
    return load_labelled(folder), load_asked_before(folder)


async def searched(
    retriever: Retriever,
    labelled: LabelledSet,
    asked: Mapping[str, tuple[str, frozenset[str]]],
    progress: Progress,
) -> World:
    """Search every question once: what is found does not change, only what people say of it."""
    after = {
        id_: (text, labelled.relevant[id_])
        for id_, text in labelled.questions.items()
        if id_ in labelled.relevant
    }

    async def search(labelled: tuple[str, tuple[str, frozenset[str]]]) -> Problem:
        id_, (text, relevant) = labelled
        found = await retriever.search(await retriever.seek(text, EVERYONE.requires))
        return Problem(id=id_, text=text, relevant=relevant, searched=found)

    every = {**asked, **after}
    problems = await together(search, list(every.items()), progress)
    by_id = {one.id: one for one in problems}
    return World(
        labelled=labelled,
        before=[by_id[id_] for id_ in asked],
        after=[by_id[id_] for id_ in after],
    )


async def together(
    ask: Callable[[Asked], Awaitable[Told]], every: Sequence[Asked], progress: Progress = in_silence
) -> list[Told]:
    """Return what each of them is told, in order; some are asked at the same time."""
    told: list[Told] = []
    for start in range(0, len(every), AT_ONCE):
        told += await asyncio.gather(*(ask(one) for one in every[start : start + AT_ONCE]))
        progress("Searching", len(told), len(every))
    return told
