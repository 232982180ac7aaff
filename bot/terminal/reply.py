"""One answer in the making, in a terminal: a status line, the words as they come, then the card."""

from collections.abc import Callable, Sequence
from datetime import datetime

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from bot.card import INVISIBLE, card_of
from bot.terminal.show import say
from core.answers import Answer, Placement
from core.errors import NoPlaceError
from core.messages import MessageRef


class TerminalReply:
    """Shows an answer live where the console is a terminal, and only the finished card elsewhere."""

    parts: Sequence[MessageRef] = ()  # however long it is, it stands in one place

    def __init__(
        self,
        console: Console,
        ref: MessageRef,
        now: Callable[[], datetime],
        *,
        says_failure: bool = True,
    ) -> None:
        """Take where to print, and the place that the finished answer will have.

        Without `says_failure` a failure is only kept, for whoever raises it as an error.
        """
        self._console = console
        self._says_failure = says_failure
        self._ref = ref
        self._now = now
        self._live: Live | None = None
        self._text = ""
        self.answer: Answer | None = None
        self.failure: str | None = None

    async def place(self, placement: Placement) -> None:
        """Show it as always: here is one person alone, and no moderator.

        Raises `NoPlaceError` for what only moderators should see.
        """
        if placement is Placement.MODERATORS:
            raise NoPlaceError("A terminal has no moderators.")

    async def progress(self, text: str) -> None:
        """Show what is being done."""
        if not self._text:
            self._show(text)

    async def append(self, delta: str) -> None:
        """Show the next words."""
        self._text += delta
        self._show(self._text)

    async def finish(self, answer: Answer) -> MessageRef:
        """Print the finished answer."""
        self._stop()
        self.answer = answer
        say(self._console, card_of(answer, self._now()))
        return self._ref

    async def fail(self, sentence: str) -> None:
        """Print why there is no answer."""
        self._stop()
        self.failure = sentence
        if self._says_failure:
            self._console.print(Text(INVISIBLE.sub("", sentence), style="red"))

    async def posted(self, answer_id: str) -> MessageRef | None:
        """Say where an answer stands that was printed by this reply; a terminal tells nothing more."""
        return self._ref if self.answer is not None and self.answer.id == answer_id else None

    async def revise(self, standing: Sequence[MessageRef], answer: Answer) -> None:
        """Print another answer: what a terminal has shown stays."""
        del standing
        await self.finish(answer)

    def _show(self, text: str) -> None:
        if not self._console.is_terminal:
            return
        if self._live is None:
            self._live = Live(console=self._console, transient=True, refresh_per_second=12)
            self._live.start()
        # What streams in is untrusted: control characters would steer the terminal.
        shown = Text(INVISIBLE.sub("", text))
        self._live.update(shown if self._text else Spinner("dots", shown))

    def _stop(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None


class CollectedReply:
    """One answer in the making that is only kept, for `--json` and for tours."""

    parts: Sequence[MessageRef] = ()

    def __init__(self, ref: MessageRef) -> None:
        """Take the place that the finished answer will have."""
        self._ref = ref
        self.answer: Answer | None = None
        self.failure: str | None = None

    async def place(self, placement: Placement) -> None:
        """Show it as always: here is one person alone, and no moderator.

        Raises `NoPlaceError` for what only moderators should see.
        """
        if placement is Placement.MODERATORS:
            raise NoPlaceError("A terminal has no moderators.")

    async def progress(self, text: str) -> None:
        """Show nothing."""

    async def append(self, delta: str) -> None:
        """Show nothing."""

    async def finish(self, answer: Answer) -> MessageRef:
        """Keep the answer."""
        self.answer = answer
        return self._ref

    async def fail(self, sentence: str) -> None:
        """Keep the sentence."""
        self.failure = sentence

    async def posted(self, answer_id: str) -> MessageRef | None:
        """Say where an answer stands that was kept here."""
        return self._ref if self.answer is not None and self.answer.id == answer_id else None

    async def revise(self, standing: Sequence[MessageRef], answer: Answer) -> None:
        """Keep another answer."""
        del standing
        self.answer = answer
