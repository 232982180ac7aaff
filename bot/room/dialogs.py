"""Dialogs: who are you, what would be right, change this, take it away."""

from collections.abc import Awaitable, Callable

from nicegui import ui

from bot.room.controls import box, dialog, lantern, mark, press, say
from bot.room.post import Post
from bot.room.seat import Seat
from core.answers import Origin

NAME_LIMIT = 40


def ask_name(known: str, chosen: Callable[[str], None], *, persistent: bool) -> None:
    """Ask who sits here; `chosen` is given a name with at least one sign that can be seen."""
    shown, sheet = dialog("small")
    if persistent:
        shown.props("persistent")
    mark(sheet, "name-dialog", "Pick a name")

    def sit_down() -> None:
        name = " ".join(field.value.split())[:NAME_LIMIT] if field.value else ""
        if any(sign.isalnum() for sign in name):
            shown.close()
            chosen(name)

    with sheet:
        with box("tk-row"):
            lantern(34)
            say("Welcome to the tavern", tag="h2")
        say("Pick a name. Each browser tab can be somebody else.", "tk-muted")
        field = ui.input(value=known, placeholder="Your name").props("outlined autofocus dense")
        field.classes("tk-field")
        mark(field, "name-input", "Your name", maxlength=str(NAME_LIMIT))
        field.on("keydown.enter", sit_down, args=[])
        with box("tk-ends"):
            press("Sit down", sit_down, kind="main", test="name-ok")
    shown.open()


def fix(seat: Seat, post: Post) -> None:
    """Ask for a better answer, beginning with the one that was given."""

    async def hand_in(text: str) -> None:
        thanks = await seat.do(lambda guest: guest.correct(post, text))
        if isinstance(thanks, str):
            seat.notify(thanks, good=True)

    answer = post.entry.answer
    unknown = answer is None or answer.origin is Origin.UNKNOWN
    asked = f"“{answer.question.text}”" if answer else ""
    write(
        seat,
        title="I know the answer" if unknown else "Fix this answer",
        told=f"{asked} Write what should be answered instead. Markdown is welcome.",
        text="" if answer is None or unknown else answer.text,
        done=hand_in,
        button="Teach it",
        test="fix",
    )


def edit(seat: Seat, post: Post) -> None:
    """Let people change their own message."""

    async def change(text: str) -> None:
        await seat.do(lambda guest: guest.edit(post, text))

    write(
        seat,
        title="Edit your message",
        told="While nobody has reacted to its answer, it is answered anew.",
        text=post.entry.text,
        done=change,
        button="Save",
        test="edit",
    )


def write(
    seat: Seat,
    *,
    title: str,
    told: str,
    text: str,
    done: Callable[[str], Awaitable[None]],
    button: str,
    test: str,
) -> None:
    """Ask for a text; `done` is given it when it is not empty."""
    with seat.client:
        shown, sheet = dialog()
    mark(sheet, f"{test}-dialog", title)

    async def finish() -> None:
        written = (field.value or "").strip()
        if written:
            shown.close()
            await done(written)

    with sheet:
        say(title, tag="h2")
        say(told, "tk-muted")
        field = ui.textarea(value=text).props("outlined autofocus input-style='min-height: 190px'")
        field.classes("tk-field")
        mark(field, f"{test}-input", title)
        with box("tk-ends"):
            press("Cancel", shown.close, test=f"{test}-cancel")
            press(button, finish, kind="main", test=f"{test}-ok")
    shown.open()


def delete(seat: Seat, post: Post) -> None:
    """Ask once more before a message is taken away."""
    with seat.client:
        shown, sheet = dialog("small")
    mark(sheet, "delete-dialog", "Delete this message?")

    async def finish() -> None:
        shown.close()
        await seat.do(lambda guest: guest.delete(post))

    with sheet:
        say("Delete this message?", tag="h2")
        say("Its words are removed for everyone. Answers below it stay.", "tk-muted")
        with box("tk-ends"):
            press("Keep it", shown.close)
            press("Delete", finish, kind="main", test="delete-ok")
    shown.open()
