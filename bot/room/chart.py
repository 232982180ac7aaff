"""Chart: how the ratings of answers moved from one ranking to the next."""

from typing import Any

from bot.room.tavern import Knowledge

LINES = 6
LIGHT = ("#8f4f0b", "#2f6a45", "#4c5f86", "#96362a", "#6b4a86", "#7d5c12")
DARK = ("#f2b65e", "#97cfa4", "#afc0e6", "#f2a595", "#cfb0ea", "#d9c476")


def chart_options(knowledge: Knowledge, *, dark: bool) -> dict[str, Any] | None:
    """Return what the chart draws: the newest answers' ratings; None before there is any."""
    rankings = sorted({point.epoch_id for point in knowledge.points})
    if not rankings:
        return None
    ink, line = ("#bda98f", "#392c21") if dark else ("#685746", "#e2d3ba")
    label = {"color": ink, "fontSize": 11}
    return {
        "animation": False,
        "color": list(DARK if dark else LIGHT),
        "grid": {"left": 30, "right": 8, "top": 10, "bottom": 22},
        "tooltip": {"trigger": "axis", "confine": True, "renderMode": "richText"},
        "xAxis": {
            "type": "category",
            "data": [f"#{ranking}" for ranking in rankings],
            "axisLabel": label,
            "axisLine": {"lineStyle": {"color": line}},
        },
        "yAxis": {
            "type": "value",
            "min": 0,
            "max": 1,
            "interval": 0.5,
            "axisLabel": label,
            "splitLine": {"lineStyle": {"color": line}},
        },
        "series": _series(knowledge, rankings),
    }


def _series(knowledge: Knowledge, rankings: list[int]) -> list[dict[str, Any]]:
    names = {one.answer.id: one.answer.question.text for one in knowledge.learned}
    values = {(point.answer_id, point.epoch_id): point.value for point in knowledge.points}
    rated = {point.answer_id for point in knowledge.points}
    shown = [answer_id for answer_id in names if answer_id in rated][:LINES]
    return [
        {
            "type": "line",
            "name": _short(names[answer_id]),
            "smooth": 0.3,
            "symbolSize": 5,
            "connectNulls": True,
            "data": [_rounded(values.get((answer_id, ranking))) for ranking in rankings],
        }
        for answer_id in shown
    ]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= 28 else words[:27] + "…"
