"""Marks: the emoji that stand on a post, and the palette to add one."""

from nicegui import ui

from bot.room.controls import box, mark, press, say, toggled
from bot.room.post import Post
from bot.room.seat import Seat

PALETTE = ("👍", "👎", "❤️", "🎉", "✅", "❌", "😄", "🙏", "👀", "💡")


def reactions(seat: Seat, post: Post) -> None:
    """Show the emoji that stand, each with how many and whose; a click adds or takes back."""
    with box("tk-marks"):
        for emoji, ids in post.entry.reactions:
            names = ", ".join(seat.tavern.name_of(one) for one in ids)
            button = press(
                f"{emoji} {len(ids)}",
                lambda emoji=emoji: seat.do(lambda guest: guest.react(post, emoji)),
                kind="tk-mark",
                test="reaction",
                label=f"{emoji}: {names}",
            )
            toggled(mark(button, data_emoji=emoji), seat.person_id in ids)


def palette_button(seat: Seat, post: Post) -> None:
    """Show the button that opens the palette; the palette is built when it is first wanted."""

    def open_palette() -> None:
        with button, ui.menu() as menu:
            _palette(seat, post, menu)
        menu.on("hide", menu.delete, args=[])
        menu.open()

    button = press(
        "", open_palette, icon="add_reaction", test="add-reaction", label="Add a reaction"
    )


def _palette(seat: Seat, post: Post, menu: ui.menu) -> None:
    async def choose(emoji: str) -> None:
        menu.close()
        await seat.do(lambda guest: guest.react(post, emoji))

    with mark(box("tk-picker"), "palette", "Reactions"):
        for emoji in PALETTE:
            button = box(tag="button")
            mark(button, "palette-emoji", emoji, type="button", data_emoji=emoji)
            with button:
                say(emoji, tag="span")
            button.on("click", lambda emoji=emoji: choose(emoji), args=[])
