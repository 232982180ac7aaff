"""`simulate`: the same people see every method, the product learns by its own parts, and all is told."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from bot.cli import cli
from bot.simulation.baselines import RULES
from bot.simulation.command import METHODS, OURS, simulate
from bot.simulation.options import Attack, Options
from core.embedders.hashing import HashingEmbedder
from core.errors import SettingsError
from core.settings import Settings

THINGS = ("kitchen", "cellar", "stable", "attic", "garden", "library", "bakery", "brewery")
ERRORLESS = Options(
    interactions=48, vote_rate=1.0, up_if_right=1.0, up_if_wrong=0.0, corrections=0, every=12
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a set on which a search by shared words is often wrong: every page has a twin."""
    made = tmp_path / "twins"
    made.mkdir()
    corpus, before, after, labels = [], [], [], ["query-id\tcorpus-id\tscore"]
    for thing in THINGS:
        corpus += [
            {
                "_id": f"{thing}-old",
                "title": thing,
                "text": f"When does the {thing} close? At six.",
            },
            {"_id": f"{thing}-new", "title": thing, "text": f"The {thing} closes at nine now."},
        ]
        right = f"{thing}-new"
        before += [
            {"_id": f"b-{thing}-{n}", "text": f"{way} does the {thing} close?", "relevant": [right]}
            for n, way in enumerate(("When", "When exactly", "Tell me, when"))
        ]
        after.append({"_id": f"a-{thing}", "text": f"So when does the {thing} close?"})
        labels.append(f"a-{thing}\t{right}\t1")
    for name, rows in (("corpus", corpus), ("asked-before", before), ("queries", after)):
        (made / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (made / "qrels.tsv").write_text("\n".join(labels))
    return made


@pytest.fixture
def simulated(
    settings: Settings, folder: Path, console: Console, printed: Callable[[], str]
) -> Any:
    """Return what simulates, and returns what was printed, by method."""

    async def run(options: Options, *methods: str, **given: Any) -> dict[str, Any]:
        embedder = HashingEmbedder()
        await simulate(
            settings, folder, options, console,
            methods=methods or METHODS, as_json=True, embedder=embedder, **given,
        )  # fmt: skip
        text, decoder, found = printed().strip(), json.JSONDecoder(), {}
        while text:
            one, end = decoder.raw_decode(text)
            found[one["method"]] = one
            text = text[end:].lstrip()
        return found

    return run


async def test_what_people_vouch_for_is_found_first(simulated: Any) -> None:
    """Votes without error turn every question to the page that is right, and harm none."""
    told = await simulated(ERRORLESS, OURS, "static")
    first, *_, last = told[OURS]["checkpoints"]
    assert first["r@1"] < 0.5
    assert last["r@1"] > first["r@1"] + 0.3
    assert (last["harm"], last["interactions"]) == (0, 48)
    assert last["won"] == pytest.approx(last["r@1"] - first["r@1"], abs=1e-4)
    assert first["low"] <= first["r@1"] <= first["high"]
    kept = {one["r@1"] for one in told["static"]["checkpoints"]}
    assert kept == {first["r@1"]}


async def test_the_same_seed_gives_the_same_figures(simulated: Any) -> None:
    """And another one gives other people."""
    noisy = replace(ERRORLESS, up_if_right=0.677, up_if_wrong=0.361, checkpoints=2)
    one, again = await simulated(noisy), await simulated(noisy)
    assert one == again
    assert list(one) == list(METHODS)
    assert set(one[OURS]["checkpoints"][0]) == {
        "interactions", "r@1", "ndcg@10", "harm", "won", "lost", "low", "high",
    }  # fmt: skip


async def test_a_correction_is_given_again(simulated: Any) -> None:
    """Where nobody votes, better answers alone bring questions right."""
    silent = replace(ERRORLESS, vote_rate=0.0, corrections=1.0)
    told = await simulated(silent, OURS)
    first, *_, last = told[OURS]["checkpoints"]
    assert last["r@1"] > first["r@1"] + 0.3


async def test_the_bot_learns_nothing_from_its_own_votes(simulated: Any) -> None:
    """It finds right whatever it says, twenty times over, and nothing moves."""
    itself = replace(ERRORLESS, attack=Attack.ITSELF, interactions=480, every=120, checkpoints=1)
    told = await simulated(itself, OURS)
    first, last = told[OURS]["checkpoints"]
    assert (last["won"], last["lost"], last["ndcg@10"]) == (0, 0, first["ndcg@10"])


async def test_several_seeds_are_averaged_and_drawn(simulated: Any, tmp_path: Path) -> None:
    """The picture is a PNG."""
    picture = tmp_path / "curve.png"
    two = replace(ERRORLESS, seeds=2, interactions=12, checkpoints=1, again=True)
    told = await simulated(two, *RULES, plot=picture)
    assert told["beta"]["options"]["seeds"] == 2
    assert picture.read_bytes().startswith(b"\x89PNG")


async def test_without_json_it_is_a_table(
    settings: Settings, folder: Path, console: Console, printed: Callable[[], str]
) -> None:
    """One row a checkpoint."""
    options = replace(ERRORLESS, interactions=4, checkpoints=1)
    await simulate(
        settings, folder, options, console, methods=["wilson"], embedder=HashingEmbedder()
    )
    assert "twins, seeds: 1" in printed()


async def test_a_folder_without_earlier_questions_is_refused(simulated: Any, folder: Path) -> None:
    """With the file's name and form."""
    (folder / "asked-before.jsonl").write_text("{}")
    with pytest.raises(SettingsError, match="asked-before"):
        await simulated(ERRORLESS)
    (folder / "asked-before.jsonl").write_text("")
    with pytest.raises(SettingsError, match="holds no question"):
        await simulated(ERRORLESS)


def test_a_method_that_there_is_not_is_refused(folder: Path) -> None:
    """In one sentence, with those that there are."""
    ran = CliRunner().invoke(cli, ["simulate", str(folder), "--method", "magic"])
    assert isinstance(ran.exception, SettingsError)
    assert "give one of tavernkeep, static" in str(ran.exception)
