"""Composer: where people write: Enter sends, Shift+Enter breaks the line, "/" lists the commands."""

from functools import partial
from html import escape

from nicegui import events, ui

from bot.room.block import element_id
from bot.room.controls import avatar, box, mark, press, say
from bot.room.post import Thread, threads_of
from bot.room.seat import Seat

# Enter sends the words as the browser has them, so that none typed just before are lost.
ON_ENTER = """(e) => {
  if (e.key !== "Enter" || e.shiftKey || e.isComposing) return;
  e.preventDefault();
  emit(e.target.value);
}"""
KEYS = "Enter to send · Shift+Enter for a new line · / for commands · @name to talk to people"
PLACEHOLDER = "Ask the tavern anything…"
LIMIT = "8000"


class Composer:
    """The field at the foot of the page, and what helps to fill it."""

    def __init__(self, seat: Seat) -> None:
        """Draw it into the element that is being filled."""
        self._seat = seat
        self._thread: Thread | None = None
        with box("tk-composer-wrap"):
            self._following = mark(box("tk-follow"), "following")
            self._following.set_visibility(False)
            self._suggested = mark(box("tk-suggest"), "commands", "Commands")
            self._suggested.set_visibility(False)
            with box("tk-composer"):
                self._me = mark(box("tk-me", "button"), "me", "Change your name", type="button")
                self._me.on("click", lambda: seat.ask_name(), args=[])
                self._field()
                press(
                    "",
                    lambda: self.send(self.field.value or ""),
                    icon="arrow_upward",
                    kind="main",
                    test="send",
                    label="Send",
                )
            with box("tk-hint"):
                self._writing = ui.html("", sanitize=False)
                mark(self._writing, "writing", aria_live="polite")
                say(KEYS, "tk-keys")

    def _field(self) -> None:
        field = ui.textarea(placeholder=PLACEHOLDER, on_change=self._typed)
        field.props("autogrow borderless dense rows=1")
        mark(field, "composer", maxlength=LIMIT)
        field.props["aria-label"] = "Your message"
        field.on("keydown", self._entered, js_handler=ON_ENTER)
        self.field = field

    def show_me(self) -> None:
        """Show who writes here."""
        self._me.clear()
        with self._me:
            avatar(self._seat.guest.person.name if self._seat.guest else "?")

    def show_writing(self) -> None:
        """Show who else is writing."""
        mine = self._seat.presence
        pages = self._seat.tavern.pages.values()
        names = sorted({p.name for p in pages if p.writing and p.name and p.name != mine.name})
        told = f"{' and '.join(names)} {'are' if len(names) > 1 else 'is'} writing…"
        self._writing.set_content(escape(told) if names else "")

    def follow(self, key: str | None) -> None:
        """Write the next messages into the thread of that key, or into the room again."""
        threads = threads_of(self._seat.tavern.timeline.posts())
        thread = next((one for one in threads if one.key == key), None)
        self._thread = thread
        self._following.clear()
        self._following.set_visibility(thread is not None)
        if thread is None:
            return
        with self._following:
            ui.icon("subdirectory_arrow_right").props("aria-hidden=true")
            say(f"Following up on “{thread.opening}”", "tk-grow")
            press("", lambda: self.follow(None), icon="close", label="Back to the room")
        self.field.run_method("focus")

    def send(self, text: str) -> None:
        """Say what was written, unless there is nothing but white space."""
        if not text.strip():
            return
        guest = self._seat.guest
        if guest is None:
            self._seat.ask_name()
            return
        self.field.set_value("")
        self._seat.presence.writing = False
        guest.say(text.strip(), self._thread.key if self._thread else None)
        if self._thread:
            ui.run_javascript(
                f"setTimeout(() => tavern.reveal('{element_id(self._thread.key)}'), 80)"
            )
        else:
            ui.run_javascript("tavern.toEnd()")

    def _entered(self, event: events.GenericEventArguments) -> None:
        self.send(str(event.args or ""))

    def _typed(self, event: events.ValueChangeEventArguments[str | None]) -> None:
        text = event.value or ""
        self._suggest(text)
        if self._seat.presence.writing != bool(text.strip()):
            self._seat.presence.writing = bool(text.strip())
            self._seat.tavern.tell()

    def _suggest(self, text: str) -> None:
        assistant = self._seat.tavern.assistant
        typed = text[1:].lower() if text.startswith("/") and " " not in text else None
        found = [] if typed is None or assistant is None else assistant.commands
        fitting = [one for one in found if one.name.startswith(typed or "")]
        self._suggested.clear()
        self._suggested.set_visibility(bool(fitting))
        with self._suggested:
            for command in fitting:
                button = mark(box(tag="button"), "command", type="button")
                with button:
                    say(f"/{command.name}", tag="b")
                    say(command.summary, "tk-muted", "span")
                button.on("click", partial(self._complete, command.name), args=[])

    def _complete(self, name: str) -> None:
        self.field.set_value(f"/{name} ")
        self.field.run_method("focus")
