"""The benchmark's table and JSON are well formed; nothing here judges how quick anything is."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

from rich.console import Console

from core.settings import CHECKOUT
from tests.benchmarks.rows import (
    KEYS,
    Goal,
    alternated,
    keep,
    kept,
    markdown_of,
    row,
    save,
    shown,
    table_of,
    unmeasured,
)

QUICK = row("a question", 12.0, 10.0, "ms", Goal(most=1.3), "Why.")


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the benchmark as `make bench` does."""
    return subprocess.run(
        [sys.executable, "-m", "tests.benchmarks", *arguments],
        cwd=CHECKOUT,
        env={**os.environ, "COLUMNS": "200", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_quick_run_prints_one_table_and_writes_the_same_rows(tmp_path: Path) -> None:
    """`--quick --only` measures one family, prints its table and leaves bench.json behind."""
    ran = bench("--quick", "--only", "events", "--build", str(tmp_path))
    assert ran.returncode == 0, ran.stderr
    rows = json.loads((tmp_path / "bench.json").read_text(encoding="utf-8"))
    assert [tuple(one) for one in rows] == [KEYS]
    assert rows[0]["ours"] > 0
    assert rows[0]["what"] in ran.stdout
    assert rows[0]["goal"] in (tmp_path / "bench.md").read_text(encoding="utf-8")


def test_help_names_every_family_and_an_unknown_one_is_refused() -> None:
    """`--help` says what can be measured, and a name that is none stops the run."""
    told = bench("--help")
    assert told.returncode == 0
    assert all(name in told.stdout for name in ("embedding", "peers", "--long", "bench.json"))
    assert bench("--only", "nothing").returncode == 2


def test_a_goal_is_judged_by_what_it_is_of() -> None:
    """A ratio, a figure of ours and a difference are three kinds of goal; no baseline meets none."""
    assert Goal(most=1.3).met(12, 10)
    assert not Goal(least=3).met(12, 10)
    assert Goal(of="ours", most=15).met(14, None)
    assert Goal(of="difference", most=300).met(1200, 1000)
    assert not Goal(of="difference", most=100).met(1200, 1000)
    assert not Goal(least=0.1).met(12, 0)
    assert not Goal(least=0.1).met(12, None)


def test_a_goal_reads_as_the_table_shows_it() -> None:
    """The sign, the figure and what it is compared with are all in the sentence."""
    assert Goal(least=3).sentence("texts/s") == "≥ 3 ×"
    assert Goal(of="ours", least=2000).sentence("events/s") == "≥ 2,000 events/s"
    assert Goal(of="ours", least=0.99999).sentence("cosine") == "≥ 0.99999 cosine"
    assert Goal(of="difference", most=300).sentence("MB") == "≤ baseline + 300 MB"


def test_figures_have_three_digits_that_count() -> None:
    """Large figures are grouped, small ones keep their digits, and nothing is a dash."""
    assert [shown(one) for one in (12345.6, 12.345, 0.012345, 0.0, None)] == [
        "12,346",
        "12.3",
        "0.0123",
        "0",
        "–",
    ]


def test_rows_go_to_another_process_and_back(tmp_path: Path) -> None:
    """What a family's process keeps is what the table is made of; bench.json leaves out the notes."""
    rows = [QUICK, unmeasured("peers", "They could not be installed.")]
    keep(rows, tmp_path / "part")
    save(rows, tmp_path / "build" / "bench.json")
    assert kept(tmp_path / "part") == rows
    saved = json.loads((tmp_path / "build" / "bench.json").read_text(encoding="utf-8"))
    assert [one["met"] for one in saved] == [True, None]
    assert all("note" not in one for one in saved)


def test_the_table_says_what_was_met_and_why_something_was_not_measured() -> None:
    """Met, not met and not measured are told apart, in the terminal and in Markdown."""
    slow = row("a start", 20.0, 10.0, "s", Goal(of="ours", most=15), "Slow.")
    rows = [QUICK, slow, unmeasured("peers", "They could not be installed.")]
    console = Console(width=150, record=True, file=io.StringIO())
    console.print(table_of(rows, "Today"))
    told = console.export_text()
    assert "not met" in told
    page = markdown_of(rows, "Today")
    assert "| 1 | a question | 12 ms | 10 ms | 1.2 | ≤ 1.3 × | met |" in page
    assert "3. They could not be installed." in page


async def test_ways_are_measured_in_turn() -> None:
    """Every round measures every way once, so that what the machine does meanwhile hits them alike."""
    order: list[str] = []

    async def way(name: str, number: int) -> float:
        order.append(f"{name}{number}")
        return float(number)

    figures = await alternated(2, lambda n: way("a", n), lambda n: way("b", n))
    assert order == ["a0", "b0", "a1", "b1"]
    assert figures == ([0.0, 1.0], [0.0, 1.0])
