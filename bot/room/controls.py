"""Controls: the room's buttons, avatars and marks, all of them native and named for screen readers."""

from collections.abc import Awaitable, Callable
from functools import cache
from html import escape
from pathlib import Path
from zlib import crc32

from nicegui import events, ui
from nicegui.element import Element

# The browser tells only clicks on something that has a deed, and which.
ON_DEED = "(e) => { const b = e.target.closest('[data-deed]'); if (b) emit(b.dataset.deed); }"
Handler = Callable[[], Awaitable[object] | object]
HUES = 8


@cache
def asset(name: str) -> str:
    """Return the text of a file that belongs to the room's pages."""
    return (Path(__file__).parent / name).read_text(encoding="utf-8")


def mark(element: Element, test: str = "", label: str = "", **props: str) -> Element:
    """Give an element its test mark, its name for screen readers and further attributes."""
    if test:
        element.props["data-testid"] = test
    if label:
        element.props["aria-label"] = label
        element.props["title"] = label
    for name, value in props.items():
        element.props[name.replace("_", "-")] = value
    return element


def box(classes: str = "", tag: str = "div") -> Element:
    """Return an empty element of our own style."""
    return ui.element(tag).classes(classes)


def say(text: str, classes: str = "", tag: str = "div") -> Element:
    """Show a text as it is: nothing in it is markup."""
    return ui.html(escape(text), sanitize=False, tag=tag).classes(classes)


class Deeds:
    """What the buttons in an element do, each by its name; the element itself hears the clicks.

    A button that is drawn anew while a click on it is under way would never hear of it.
    """

    def __init__(self, element: Element) -> None:
        """Listen on an element that stays when what is in it is drawn anew."""
        self._named: dict[str, Handler] = {}
        element.on("click", self._pressed, js_handler=ON_DEED)

    def add(self, button: Element, name: str, handler: Handler) -> None:
        """Let a button do something; one of the same name that was drawn before does this now."""
        self._named[name] = handler
        mark(button, data_deed=name)

    async def _pressed(self, event: events.GenericEventArguments) -> None:
        if handler := self._named.get(str(event.args)):
            done = handler()
            if isinstance(done, Awaitable):
                await done


def press(
    text: str,
    handler: Handler,
    *,
    icon: str = "",
    kind: str = "",
    test: str = "",
    label: str = "",
    deeds: Deeds | None = None,
    name: str = "",
) -> Element:
    """Return a button. One with an icon only must have a `label`.

    With `deeds` the button's name there is `name`, or `test` where that stands once.
    """
    button = box(f"tk-btn {kind}" + ("" if text else " icon"), "button")
    mark(button, test, label, type="button")
    with button:
        if icon:
            ui.icon(icon).props("aria-hidden=true")
        if text:
            say(text, tag="span")
    if deeds is None:
        button.on("click", lambda: handler(), args=[])
    else:
        deeds.add(button, name or test, handler)
    return button


def toggled(button: Element, on: bool) -> Element:
    """Say whether a button that stays down is down."""
    button.props["aria-pressed"] = "true" if on else "false"
    return button


def lantern(size: int) -> Element:
    """Show the lantern, `size` pixels high and wide."""
    svg = asset("lantern.svg").replace("<svg", f'<svg width="{size}" height="{size}"', 1)
    return ui.html(svg, sanitize=False, tag="span").classes("tk-lantern")


def avatar(name: str, kind: str = "") -> Element:
    """Show a person as the first letter of the name, in a colour of the person's own."""
    hue = crc32(name.casefold().encode()) % HUES
    shown = say(name[:1] or "?", f"tk-avatar hue{hue} {kind}")
    shown.props["title"] = name
    shown.props["aria-hidden"] = "true"
    return shown


def bot_avatar() -> Element:
    """Show the bot."""
    with box("tk-avatar bot") as shown:
        lantern(24)
    return shown


def dialog(kind: str = "") -> tuple[ui.dialog, Element]:
    """Return a dialog that goes away for good once it is closed, and the sheet to fill."""
    shown = ui.dialog()
    with shown:
        sheet = box(f"tk-dialog {kind}")
        mark(sheet, role="document")
    shown.on("hide", shown.delete, args=[])
    return shown, sheet
