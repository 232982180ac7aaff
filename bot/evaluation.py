"""Measuring retrieval on a labelled set in BEIR's layout, through the product's own parts."""

import csv
import json
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.app import Store, open_store
from bot.progress import bars
from core.audience import EVERYONE
from core.documents import Document, Unreadable
from core.errors import SettingsError
from core.interfaces import Embedder
from core.items import Found, Mode
from core.job import Progress
from core.measures import ndcg, percentile, recall, reciprocal_rank
from core.settings import IndexSettings, LedgerSettings, Settings

LAYOUT = "in BEIR's layout (corpus.jsonl, queries.jsonl, qrels.tsv)"
DEEPEST = 40  # passages looked at, of which the first ten documents are taken


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledSet:
    """Documents, questions, and which documents are right for each question."""

    name: str
    documents: Sequence[Document]
    questions: Mapping[str, str]
    relevant: Mapping[str, frozenset[str]]

    async def all(self) -> AsyncIterator[Document | Unreadable]:
        """Yield the documents."""
        for document in self.documents:
            yield document


@dataclass(frozen=True, slots=True)
class LabelledSource:
    """A labelled set's documents as a source."""

    labelled: LabelledSet

    @property
    def name(self) -> str:
        """The source's name."""
        return self.labelled.name

    def documents(self) -> AsyncIterator[Document | Unreadable]:
        """Yield the documents."""
        return self.labelled.all()


def load_labelled(folder: Path) -> LabelledSet:
    """Read `corpus.jsonl`, `queries.jsonl` and `qrels.tsv`; raise `SettingsError` for what is wrong."""
    name = folder.resolve().name
    try:
        questions = {str(one["_id"]): str(one["text"]) for one in _lines(folder / "queries.jsonl")}
        documents = [
            Document(
                source=name,
                uri=str(one["_id"]),
                title=str(one.get("title") or ""),
                text=str(one["text"]),
            )
            for one in _lines(folder / "corpus.jsonl")
        ]
        relevant = _labels(folder / "qrels.tsv")
    except KeyError as error:
        raise SettingsError(f"{folder} is not {LAYOUT}: {error} is missing in it.") from error
    except (OSError, ValueError, TypeError, csv.Error) as error:
        raise SettingsError(f"{folder} is not {LAYOUT}: {error}") from error
    if not relevant.keys() & questions.keys():
        raise SettingsError(f"In {folder} no question of queries.jsonl has a label in qrels.tsv.")
    return LabelledSet(name=name, documents=documents, questions=questions, relevant=relevant)


def _labels(path: Path) -> dict[str, frozenset[str]]:
    """Read which documents are right for each question; the first line names the columns."""
    relevant: dict[str, set[str]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            if float(row["score"]) > 0:
                relevant.setdefault(row["query-id"], set()).add(row["corpus-id"])
    return {id_: frozenset(ids) for id_, ids in relevant.items()}


def _lines(path: Path) -> list[dict[str, object]]:
    with path.open(encoding="utf-8") as file:
        rows = [json.loads(line) for line in file if line.strip()]
    if not all(isinstance(row, dict) for row in rows):
        raise ValueError(f"a line of {path.name} is no JSON object")
    return rows


async def evaluate(
    settings: Settings,
    folder: Path,
    mode: Mode,
    console: Console,
    *,
    as_json: bool,
    embedder: Embedder | None = None,
) -> None:
    """Measure, and print one table or one JSON object."""
    labelled = load_labelled(folder)
    with tempfile.TemporaryDirectory(prefix="tavernkeep-") as scratch:
        fresh = settings.model_copy(
            update={
                "data": Path(scratch),
                "ledger": LedgerSettings(),
                "index": IndexSettings(**settings.index.model_dump(exclude={"uri", "token"})),
            }
        )
        async with open_store(fresh, embedder=embedder) as store:
            with bars(Console(stderr=True) if as_json else console) as progress:
                await store.ingestion.ingest(LabelledSource(labelled), progress)
                figures = await measured(store, labelled, mode, progress)
    if as_json:
        console.print_json(json.dumps({"mode": mode, **figures}))
        return
    table = Table(title=Text(f"{labelled.name}, {mode}"), title_justify="left")
    for name in figures:
        table.add_column(name)
    table.add_row(*(f"{value:.4g}" for value in figures.values()))
    console.print(table)


async def measured(
    store: Store, labelled: LabelledSet, mode: Mode, progress: Progress
) -> dict[str, float]:
    """Ask every labelled question and return the figures."""
    asked = [(id_, text) for id_, text in labelled.questions.items() if id_ in labelled.relevant]
    rankings: list[tuple[list[str], frozenset[str]]] = []
    took: list[float] = []
    for done, (id_, text) in enumerate(asked, 1):
        started = time.perf_counter()
        sought = await store.retriever.seek(text, EVERYONE.requires)
        found = await store.retriever.find(sought, mode, limit=DEEPEST)
        took.append((time.perf_counter() - started) * 1000)
        rankings.append((_documents(found), labelled.relevant[id_]))
        progress("Asking", done, len(asked))
    count = len(rankings)
    return {
        "questions": len(rankings),
        "ndcg@10": sum(ndcg(*one) for one in rankings) / count,
        "mrr@10": sum(reciprocal_rank(*one) for one in rankings) / count,
        **{f"recall@{k}": sum(recall(*one, k) for one in rankings) / count for k in (1, 5, 10)},
        "ms_p50": percentile(took, 0.5),
        "ms_p99": percentile(took, 0.99),
    }


def _documents(found: Sequence[Found]) -> list[str]:
    """Return the documents of ranked passages, each at the place of its best passage."""
    return list(dict.fromkeys(one.document_uri for one in found))
