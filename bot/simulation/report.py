"""What a simulation says: a table, one JSON object a method, and a picture."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from rich.table import Table
from rich.text import Text

from bot.simulation.options import Options
from bot.simulation.stream import Outcome, bounds

COLUMNS = ("interactions", "r@1", "ndcg@10", "harm", "won", "lost", "low", "high")


def checkpoints(runs: Sequence[Sequence[Outcome]]) -> list[dict[str, float]]:
    """Return the figures of each checkpoint, as means over the runs, one run a seed.

    `won` and `lost` are the shares of questions that were wrong before anything was learned and are
    right now, and the other way round; `harm` is `lost`. `low` and `high` bound `r@1` with 95 %.
    """
    return [
        _figures([run[0] for run in runs], [run[number] for run in runs])
        for number in range(len(runs[0]))
    ]


def _figures(first: Sequence[Outcome], now: Sequence[Outcome]) -> dict[str, float]:
    before, right = (np.array([one.right for one in some], dtype=float) for some in (first, now))
    low, high = bounds([float(one) for one in right.mean(axis=0)])
    lost = float((before * (1 - right)).mean())
    return {
        "interactions": now[0].interactions,
        "r@1": float(right.mean()),
        "ndcg@10": float(np.mean([one.ndcg for one in now])),
        "harm": lost,
        "won": float(((1 - before) * right).mean()),
        "lost": lost,
        "low": low,
        "high": high,
    }


def told(method: str, options: Options, figures: Sequence[Mapping[str, float]]) -> Any:
    """Return what `--json` prints of one method."""
    rounded = [{key: round(value, 5) for key, value in one.items()} for one in figures]
    return {
        "method": method,
        "options": asdict(options),
        "checkpoints": rounded,
    }


def table_of(name: str, curves: Mapping[str, Sequence[Mapping[str, float]]]) -> Table:
    """Return the checkpoints of every method, one row each."""
    table = Table(title=Text(name), title_justify="left")
    for column in ("method", *COLUMNS):
        table.add_column(column, justify="left" if column == "method" else "right")
    for method, figures in curves.items():
        for number, one in enumerate(figures):
            shares = [f"{one[column]:.3f}" for column in COLUMNS[1:]]
            name_once = method if number == 0 else ""
            table.add_row(name_once, str(int(one["interactions"])), *shares)
        table.add_section()
    return table


def draw(path: Path, name: str, curves: Mapping[str, Sequence[Mapping[str, float]]]) -> None:
    """Write a picture of R@1 over the interactions, with its bounds, as PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # half a second, for this alone
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for method, figures in curves.items():
        asked = [one["interactions"] for one in figures]
        (line,) = axes.plot(asked, [one["r@1"] for one in figures], marker="o", label=method)
        low, high = ([one[key] for one in figures] for key in ("low", "high"))
        axes.fill_between(asked, low, high, alpha=0.12, color=line.get_color())
    axes.set(title=name, xlabel="interactions", ylabel="first document right (95 % bounds)")
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(path, format="png", dpi=120)
