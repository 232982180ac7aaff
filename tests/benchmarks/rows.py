"""A row of the benchmark's table: what was measured, ours, the baseline of the same run, the goal."""

import json
import math
import statistics
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from rich.table import Table
from rich.text import Text

Of = Literal["ratio", "ours", "difference"]
KEYS = ("what", "ours", "baseline", "unit", "ratio", "goal", "met")


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """The least or the most that a figure may be: ours through the baseline, ours, or their difference."""

    of: Of = "ratio"
    least: float = -math.inf
    most: float = math.inf

    def met(self, ours: float, baseline: float | None) -> bool:
        """Say whether the figures reach the goal; without a baseline to compare with they do not."""
        if self.of == "ours":
            return self.least <= ours <= self.most
        if baseline is None or (self.of == "ratio" and not baseline):
            return False
        figure = ours / baseline if self.of == "ratio" else ours - baseline
        return self.least <= figure <= self.most

    def sentence(self, unit: str) -> str:
        """Return the goal as the table shows it, for instance "≥ 3 ×" or "≤ baseline + 300 MB"."""
        sign, figure = ("≥", self.least) if self.most == math.inf else ("≤", self.most)
        if self.of == "ratio":
            return f"{sign} {figure:g} ×"
        before = "baseline + " if self.of == "difference" else ""
        return f"{sign} {before}{figure:,.10g} {unit}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table. `met` is None where nothing was measured, and `note` says why."""

    what: str
    ours: float | None
    baseline: float | None
    unit: str
    ratio: float | None
    goal: str
    met: bool | None
    note: str = ""


def row(what: str, ours: float, baseline: float | None, unit: str, goal: Goal, note: str) -> Row:
    """Return the row of two measured figures, judged by its goal."""
    return Row(
        what=what,
        ours=ours,
        baseline=baseline,
        unit=unit,
        ratio=ours / baseline if baseline else None,
        goal=goal.sentence(unit),
        met=goal.met(ours, baseline),
        note=note,
    )


def unmeasured(what: str, why: str, goal: str = "") -> Row:
    """Return the row of what could not be measured here, and why."""
    return Row(
        what=what, ours=None, baseline=None, unit="", ratio=None, goal=goal, met=None, note=why
    )


async def alternated(
    rounds: int, *ways: Callable[[int], Awaitable[float]]
) -> tuple[list[float], ...]:
    """Measure every way once a round, A B A B, each called with the round's number."""
    figures: tuple[list[float], ...] = tuple([] for _ in ways)
    for number in range(rounds):
        for way, measured in zip(ways, figures, strict=True):
            measured.append(await way(number))
    return figures


def median(figures: Sequence[float]) -> float:
    """Return the median."""
    return statistics.median(figures)


def shown(figure: float | None) -> str:
    """Return a figure with three digits that count, without an exponent."""
    if figure is None:
        return "–"
    if not figure or not math.isfinite(figure):
        return f"{figure:.0f}"
    places = max(0, 2 - math.floor(math.log10(abs(figure))))
    text = f"{figure:,.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def verdict(one: Row) -> Text:
    """Return whether the goal is met, in a word and a colour."""
    words = {True: ("met", "green"), False: ("not met", "red"), None: ("–", "dim")}
    return Text(*words[one.met])


def table_of(rows: Sequence[Row], title: str) -> Table:
    """Return the table, each row numbered as its note is."""
    table = Table(title=title, title_justify="left")
    table.add_column("", justify="right")
    table.add_column("what", min_width=36)
    for name in ("ours", "baseline"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("unit", no_wrap=True)
    table.add_column("ratio", justify="right", no_wrap=True)
    for name in ("goal", ""):
        table.add_column(name, no_wrap=True)
    for number, one in enumerate(rows, 1):
        cells = (shown(one.ours), shown(one.baseline), one.unit, shown(one.ratio), one.goal)
        table.add_row(str(number), Text(one.what), *cells, verdict(one))
    return table


def markdown_of(rows: Sequence[Row], title: str) -> str:
    """Return the same table as Markdown, with the notes below it."""
    lines = [
        f"{title}",
        "",
        "| # | what | ours | baseline | ratio | goal | |",
        "|--:|---|--:|--:|--:|---|---|",
    ]
    for number, one in enumerate(rows, 1):
        ours, baseline = (
            f"{shown(figure)} {one.unit}".strip() for figure in (one.ours, one.baseline)
        )
        lines.append(
            f"| {number} | {one.what} | {ours} | {baseline} | {shown(one.ratio)} | {one.goal} "
            f"| {verdict(one).plain} |"
        )
    notes = [f"{number}. {one.note}" for number, one in enumerate(rows, 1)]
    return "\n".join([*lines, "", *notes, ""])


def save(rows: Sequence[Row], path: Path) -> None:
    """Write the rows as JSON: a list of objects with the seven keys of the table."""
    held = [{key: value for key, value in asdict(one).items() if key in KEYS} for one in rows]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(held, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def keep(rows: Sequence[Row], path: Path) -> None:
    """Write the rows with their notes, for the process that makes the table of them."""
    path.write_text(json.dumps([asdict(one) for one in rows]), encoding="utf-8")


def kept(path: Path) -> list[Row]:
    """Return the rows that `keep` wrote."""
    return [Row(**one) for one in json.loads(path.read_text(encoding="utf-8"))]
