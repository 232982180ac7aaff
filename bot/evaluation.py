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

from bot.app import Store, open_store
from bot.progress import bars
from core.audience import EVERYONE
from core.documents import Document, Unreadable
from core.errors import SettingsError
from core.interfaces import Progress
from core.items import Found, Mode
from core.measures import ndcg, percentile, recall, reciprocal_rank
from core.settings import IndexSettings, LedgerSettings, Settings

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
    try:
        corpus = _lines(folder / "corpus.jsonl")
        queries = _lines(folder / "queries.jsonl")
        with (folder / "qrels.tsv").open(encoding="utf-8", newline="") as file:
            labels = list(csv.DictReader(file, delimiter="\t"))
        relevant: dict[str, set[str]] = {}
        for row in labels:
            if float(row["score"]) > 0:
                relevant.setdefault(row["query-id"], set()).add(row["corpus-id"])
        return LabelledSet(
            name=folder.name,
            documents=[
                Document(
                    source=folder.name,
                    uri=str(one["_id"]),
                    title=one.get("title", ""),
                    text=one["text"],
                )
                for one in corpus
            ],
            questions={str(one["_id"]): one["text"] for one in queries},
            relevant={id_: frozenset(ids) for id_, ids in relevant.items()},
        )
    except (OSError, ValueError, KeyError) as error:
        raise SettingsError(
            f"{folder} is not in BEIR's layout (corpus.jsonl, queries.jsonl, qrels.tsv): {error}"
        ) from error


def _lines(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


async def evaluate(
    settings: Settings, folder: Path, mode: Mode, console: Console, *, as_json: bool
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
        async with open_store(fresh) as store:
            with bars(Console(stderr=True) if as_json else console) as progress:
                await store.ingestion.ingest(LabelledSource(labelled), progress)
                figures = await measured(store, labelled, mode, progress)
    if as_json:
        console.print_json(json.dumps({"mode": mode, **figures}))
        return
    table = Table(title=f"{labelled.name}, {mode}", title_justify="left")
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
    count = len(rankings) or 1
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
