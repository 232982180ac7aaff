"""`evaluate` measures the product's own retrieval, and leaves nothing behind."""

import io
import json
import os
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from rich.console import Console

from bot.evaluation import evaluate
from core.embedders.hashing import HashingEmbedder
from core.errors import SettingsError
from core.items import Mode
from core.settings import CHECKOUT, Settings

KEYS = [
    "mode",
    "questions",
    "ndcg@10",
    "mrr@10",
    "recall@1",
    "recall@5",
    "recall@10",
    "ms_p50",
    "ms_p99",
]
MEASURES = [key for key in KEYS if "@" in key]
SETS = CHECKOUT.parent / "shared" / "data"
SLOW = os.environ.get("TAVERNKEEP_SLOW") == "1"
Labels: TypeAlias = Mapping[str, str]
CORPUS = {
    "song": "A ballad about ships.",
    **{f"meal{n}": f"Kitchen hours and the kitchen's meal {n}." for n in range(12)},
}


def lay_out(folder: Path, corpus: Labels, queries: Labels, labels: Labels) -> Path:
    """Write a set in BEIR's layout; each question has one label, of score 1."""
    folder.mkdir()
    for name, texts in (("corpus", corpus), ("queries", queries)):
        rows = [json.dumps({"_id": id_, "text": text}) for id_, text in texts.items()]
        (folder / f"{name}.jsonl").write_text("\n".join(rows) + "\n")
    rows = [f"{asked}\t{right}\t1" for asked, right in labels.items()]
    (folder / "qrels.tsv").write_text("\n".join(["query-id\tcorpus-id\tscore", *rows]))
    return folder


@pytest.fixture
def measure(settings: Settings, console: Console, printed: Callable[[], str]) -> Any:
    """Return what measures a folder and returns the JSON that was printed."""

    async def measured(folder: Path, mode: Mode = "hybrid") -> Any:
        await evaluate(settings, folder, mode, console, as_json=True, embedder=HashingEmbedder())
        return json.loads(printed())

    return measured


Measure: TypeAlias = Callable[..., Awaitable[Any]]


@pytest.mark.parametrize("mode", ["dense", "bm25", "hybrid"])
async def test_a_perfect_ranking_is_one(
    measure: Measure, settings: Settings, tmp_path: Path, mode: Mode
) -> None:
    """The right document first gives 1 everywhere; the data folder of the settings stays unmade."""
    folder = lay_out(tmp_path / "set", CORPUS, {"q": "a ballad about ships"}, {"q": "song"})
    said = await measure(folder, mode)
    assert list(said) == KEYS
    assert (said["mode"], said["questions"]) == (mode, 1)
    assert [said[key] for key in MEASURES] == [1.0] * len(MEASURES)
    assert 0 < said["ms_p50"] <= said["ms_p99"]
    assert not settings.data.exists()


async def test_a_useless_ranking_is_nought(measure: Measure, tmp_path: Path) -> None:
    """When the right document stands behind ten wrong ones every figure is 0."""
    labels, queries = {"q": "song"}, {"q": "kitchen hours, kitchen's meal", "unlabelled": "ships"}
    said = await measure(lay_out(tmp_path / "set", CORPUS, queries, labels))
    assert said["questions"] == 1
    assert [said[key] for key in MEASURES] == [0.0] * len(MEASURES)


async def test_the_configured_servers_are_left_alone(
    settings: Settings, console: Console, printed: Callable[[], str], tmp_path: Path
) -> None:
    """A ledger and an index that are set up elsewhere are not measured in; a table is printed."""
    elsewhere = settings.model_copy(
        update={
            "ledger": settings.ledger.model_copy(update={"url": "sqlite+aiosqlite:////no/where"}),
            "index": settings.index.model_copy(update={"uri": "http://127.0.0.1:1"}),
        }
    )
    folder = lay_out(tmp_path / "[b]set", CORPUS, {"q": "ships"}, {"q": "song"})
    embedder = HashingEmbedder()
    await evaluate(elsewhere, folder, "hybrid", console, as_json=False, embedder=embedder)
    assert "[b]set, hybrid" in printed()
    assert "ndcg@10" in printed()


