"""Seat: one open page: who sits there, and how what that person does is seen through."""

from collections.abc import Awaitable, Callable

from nicegui import ui
from nicegui.client import Client

from bot.room.guest import Guest
from bot.room.tavern import Presence, Tavern
from core.errors import TavernkeepError


class Seat:
    """What every part of a page needs to know of it."""

    def __init__(self, tavern: Tavern, client: Client, presence: Presence) -> None:
        """Begin without a person: the name comes later."""
        self.tavern = tavern
        self.client = client
        self.presence = presence
        self.guest: Guest | None = None
        self.follow_up: Callable[[str], None] = lambda _: None
        self.ask_name: Callable[[], None] = lambda: None

    @property
    def person_id(self) -> str:
        """Who sits here; empty while nobody does."""
        return self.guest.person.id if self.guest else ""

    async def do(self, deed: Callable[[Guest], Awaitable[object]]) -> object:
        """Do something as the person who sits here; a refusal is shown as its sentence."""
        if self.guest is None:
            self.ask_name()
            return None
        try:
            return await deed(self.guest)
        except TavernkeepError as error:
            self.notify(str(error))
            return None

    def notify(self, sentence: str, *, good: bool = False) -> None:
        """Show a sentence for some seconds."""
        if self.client.is_deleted:
            return
        with self.client:
            ui.notify(
                sentence,
                type="positive" if good else "warning",
                position="top",
                timeout=6000,
                close_button="Close",
            )

    def ask(self, text: str) -> None:
        """Say something in the room as a new message."""
        if self.guest is None:
            self.ask_name()
        else:
            self.guest.say(text)
