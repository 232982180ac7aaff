"""What is asked and what is right: a labelled set, searched once by the product's own retrieval."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.evaluation import LAYOUT, LabelledSet, load_labelled
from core.audience import EVERYONE
from core.errors import SettingsError
from core.job import Progress
from core.retrieval import Retriever, Searched

BEFORE = "asked-before.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A question, the documents that answer it, and what a search finds before anybody voted."""

    id: str
    text: str
    relevant: frozenset[str]
    searched: Searched

    def documents(self) -> dict[str, float]:
        """Return the documents that were found, each by the score (0…1) of its best passage."""
        best: dict[str, float] = {}
        for id_, found in self.searched.found.items():
            score = self.searched.fused[id_]
            best[found.document_uri] = max(score, best.get(found.document_uri, 0.0))
        return best


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What people asked before, what they ask afterwards, and the documents."""

    labelled: LabelledSet
    before: Sequence[Problem]
    after: Sequence[Problem]


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
    problems: dict[str, Problem] = {}
    every = {**asked, **after}
    for done, (id_, (text, relevant)) in enumerate(every.items(), 1):
        sought = await retriever.seek(text, EVERYONE.requires)
        found = await retriever.search(sought)
        problems[id_] = Problem(id=id_, text=text, relevant=relevant, searched=found)
        progress("Searching", done, len(every))
    return World(
        labelled=labelled,
        before=[problems[id_] for id_ in asked],
        after=[problems[id_] for id_ in after],
    )