@pytest.mark.parametrize(
    ("file", "content", "sentence"),
    [
        ("corpus.jsonl", None, "No such file"),
        ("corpus.jsonl", '{"_id": "a"}', "'text' is missing"),
        ("corpus.jsonl", "[1]", "a line of corpus.jsonl is no JSON object"),
        ("queries.jsonl", "{", "layout"),
        ("qrels.tsv", "q\tsong\t1\nq\tmeal1\t1", "'score' is missing"),
        ("qrels.tsv", "query-id\tcorpus-id\tscore\nq\tsong", "layout"),
        ("qrels.tsv", "query-id\tcorpus-id\tscore\nq\tsong\tgood", "layout"),
        ("qrels.tsv", "query-id\tcorpus-id\tscore\nq\tsong\t0", "no question .* has a label"),
    ],
)
async def test_another_layout_is_said(
    measure: Measure, tmp_path: Path, file: str, content: str | None, sentence: str
) -> None:
    """What is no labelled set is refused in one sentence that names the folder and the reason."""
    folder = lay_out(tmp_path / "set", CORPUS, {"q": "ships"}, {"q": "song"})
    (folder / file).unlink()
    if content is not None:
        (folder / file).write_text(content)
    with pytest.raises(SettingsError, match=sentence) as raised:
        await measure(folder)
    assert str(folder) in str(raised.value)
    assert "\n" not in str(raised.value)


def sample_of(folder: Path, sample: Path) -> Path:
    """Write every sixth document of a set, with the questions that have their answer there."""
    sample.mkdir()
    corpus = (folder / "corpus.jsonl").read_text(encoding="utf-8").splitlines()[::6]
    kept = {json.loads(line)["_id"] for line in corpus}
    first, *rows = (folder / "qrels.tsv").read_text(encoding="utf-8").splitlines()
    (sample / "corpus.jsonl").write_text("\n".join(corpus), encoding="utf-8")
    (sample / "queries.jsonl").write_bytes((folder / "queries.jsonl").read_bytes())
    rows = [row for row in rows if row.split("\t")[1] in kept]
    (sample / "qrels.tsv").write_text("\n".join([first, *rows]), encoding="utf-8")
    return sample


@pytest.mark.parametrize(("name", "least"), [("xquad-zh", 0.93), ("xquad-en", 0.95)])
async def test_public_sets_are_found_well(
    settings: Settings, tmp_path: Path, name: str, least: float
) -> None:
    """With the shipped model and settings, hybrid search reaches what is published of it.

    A sixth of each set is measured, and with TAVERNKEEP_SLOW=1 all of it.
    """
    if not (SETS / name).is_dir():
        pytest.skip(f"There is no labelled set {name} beside the checkout.")
    folder = SETS / name if SLOW else sample_of(SETS / name, tmp_path / name)
    assert await ndcg_of(settings, folder) >= least


@pytest.mark.skipif(not SLOW, reason="It takes minutes: set TAVERNKEEP_SLOW=1 to run it.")
async def test_scifact_is_found_well(settings: Settings) -> None:
    """On 5183 abstracts hybrid search is better than the model alone."""
    if not (SETS / "scifact").is_dir():
        pytest.skip("There is no labelled set scifact beside the checkout.")
    assert await ndcg_of(settings, SETS / "scifact") >= 0.70


async def ndcg_of(settings: Settings, folder: Path) -> float:
    """Return what is measured with the shipped model."""
    pipe = Console(file=io.StringIO())
    await evaluate(settings, folder, "hybrid", pipe, as_json=True)
    assert isinstance(pipe.file, io.StringIO)
    figure: float = json.loads(pipe.file.getvalue())["ndcg@10"]
    return figure
