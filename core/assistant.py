"""Assistant: all that a chat platform may call. It receives events durably and sees them through."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from core.answering import Answerer, Asked
from core.answers import Answer, Origin
from core.commands import is_command, question_of, run_command
from core.documents import Document, content_hash
from core.errors import TavernkeepError, UnknownAnswerError
from core.feedback import Correction, Feedback
from core.interfaces import Command, Event, JobReport, Progress, Reply
from core.learning.corrections import Corrections
from core.learning.evidence import Evidence
from core.learning.reuse import Reuse
from core.ledger import erasure, inbox, messages, views
from core.ledger.answers import load_answer, save_answer, save_post, unposted
from core.ledger.documents import load_document
from core.ledger.ledger import Ledger
from core.messages import Deleted, Edited, Message, MessageRef, Reaction
from core.plugins import Listeners
from core.prompts import Turn
from core.scheduler import Scheduler

log = logging.getLogger(__name__)
READING = frozenset({"refresh", "reembed"})  # jobs before whose end something may not be found
STILL_READING = "I am still reading my documents; ask again in a moment for a better answer."
APOLOGY = (
    "Something went wrong on my side, so I have no answer. The log says what; please ask again."
)
TAKEN_AWAY = "The question was taken away, so I have forgotten it."
NO_QUESTION = "I can only read text, and there was none: what would you like to know?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """The use cases of the feedback loop."""

    reuse: Reuse
    answerer: Answerer
    evidence: Evidence
    corrections: Corrections


class Assistant:
    """Receives what happens on a platform: first into the ledger, then the effect.

    Each method returns when the event has had its effect. A repeated delivery has none.
    """

    def __init__(
        self,
        *,
        ledger: Ledger,
        loop: Loop,
        scheduler: Scheduler,
        commands: Sequence[Command],
        listeners: Listeners,
        status: Callable[[], Awaitable[dict[str, str]]],
        turns: int,
        now: Callable[[], datetime],
    ) -> None:
        """Take what it hands events to."""
        self._ledger = ledger
        self._loop = loop
        self._scheduler = scheduler
        self._listeners = listeners
        self._status = status
        self._turns = turns
        self._now = now
        self._under_way: set[str] = set()
        self.commands = commands

    # -- events --------------------------------------------------------------------------------

    async def on_message(self, message: Message, reply: Reply) -> None:
        """Store a message, and answer it where the bot is asked; the asker always gets a sentence."""
        if await self._take(message):
            await self._see_through(message, reply)

    async def on_reaction(self, reaction: Reaction) -> None:
        """Store an emoji, and the verdict that it is where it stands on an answer."""
        if await self._take(reaction):
            await self._take_effect(reaction)

    async def on_verdict(self, feedback: Feedback) -> None:
        """Take a verdict given by a button; raise `UnknownAnswerError` for an unknown answer."""
        if await self._take(feedback):
            await self._take_effect(feedback)

    async def on_correction(self, correction: Correction) -> str:
        """Take a better answer and return the sentence for the person who wrote it.

        Raises `UnknownAnswerError` where there is nothing to correct or no text.
        """
        if await self._take(correction):
            await self._take_effect(correction)
        return "Thank you: your answer is kept, and near questions get it once it is ranked."

    async def on_edited(self, edited: Edited) -> None:
        """Store a message's new text."""
        if await self._take(edited):
            await self._take_effect(edited)

    async def on_deleted(self, deleted: Deleted) -> None:
        """Forget a message, and what was only learned from it."""
        if await self._take(deleted):
            await self._take_effect(deleted)

    async def resume(self, platform: str, reply_to: Callable[[Message], Reply]) -> None:
        """See through what a platform delivered before a crash and what never had its effect.

        What fails again, without anybody having been told, is left for the next time.
        """
        async with self._ledger.reading() as connection:
            left = await inbox.pending(connection, platform)
        for event in left:
            log.info("Taking up %s, which was received and not handled.", event.event_id)
            try:
                if not isinstance(event, Message):
                    await self._take_effect(event)
                elif event.ref.id not in self._under_way:
                    await self._see_through(event, reply_to(event))
            except Exception:  # one event must not keep the others, or the bot, from starting
                log.exception("The event %s had no effect.", event.event_id)

    async def _take_effect(self, event: Event) -> None:
        """Let an event have its effect; where it cannot ever have one, note why."""
        try:
            await self._effect(event)
        except UnknownAnswerError as error:
            await self._handled(event, str(error))
            raise
        await self._handled(event)

    async def _effect(self, event: Event) -> None:
        if isinstance(event, Reaction):
            given = await self._loop.evidence.take_reaction(event)
            self._listeners.tell(given or event)
        elif isinstance(event, Feedback):
            await self._loop.evidence.take_verdict(event)
        elif isinstance(event, Correction):
            await self._loop.corrections.take(event)
        else:
            async with self._ledger.writing() as connection:
                if isinstance(event, Edited):
                    await erasure.replace_message(connection, event, self._now())
                elif isinstance(event, Deleted):
                    await erasure.erase_message(connection, event, self._now())

    async def _take(self, event: Event) -> bool:
        async with self._ledger.writing() as connection:
            fresh = await inbox.take(connection, event, self._now())
            gone = await inbox.came_too_late(connection, event)
        # A reaction is told as the verdict that it is; what was taken away is not told at all.
        if fresh and not gone and not isinstance(event, Reaction):
            self._listeners.tell(event)
        return fresh

    async def _handled(self, event: Event, failure: str | None = None) -> None:
        async with self._ledger.writing() as connection:
            await inbox.handled(connection, event, self._now(), failure)

    # -- answering -----------------------------------------------------------------------------

    async def _see_through(self, message: Message, reply: Reply) -> None:
        self._under_way.add(message.ref.id)
        failure, told = None, True
        try:
            async with self._ledger.writing() as connection:
                stands = await messages.save_message(connection, message, self._now())
            if stands and await self._is_asked(message):
                await self._answer(message, reply)
        except TavernkeepError as error:
            failure, told = str(error), await self._apologise(message, reply, str(error))
        except Exception as error:  # the asker gets a sentence, whatever it was
            log.exception("The message %s could not be answered.", message.ref.id)
            failure, told = repr(error), await self._apologise(message, reply, APOLOGY)
        finally:
            self._under_way.discard(message.ref.id)
        if told:
            await self._handled(message, failure)

    async def _apologise(self, message: Message, reply: Reply, sentence: str) -> bool:
        """Say why there is no answer; return False where the platform does not take it."""
        try:
            await reply.fail(sentence)
        except Exception:  # a stranger's code may raise anything; the message is taken up again
            log.exception("Nobody could be told that %s is not answered.", message.ref.id)
            return False
        return True

    async def _is_asked(self, message: Message) -> bool:
        """Say whether the bot is meant: it is addressed, or the thread is one that it answers in."""
        if message.person.bot:
            return False
        if message.addressed or message.conversation.direct:
            return True
        if message.thread is None or not message.text.strip():
            return False
        async with self._ledger.reading() as connection:
            return await messages.bot_spoke_in(connection, message.conversation.id, message.thread)

    async def _answer(self, message: Message, reply: Reply) -> None:
        if not message.text.strip():
            await reply.fail(NO_QUESTION)
            return
        answer_id = content_hash(message.ref.platform, message.event_id)[:32]
        async with self._ledger.reading() as connection:
            answer = await load_answer(connection, answer_id)
            if answer is not None and await unposted(connection, message) is None:
                return  # the bot was stopped after it had posted
        if answer is None:
            answer = await self._compose(message, answer_id, reply)
            async with self._ledger.writing() as connection:
                if await inbox.is_buried(connection, message.ref):
                    raise TavernkeepError(TAKEN_AWAY)
                await save_answer(connection, answer, message)
        ref = await reply.finish(answer)
        await self._posted(message, answer, ref)

    async def _posted(self, message: Message, answer: Answer, ref: MessageRef) -> None:
        async with self._ledger.writing() as connection:
            await save_post(connection, answer, ref, message.thread or message.ref.key, self._now())
        for given in await self._loop.evidence.catch_up(ref):
            self._listeners.tell(given)

    async def _compose(self, message: Message, answer_id: str, reply: Reply) -> Answer:
        if is_command(message.text):
            return await run_command(self.commands, message, answer_id, reply, self._now())
        thread = await self._thread(message)
        text = await self._loop.answerer.standalone(message.text.strip(), thread)
        asked = Asked(
            answer_id=answer_id,
            question=question_of(answer_id, text, message.text.strip()),
            thread=tuple(thread),
            person=message.person,
            audience=message.conversation.audience,
        )
        answer = await self._loop.reuse.answer(asked, message.conversation.held, reply)
        if answer.origin is Origin.UNKNOWN and self._scheduler.running in READING:
            notices = (answer.notice, STILL_READING)
            return replace(answer, notice=" ".join(one for one in notices if one))
        return answer

    async def _thread(self, message: Message) -> list[Turn]:
        if message.thread is None:
            return []
        async with self._ledger.reading() as connection:
            return await messages.thread_turns(
                connection, message.conversation.id, message.thread, message.sent_at, self._turns
            )

    # -- what people look at -------------------------------------------------------------------

    async def history(self, conversation_id: str) -> list[views.Entry]:
        """Return what stands in a conversation, oldest first."""
        async with self._ledger.reading() as connection:
            return await views.history(connection, conversation_id)

    async def learned(self) -> list[views.Learned]:
        """Return the answers that people said something of and that everyone may read."""
        async with self._ledger.reading() as connection:
            learned = await views.learned(connection)
        return [one for one in learned if one.answer.audience.readable_by(frozenset())]

    async def ratings_over_time(self) -> list[views.RatingPoint]:
        """Return every rating of every epoch."""
        async with self._ledger.reading() as connection:
            return await views.ratings_over_time(connection)

    async def counts(self) -> dict[str, int]:
        """Return how much of everything is in the ledger."""
        async with self._ledger.reading() as connection:
            return await views.counts(connection)

    async def document(self, document_id: str) -> Document | None:
        """Return a stored document that everyone may read, or None."""
        async with self._ledger.reading() as connection:
            document = await load_document(connection, document_id)
        return document if document and document.audience.readable_by(frozenset()) else None

    async def run_job(self, name: str, progress: Progress) -> JobReport:
        """Run a job now; raise `TavernkeepError` for an unknown one."""
        return await self._scheduler.run(name, progress)

    async def status(self) -> dict[str, str]:
        """Return a sentence on each part: the model, the embedder, the index, the job that runs."""
        return await self._status()

    async def drain(self) -> None:
        """Wait until everything that was set going has ended."""
        await self._listeners.drain()
