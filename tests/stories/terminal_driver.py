"""People at terminals, for stories that are told on every platform.

Nobody sees another's terminal. So whoever judges an answer that somebody else got asks the same in
a terminal of their own first, and judges what they get.
"""

import io
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from rich.console import Console

from bot.adapter import Capability
from bot.app import App, utc_now
from bot.terminal.adapter import CAPABILITIES, TerminalAdapter
from core.feedback import Reason, Verdict
from tests.stories.driver import Guest, Said

SIGNS = {Verdict.UP: "+", Verdict.DOWN: "-"}
REASONS = {
    Reason.WRONG_SOURCES: "- sources",
    Reason.WRONG_ANSWER: "- wrong",
    Reason.OUTDATED: "- old",
}


class Seat:
    """One terminal: who sits there, what was asked first, and what is printed."""

    def __init__(self, app: App, name: str, question: str) -> None:
        """Let somebody sit down: the machine knows people by their login."""
        self.name, self.question = name, question
        self.printed: list[str] = []
        self._console = Console(file=io.StringIO(), width=200, record=True)
        with pytest.MonkeyPatch.context() as login:
            login.setenv("LOGNAME", name)
            self._terminal = TerminalAdapter(app.assistant, self._console, utc_now)

    async def types(self, line: str) -> str:
        """Type a line, and return what is printed after it."""
        await self._terminal.said(line)
        self.printed.append(self._console.export_text())
        return self.printed[-1]


class TerminalGuest(Guest):
    """Somebody at a terminal, a new one for each question."""

    def __init__(self, platform: "TerminalPlatform", name: str) -> None:
        """Take who."""
        self._platform = platform
        self._name = name

    async def asks(self, place: str, text: str) -> Seat:
        """Type the question."""
        del place
        seat = Seat(self._platform.app, self._name, text)
        await seat.types(text)
        return seat

    async def asks_directly(self, text: str) -> Seat:
        """Type it: nobody else reads along."""
        return await self.asks("", text)

    async def follows_up(self, asked: Seat, text: str) -> None:
        """Go on typing."""
        await asked.types(text)

    async def commands(self, place: str, line: str) -> str:
        """Type a slash and the command."""
        del place
        return await Seat(self._platform.app, self._name, "").types(f"/{line}")

    async def judges(self, answer: Seat, verdict: Verdict) -> None:
        """Type the sign for it."""
        await (await self._own(answer)).types(SIGNS[verdict])

    async def gives(self, answer: Seat, reason: Reason) -> None:
        """Type the sign with the reason."""
        await (await self._own(answer)).types(REASONS[reason])

    async def corrects(self, answer: Seat, text: str) -> None:
        """Type it behind the sign."""
        await (await self._own(answer)).types(f"= {text}")

    async def asks_afresh(self, answer: Seat) -> Seat:
        """Type the sign."""
        own = await self._own(answer)
        await own.types("!")
        return own

    async def _own(self, answer: Seat) -> Seat:
        return answer if answer.name == self._name else await self.asks("", answer.question)


class TerminalPlatform:
    """Terminals of one machine."""

    name = "terminal"

    def __init__(self) -> None:
        """Nobody sits down before there is a bot."""
        self._app: App | None = None

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What people can do there."""
        return CAPABILITIES

    @property
    def app(self) -> App:
        """The bot."""
        assert self._app is not None, "the bot is not there"
        return self._app

    def settings(self) -> Mapping[str, Mapping[str, Any]]:
        """A terminal needs none."""
        return {}

    @asynccontextmanager
    async def serving(self, app: App) -> AsyncIterator[None]:
        """Let people sit down."""
        self._app = app
        yield

    def guest(self, name: str) -> TerminalGuest:
        """Return somebody by name."""
        return TerminalGuest(self, name)

    def person_id(self, name: str) -> str:
        """Return who somebody is to the bot: the login."""
        return f"terminal:{name}"

    async def answer(self, asked: Seat, number: int = 1) -> Seat:
        """Return the terminal: what is typed has been answered."""
        assert await self.answers(asked) >= number
        return asked

    async def answers(self, asked: Seat) -> int:
        """Count what was printed."""
        return len(asked.printed)

    async def said_in(self, place: str, number: int = 1) -> Said:
        """A terminal is no place that others look at."""
        raise NotImplementedError

    async def words(self, answer: Seat) -> str:
        """Return what was printed last."""
        return answer.printed[-1]

    async def settled(self) -> None:
        """Everything had its effect when the next line can be typed."""
