"""Marks: the emoji that stand on a post, and the palette to add one."""

from functools import partial

from nicegui import events, ui

from bot.room.controls import Deeds, box, mark, press, toggled
from bot.room.post import Post
from bot.room.seat import Seat

ON_EMOJI = "(e) => { const b = e.target.closest('[data-emoji]'); if (b) emit(b.dataset.emoji); }"
PALETTE = ("👍", "👎", "❤️", "🎉", "✅", "❌", "😄", "🙏", "👀", "💡")


def reactions(seat: Seat, post: Post, deeds: Deeds) -> None:
    """Show the emoji that stand, each with how many and whose; a click adds or takes back."""
    with box("tk-marks"):
        for emoji, ids in post.entry.reactions:
            names = ", ".join(seat.tavern.name_of(one) for one in ids)
            button = press(
                f"{emoji} {len(ids)}",
                partial(_react, seat, post, emoji),
                kind="tk-mark",
                test="reaction",
                label=f"{emoji}: {names}",
                deeds=deeds,
                name=f"emoji {emoji}",
            )
            toggled(mark(button, data_emoji=emoji), seat.person_id in ids)


async def _react(seat: Seat, post: Post, emoji: str) -> None:
    await seat.do(lambda guest: guest.react(post, emoji))


def palette_button(seat: Seat, post: Post) -> None:
    """Show the button that opens the palette."""

    async def choose(event: events.GenericEventArguments) -> None:
        menu.close()
        if event.args in PALETTE:
            await _react(seat, post, str(event.args))

    button = press("", _nothing, icon="add_reaction", test="add-reaction", label="Add a reaction")
    with button, ui.menu() as menu:
        palette = ui.html(_palette(), sanitize=False).classes("tk-picker")
        mark(palette, "palette", "Reactions").on("click", choose, js_handler=ON_EMOJI)


def _palette() -> str:
    return "".join(
        f'<button type="button" data-testid="palette-emoji" data-emoji="{emoji}"'
        f' aria-label="{emoji}">{emoji}</button>'
        for emoji in PALETTE
    )


def _nothing() -> None:
    """Leave the click to the menu, which opens in the browser."""
