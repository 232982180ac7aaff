"""Composing: what is answered to a message, be it a question, a follow-up or a command."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from core.answering import Answerer, Asked
from core.answers import Answer, Origin
from core.commands import is_command, question_of, run_command
from core.gating import Rules
from core.interfaces import Command, Reply
from core.learning.corrections import Corrections
from core.learning.evidence import Evidence
from core.learning.offering import Offering
from core.learning.preferring import Preferring
from core.learning.proposals import Proposals
from core.learning.reuse import Reuse
from core.learning.telling import Teller
from core.ledger import messages
from core.ledger.ledger import Ledger
from core.messages import Message
from core.prompts import Turn
from core.scheduler import Scheduler

READING = frozenset({"refresh", "reembed"})  # jobs before whose end something may not be found
STILL_READING = "I am still reading my documents; ask again in a moment for a better answer."


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """The use cases of the feedback loop; a follow-up is read with so many earlier `turns`.

    `rules` say which messages begin it.
    """

    reuse: Reuse
    answerer: Answerer
    evidence: Evidence
    corrections: Corrections
    proposals: Proposals
    offering: Offering
    teller: Teller
    preferring: Preferring
    turns: int
    rules: Rules = field(default_factory=Rules)


class Composer:
    """Finds out what a message asks, and has it answered."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        loop: Loop,
        scheduler: Scheduler,
        commands: Sequence[Command],
        now: Callable[[], datetime],
    ) -> None:
        """Take who answers what."""
        self._ledger = ledger
        self._loop = loop
        self._scheduler = scheduler
        self._commands = commands
        self._now = now

    async def compose(self, message: Message, answer_id: str, reply: Reply) -> Answer:
        """Return the answer to a message, shown in the reply while it is being written; nothing is saved.

        Raises `TavernkeepError` where there is none, and what a command raises.
        """
        if is_command(message.text):
            return await run_command(self._commands, message, answer_id, reply, self._now())
        thread = await self._thread(message)
        text = await self._loop.answerer.standalone(message.text.strip(), thread)
        kept = await self._loop.preferring.kept(message.person)
        sought = Asked(
            answer_id=answer_id,
            question=question_of(answer_id, text, message.text.strip()),
            thread=tuple(thread),
            person=message.person,
            audience=message.conversation.audience,
            style=kept.preferences,
        )
        answer = await self._loop.reuse.answer(
            sought, message.conversation.held, reply, afresh=message.afresh
        )
        if answer.origin is Origin.UNKNOWN and self._scheduler.running in READING:
            notices = (answer.notice, STILL_READING)
            return replace(answer, notice=" ".join(one for one in notices if one))
        return answer

    async def _thread(self, message: Message) -> list[Turn]:
        if message.thread is None or message.afresh:
            return []
        async with self._ledger.reading() as connection:
            place, before = message.conversation.id, message.sent_at
            return await messages.thread_turns(
                connection, place, message.thread, before, self._loop.turns
            )
