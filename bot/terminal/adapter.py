"""The terminal as a chat platform: one person, one conversation, verdicts by short lines."""

import getpass
import sys
import uuid
from collections.abc import Callable
from datetime import datetime

from rich.console import Console
from rich.text import Text

from bot.adapter import Capability
from bot.terminal.lines import Lines
from bot.terminal.reply import TerminalReply
from core.answers import Answer
from core.assistant import Assistant
from core.errors import TavernkeepError
from core.feedback import Correction, Feedback, Reason, Verdict, Via
from core.messages import Conversation, Message, MessageRef, Person

PLATFORM = "terminal"
CONVERSATION = Conversation(platform=PLATFORM, key="here", name="This terminal")
GREETING = """Ask a question. Then, of the last answer:
  +            it helped           -        it did not          ~   take it back
  - sources    wrong sources       - wrong  wrong answer        - old   outdated
  = TEXT       write the better answer       !   answer afresh, from the documents
  /help        commands                      /quit   leave"""
AFRESH = "!"
SIGNS = {"+": Verdict.UP, "-": Verdict.DOWN}
REASONS = {
    "sources": Reason.WRONG_SOURCES,
    "wrong": Reason.WRONG_ANSWER,
    "old": Reason.OUTDATED,
}

CAPABILITIES = frozenset(
    {
        Capability.DIRECT,
        Capability.COMMAND,
        Capability.THREAD_FOLLOW_UP,
        Capability.STREAMING,
        Capability.STATUS,
        Capability.CITATION,
        Capability.BUTTON,
        Capability.REASON,
        Capability.CORRECTION,
        Capability.AFRESH,
    }
)


def whoever_is_here() -> Person:
    """Return the person at this terminal; in a container the user may have no name."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError):
        name = "you"
    return Person(platform=PLATFORM, key=name, name=name)


class TerminalAdapter:
    """Reads lines until the end of the input or `/quit`."""

    def __init__(self, assistant: Assistant, console: Console, now: Callable[[], datetime]) -> None:
        """Take whom to hand what was typed to."""
        self._assistant = assistant
        self._console = console
        self._now = now
        self._person = whoever_is_here()
        self._thread: str | None = None
        self._last: Answer | None = None
        self._given: list[Verdict] = []  # of the last answer, and not taken back

    @property
    def platform(self) -> str:
        """The platform's name."""
        return PLATFORM

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What can be done here; one person alone needs no mention."""
        return CAPABILITIES

    async def start(self) -> None:
        """Say how it is used, and answer what was left open by a crash."""
        await self._assistant.resume(PLATFORM, lambda message: self._reply(message.ref.key))
        self._console.print(Text(GREETING, style="dim"))

    async def stop(self) -> None:
        """Nothing is under way between two lines."""

    async def talk(self) -> None:
        """Take lines until there are no more."""
        lines = Lines(sys.stdin)
        while True:
            self._console.print("[bold]you ›[/bold] ", end="")
            line = await lines.next()
            if line is None or line.strip() == "/quit":
                return
            try:
                await self.said(line.strip())
            except TavernkeepError as error:
                self._console.print(Text(str(error), style="red"))

    async def said(self, line: str) -> None:
        """Take one line."""
        if not line:
            return
        if line.split()[0] in {*SIGNS, "~", "="}:
            if self._last is None:
                raise TavernkeepError("There is no answer yet to say that of.")
            await self._judge(self._last, line)
            return
        if line == AFRESH:
            if self._last is None:
                raise TavernkeepError("There is no answer yet to ask anew for.")
            await self._ask(self._last.question.text, afresh=True)
            return
        await self._ask(line)

    async def _ask(self, line: str, *, afresh: bool = False) -> None:
        key = uuid.uuid4().hex
        message = Message(
            event_id=key,
            ref=MessageRef(platform=PLATFORM, conversation=CONVERSATION.key, key=key),
            conversation=CONVERSATION,
            person=self._person,
            text=line,
            sent_at=self._now(),
            thread=self._thread,
            addressed=True,
            afresh=afresh,
        )
        reply = self._reply(key)
        await self._assistant.on_message(message, reply)
        self._thread = self._thread or key
        self._last, self._given = reply.answer, []

    async def _judge(self, answer: Answer, line: str) -> None:
        if line.split()[0] == "=":
            correction = Correction(
                event_id=uuid.uuid4().hex,
                answer_id=answer.id,
                person=self._person,
                text=line.removeprefix("=").strip(),
                at=self._now(),
            )
            self._console.print(await self._assistant.on_correction(correction))
            self._given.append(Verdict.DOWN)
            return
        given = self._feedback(answer, line.split())
        await self._assistant.on_verdict(given)
        self._given = [one for one in self._given if one is not given.verdict]
        self._given += [] if given.withdrawn else [given.verdict]
        self._console.print(Text("Noted; it counts from the next re-rank.", style="dim"))

    def _feedback(self, answer: Answer, words: list[str]) -> Feedback:
        sign, reason = words[0], REASONS.get(" ".join(words[1:]))
        if len(words) > 1 and (reason is None or sign != "-"):
            raise TavernkeepError(f"Only - takes a reason, which is one of: {', '.join(REASONS)}.")
        withdrawn = sign == "~"
        if withdrawn and not self._given:
            raise TavernkeepError("There is nothing to take back.")
        verdict = self._given[-1] if withdrawn else SIGNS[sign]
        return Feedback(
            event_id=uuid.uuid4().hex,
            answer_id=answer.id,
            person=self._person,
            verdict=verdict,
            via=Via.REASON if reason else Via.BUTTON,
            at=self._now(),
            reason=reason,
            withdrawn=withdrawn,
        )

    def _reply(self, key: str) -> TerminalReply:
        ref = MessageRef(platform=PLATFORM, conversation=CONVERSATION.key, key=f"{key}-answer")
        return TerminalReply(self._console, ref, self._now)
