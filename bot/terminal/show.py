"""What an answer looks like in a terminal."""

from rich.console import Console, Group, RenderableType
from rich.markdown import Markdown
from rich.padding import Padding
from rich.text import Text

from bot.card import AnswerCard


def shown(card: AnswerCard) -> RenderableType:
    """Return an answer card as something that rich prints."""
    parts: list[RenderableType] = []
    if card.notice:
        parts.append(Text(card.notice, style="yellow"))
    if card.badge:
        parts.append(Text(card.badge, style="italic cyan"))
    parts.append(Markdown(card.text))
    title = "Sources" if card.sources else "Nearest pages"
    sources = card.sources or card.nearest
    if sources:
        parts.append(Text(title, style="bold dim"))
        lines = [f"[{one.number}] {one.breadcrumb}" for one in sources]
        parts.append(Padding(Text("\n".join(lines), style="dim"), (0, 0, 0, 2)))
    return Group(*parts)


def say(console: Console, card: AnswerCard) -> None:
    """Print an answer card between two blank lines."""
    console.print(Padding(shown(card), (1, 2)))
