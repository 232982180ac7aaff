"""RoomAdapter: the browser as a chat platform."""

from collections.abc import Awaitable, Callable, Sequence

from nicegui import ui

from bot.adapter import Capability
from bot.finding import Finding
from bot.room.controls import asset, box
from bot.room.page import Page
from bot.room.reader import source_page
from bot.room.server import RoomServer
from bot.room.tavern import PLATFORM, Tavern
from core.assistant import Assistant
from core.settings import RoomSettings

# The room is one public conversation in which the bot is always meant unless a person is named:
# it has neither mentions nor direct conversations. Nothing in it is hidden from anybody, so nothing
# is shared or decided upon later, silence, which spares what is meant for the bot, changes nothing,
# and nothing happens in it while the bot is away.
CAPABILITIES = frozenset(Capability) - {
    Capability.MENTION,
    Capability.DIRECT,
    Capability.PRIVATE_ANSWER,
    Capability.SHARE,
    Capability.DRAFT,
    Capability.SHORTCUT,
    Capability.SAVE,
    Capability.HOME,
    Capability.SWEEP,
    Capability.SILENCE,
}


class RoomAdapter:
    """Serves the room at once; questions are kept until `attach` hands in the assistant."""

    platform = PLATFORM
    capabilities = CAPABILITIES

    def __init__(self, settings: RoomSettings, tavern: Tavern | None = None) -> None:
        """Prepare the room; nothing listens yet."""
        self.tavern = tavern or Tavern()
        icon = asset("lantern.svg").replace("currentColor", "#b4690e")
        self._server = RoomServer(settings, icon, self._told)
        self._findings: Callable[[], Awaitable[Sequence[Finding]]] | None = None

    @property
    def url(self) -> str:
        """Where people find the room."""
        return self._server.url

    async def start(self) -> None:
        """Listen, and return once pages are served; raise `TavernkeepError` if the port is taken."""
        self._register_pages()
        await self._server.start()

    def opening(self, what: str) -> None:
        """Tell people what is being loaded, for instance "loading the embedding model"."""
        self.tavern.opening = what
        self.tavern.tell()

    async def attach(
        self,
        assistant: Assistant,
        findings: Callable[[], Awaitable[Sequence[Finding]]] | None = None,
    ) -> None:
        """Open the room: show its history, resume what was cut short, answer what was asked.

        `findings` tell how the bot is, to whoever asks the room's server.
        """
        self._findings = findings
        await self.tavern.open(assistant)
        self.tavern.tell()

    async def stop(self) -> None:
        """Stop answering and serving."""
        await self.tavern.close()
        await self._server.stop()

    async def _told(self) -> Sequence[Finding]:
        if self._findings is not None:
            return await self._findings()
        said = f"The tavern is still opening: {self.tavern.opening}."
        return (Finding(part="start", well=True, said=said),)

    def _register_pages(self) -> None:
        tavern = self.tavern

        @ui.page("/", title="The tavern · Tavernkeep", response_timeout=30)
        async def room(name: str = "") -> None:
            page = Page(tavern, ui.context.client)
            await page.settle(name)

        @ui.page("/source/{document_id}", title="Source · Tavernkeep")
        async def source(document_id: str, quote: str = "") -> None:
            ui.dark_mode(None)
            ui.add_head_html(
                f"<style>{asset('room.css')}</style><script>{asset('room.js')}</script>"
            )
            with box():
                await source_page(tavern, document_id, quote)
