"""Page: one browser tab on the room, kept equal to what the tavern holds."""

from nicegui import ui
from nicegui.client import Client

from bot.room import dialogs
from bot.room.block import Block
from bot.room.composer import Composer
from bot.room.controls import asset, avatar, box, lantern, mark, press, say
from bot.room.guest import Guest
from bot.room.offers import Offers
from bot.room.panel import Panel
from bot.room.post import threads_of
from bot.room.seat import Seat
from bot.room.tavern import Tavern
from bot.room.welcome import show_welcome

FAILED = "That did not work. Please try again; the log says what happened."
THREADS = 40


class Page:
    """Everything that one tab shows."""

    def __init__(self, tavern: Tavern, client: Client) -> None:
        """Draw the page as things stand, and follow the tavern until the tab is closed."""
        self._tavern = tavern
        self._client = client
        self._blocks: dict[str, Block] = {}
        self._limit = THREADS
        self._people: list[str] | None = None
        self._opening: str | None = None
        self._dark = ui.dark_mode(None)
        self._seat = Seat(tavern, client, tavern.enter(client.id, self.sync))
        client.on_delete(lambda: tavern.leave(client.id))
        client.on_exception(lambda: self._seat.notify(FAILED))
        self._draw()
        self._seat.follow_up = self._composer.follow
        self._seat.ask_name = self._change_name
        self.sync()

    # -- who sits here -------------------------------------------------------------------------

    async def settle(self, given: str) -> None:
        """Take the seat under the given name, the tab's own, or one that the person picks."""
        await self._client.connected()
        if self._client.is_deleted:
            return
        recalled = await self._client.run_javascript("return tavern.recall()", timeout=20) or {}
        if self._client.is_deleted:
            return
        theme = str(recalled.get("theme", ""))
        self._show_theme(dark=theme == "dark" if theme else bool(recalled.get("dark")))
        self._client.run_javascript("tavern.watch(document.querySelector('.tk-hall'))")
        name = " ".join((given or str(recalled.get("name", ""))).split())[: dialogs.NAME_LIMIT]
        if any(sign.isalnum() for sign in name):
            self._sit_down(name)
        elif self._seat.guest is None:
            with self._client:
                dialogs.ask_name(str(recalled.get("last", "")), self._sit_down, persistent=True)

    def _change_name(self) -> None:
        known = self._seat.guest.person.name if self._seat.guest else ""
        with self._client:
            dialogs.ask_name(known, self._sit_down, persistent=False)

    def _sit_down(self, name: str) -> None:
        self._seat.guest = Guest(self._tavern, name)
        self._seat.presence.name = self._seat.guest.person.name
        self._client.run_javascript(f"tavern.remember({ascii_json(name)})")
        self._composer.show_me()
        self._clear_threads()
        self._tavern.tell()
        self._composer.field.run_method("focus")

    # -- drawing -------------------------------------------------------------------------------

    def _draw(self) -> None:
        ui.add_head_html(f"<style>{asset('room.css')}</style><script>{asset('room.js')}</script>")
        drawer = ui.right_drawer(value=None, bordered=True, bottom_corner=True)
        drawer.props('width=348 breakpoint=1040 aria-label="What it has learned"')
        with drawer:
            self._panel = Panel(self._seat)
        self._header(drawer)
        with box("tk-hall", "main"):
            self._banner = box()
            self._hello = box()
            self._earlier = box()
            self._threads = box().style("display: flex; flex-direction: column; gap: 18px")
            self._offers = Offers(self._seat)
        with ui.footer().classes("tk-footer"):
            self._composer = Composer(self._seat)
            self._composer.show_me()

    def _header(self, drawer: ui.right_drawer) -> None:
        with ui.header().classes("tk-header"):
            lantern(36)
            with box("tk-grow"):
                say("Tavernkeep", "tk-brand")
                say("Answers with sources, better with every reaction", "tk-brand-sub")
            self._present = mark(box("tk-people"), "people")
            self._theme = press(
                "", self._toggle_theme, icon="contrast", test="theme", label="Light or dark"
            )
            press(
                "",
                drawer.toggle,
                icon="auto_stories",
                test="panel-toggle",
                label="What it has learned",
            )

    def _toggle_theme(self) -> None:
        dark = not self._dark.value
        self._show_theme(dark=dark)
        self._client.run_javascript(f"tavern.theme('{'dark' if dark else 'light'}')")

    def _show_theme(self, *, dark: bool) -> None:
        self._dark.value = dark
        self._panel.recolour(dark=dark)

    # -- following the tavern ------------------------------------------------------------------

    def sync(self) -> None:
        """Draw what changed."""
        with self._client:
            self._sync_banner()
            self._sync_people()
            self._sync_threads()
            self._offers.sync()
            self._composer.show_writing()
            self._panel.sync()

    def _sync_banner(self) -> None:
        opening = "" if self._tavern.assistant else self._tavern.opening
        if opening == self._opening:
            return
        self._opening = opening
        self._banner.clear()
        if opening:
            with self._banner, mark(box("tk-opening"), "opening", role="status"):
                box("tk-ember")
                say(f"Opening the tavern… {opening}")

    def _sync_people(self) -> None:
        names = self._tavern.names()
        if names == self._people:
            return
        self._people = names
        self._present.clear()
        mark(self._present, label=f"Here now: {', '.join(names)}" if names else "", role="img")
        with self._present:
            for name in names[:5]:
                avatar(name, "small")

    def _sync_threads(self) -> None:
        threads = threads_of(self._tavern.timeline.posts())
        self._sync_edges(shown=bool(threads), hidden=len(threads) - self._limit)
        wanted = {thread.key: thread for thread in threads[-self._limit :]}
        for key in [key for key in self._blocks if key not in wanted]:
            self._blocks.pop(key).element.delete()
        if [key for key in wanted if key in self._blocks] != list(self._blocks)[: len(wanted)]:
            self._clear_threads()
        late = [key for key in wanted if key not in self._blocks]
        if self._blocks and late and list(wanted)[-len(late) :] != late:
            self._clear_threads()
        for key, thread in wanted.items():
            if block := self._blocks.get(key):
                block.sync(thread)
            else:
                with self._threads:
                    self._blocks[key] = Block(self._seat, thread)

    def _sync_edges(self, *, shown: bool, hidden: int) -> None:
        """Show the first screen while nothing was said, and the way to what was said earlier."""
        if shown == bool(self._hello.default_slot.children):
            self._hello.clear()
            if not shown:
                with self._hello:
                    show_welcome(self._seat)
        if (hidden > 0) != bool(self._earlier.default_slot.children):
            self._earlier.clear()
            if hidden > 0:
                with self._earlier:
                    press("Show earlier", self._show_earlier, icon="history", test="earlier")

    def _show_earlier(self) -> None:
        self._limit += THREADS
        self._clear_threads()
        self.sync()

    def _clear_threads(self) -> None:
        self._threads.clear()
        self._blocks.clear()


def ascii_json(text: str) -> str:
    """Return a text as a JavaScript string that cannot end the script it stands in."""
    quoted = "".join(
        sign if sign.isascii() and (sign.isalnum() or sign in " _.,") else f"\\u{{{ord(sign):x}}}"
        for sign in text
    )
    return f'"{quoted}"'
