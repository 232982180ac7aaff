"""What a story needs of a platform: people who write, judge and correct there, as people do.

Each platform has a driver that does it by the platform's real entry point: Slack's and Discord's
loopback servers, the room's page in a browser, the lines of a terminal. What a driver returns for a
message or an answer means something to that driver alone.
"""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, TypeAlias

from bot.adapter import Capability
from bot.app import App
from core.feedback import Reason, Verdict

Said: TypeAlias = Any  # a Slack post, a line of a terminal, what a page shows: a driver's own
MODERATORS = "moderators"  # the place that drafts are put before, where there is one
CURATOR = "Vera"  # on every platform
PATIENCE = 30.0  # seconds


class Guest:
    """Somebody on a platform. What they do is done once the method returns; its effect may follow.

    What a platform cannot do is never called: a story names the capabilities that it needs.
    """

    async def asks(self, place: str, text: str) -> Said:
        """Ask the bot, by a mention where that is how it is addressed."""
        raise NotImplementedError

    async def asks_directly(self, text: str) -> Said:
        """Ask the bot where nobody else reads."""
        raise NotImplementedError

    async def asks_alone(self, place: str, text: str) -> Said:
        """Ask by a command, and return the answer that nobody else sees."""
        raise NotImplementedError

    async def says(self, place: str, text: str, under: Said | None = None) -> Said:
        """Write what is not meant for the bot, or below a message."""
        raise NotImplementedError

    async def says_to(self, place: str, name: str, text: str) -> Said:
        """Write to somebody by name."""
        raise NotImplementedError

    async def follows_up(self, asked: Said, text: str) -> None:
        """Write below an answered question, without addressing the bot anew."""
        raise NotImplementedError

    async def commands(self, place: str, line: str) -> str:
        """Give one of the bot's commands, and return what it says."""
        raise NotImplementedError

    async def judges(self, answer: Said, verdict: Verdict) -> None:
        """Press "Helpful" or "Not helpful"."""
        raise NotImplementedError

    async def gives(self, answer: Said, reason: Reason) -> None:
        """Press "Not helpful", and one of the reasons."""
        raise NotImplementedError

    async def corrects(self, answer: Said, text: str) -> None:
        """Write a better answer by "Fix it"."""
        raise NotImplementedError

    async def reacts(self, what: Said, emoji: str) -> None:
        """Put an emoji on a message."""
        raise NotImplementedError

    async def takes_back(self, what: Said, emoji: str) -> None:
        """Take an emoji back."""
        raise NotImplementedError

    async def edits(self, asked: Said, text: str) -> None:
        """Make another question of one that was asked."""
        raise NotImplementedError

    async def deletes(self, said: Said) -> None:
        """Take a message away."""
        raise NotImplementedError

    async def saves(self, said: Said, question: str) -> None:
        """Save a message as an answer by the menu, and say to which question."""
        raise NotImplementedError

    async def asks_about(self, said: Said, question: str) -> Said:
        """Ask about a message by the menu, and return the answer that nobody else sees."""
        raise NotImplementedError

    async def asks_afresh(self, answer: Said) -> Said:
        """Press "Answer afresh", and return the new answer."""
        raise NotImplementedError

    async def answers(self, asked: Said, name: str, text: str) -> None:
        """Write below an answered question for who asked, who has that name, and not for the bot."""
        raise NotImplementedError

    async def offered(self, about: str) -> Said:
        """Return what they alone are asked about a question, once they see it."""
        raise NotImplementedError

    async def is_offered(self, about: str) -> bool:
        """Say whether they see such a thing now."""
        raise NotImplementedError

    async def presses(self, answer: Said, label: str) -> None:
        """Press the button of that name."""
        raise NotImplementedError


class Platform(Protocol):
    """A platform, set up for a bot that tells stories."""

    @property
    def name(self) -> str:
        """The platform's name."""
        ...

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What people can do there."""
        ...

    def settings(self) -> Mapping[str, Mapping[str, Any]]:
        """Return the sections of the settings that lead there."""
        ...

    def serving(self, app: App) -> AbstractAsyncContextManager[None]:
        """Serve the bot there, as the service does, until the block ends."""
        ...

    def guest(self, name: str) -> Guest:
        """Return somebody by name, the same for the same name."""
        ...

    def person_id(self, name: str) -> str:
        """Return who somebody is to the bot."""
        ...

    async def answer(self, asked: Said, number: int = 1) -> Said:
        """Return the first, or another, answer to a question or in its thread, once it is finished."""
        ...

    async def answers(self, asked: Said) -> int:
        """Return how many answers stand in a question's thread."""
        ...

    async def said_in(self, place: str, number: int = 1) -> Said:
        """Return the first, or another, thing that the bot said in a place, once it stands."""
        ...

    async def words(self, answer: Said) -> str:
        """Return what people read of an answer now."""
        ...

    async def settled(self) -> None:
        """Wait until all that was done had its effect."""
        ...
