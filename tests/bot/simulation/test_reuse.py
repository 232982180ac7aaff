"""`simulate --reuse`: what is given again wrongly is counted, and the bound on it is the exact one."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from bot.simulation.reuse import CONFIDENCE, measure
from core.embedders.hashing import HashingEmbedder
from core.measures import upper_bound
from core.settings import Settings


@pytest.mark.parametrize(
    ("wrong", "given", "bound"), [(0, 100, 0.0362), (3, 298, 0.0291), (5, 5, 1.0), (0, 0, 1.0)]
)
def test_the_bound_is_that_of_clopper_and_pearson(wrong: int, given: int, bound: float) -> None:
    """The two-sided 95 % interval, as tables have it; of nothing given nothing is known."""
    assert upper_bound(wrong, given, CONFIDENCE) == pytest.approx(bound, abs=1e-4)


async def test_half_is_taught_and_half_is_asked(
    settings: Settings, tmp_path: Path, console: Console, printed: Callable[[], str]
) -> None:
    """Every rule sees the same questions, and each seed is told by itself."""
    rows = [
        {"_id": f"{thing}{n}", "text": f"{way} the {thing} close?", "relevant": [thing]}
        for thing in ("kitchen", "cellar")
        for n, way in enumerate(("When does", "When exactly does", "So when does", "Tell me when"))
    ]
    (tmp_path / "asked-before.jsonl").write_text("\n".join(map(json.dumps, rows)))
    await measure(settings, tmp_path, 1, console, as_json=True, embedder=HashingEmbedder())
    told = json.loads(printed())
    assert told["bound"] == settings.learning.reuse_error
    assert {rule: seeds[0]["asked"] for rule, seeds in told["rules"].items()} == {
        "learned": 4,
        "static 0.7": 4,
        "static 0.9": 4,
    }
