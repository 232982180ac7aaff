"""Welcome: the first screen of an empty room, with questions to begin with."""

from functools import partial

from nicegui import ui

from bot.room.controls import box, lantern, mark, say
from bot.room.seat import Seat

EXAMPLES = (
    ("tag", "How do I connect Slack?"),
    ("thumb_up", "How does it learn from reactions?"),
    ("inventory_2", "Where is my data stored?"),
    ("extension", "How do I write a plugin?"),
    ("auto_awesome", "Which language model answers?"),
)
TITLE = "Pull up a chair. What would you like to know?"
TOLD = (
    "Ask about the documents that this tavern has read. Every answer names its sources, and every "
    "👍, 👎 and correction makes the next one better."
)


def show_welcome(seat: Seat) -> None:
    """Show what this place is, and what can be asked."""
    with mark(box("tk-welcome"), "welcome"):
        lantern(92)
        say(TITLE, tag="h1")
        say(TOLD, tag="p")
        with box("tk-examples"):
            for icon, question in EXAMPLES:
                button = mark(box("tk-example", "button"), "example", type="button")
                with button:
                    ui.icon(icon).props("aria-hidden=true")
                    say(question, tag="span")
                button.on("click", partial(seat.ask, question), args=[])
