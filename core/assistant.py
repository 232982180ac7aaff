"""Assistant: all that a chat platform may call. It receives events durably and sees them through."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from core.answering import Answerer, Asked
from core.answers import Answer, Origin, Question
from core.documents import Document, content_hash
from core.errors import TavernkeepError
from core.feedback import Correction, Feedback
from core.interfaces import Call, Command, Event, JobReport, Progress, Reply
from core.learning.corrections import Corrections
from core.learning.evidence import Evidence
from core.learning.reuse import Reuse
from core.ledger import inbox, messages, views
from core.ledger.answers import load_answer, save_answer, save_post, unposted
from core.ledger.documents import load_document
from core.ledger.ledger import Ledger
from core.messages import Deleted, Edited, Message, MessageRef, Reaction
from core.plugins import Listeners
from core.prompts import Turn
from core.scheduler import Scheduler

log = logging.getLogger(__name__)
STILL_READING = "I am still reading my documents; ask again in a moment for a better answer."
APOLOGY = (
    "Something went wrong on my side, so I have no answer. The log says what; please ask again."
)


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
        self.commands = commands

    # -- events --------------------------------------------------------------------------------

    async def on_message(self, message: Message, reply: Reply) -> None:
        """Store a message, and answer it where the bot is asked; the asker always gets a sentence."""
        if await self._take(message):
            await self._see_through(message, reply)

    async def on_reaction(self, reaction: Reaction) -> None:
        """Store an emoji, and the verdict that it is where it stands on an answer."""
        if await self._take(reaction):
            given = await self._loop.evidence.take_reaction(reaction)
            await self._handled(reaction)
            if given is not None:
                self._listeners.tell(given)

    async def on_verdict(self, feedback: Feedback) -> None:
        """Take a verdict given by a button; raise `UnknownAnswerError` for an unknown answer."""
        if await self._take(feedback):
            await self._loop.evidence.take_verdict(feedback)
            await self._handled(feedback)

    async def on_correction(self, correction: Correction) -> str:
        """Take a better answer and return the sentence for the person who wrote it."""
        if await self._take(correction):
            await self._loop.corrections.take(correction)
            await self._handled(correction)
        return "Thank you: your answer is kept, and near questions get it once it is ranked."

    async def on_edited(self, edited: Edited) -> None:
        """Store a message's new text."""
        if await self._take(edited):
            async with self._ledger.writing() as connection:
                await messages.edit_message(connection, edited)
            await self._handled(edited)

    async def on_deleted(self, deleted: Deleted) -> None:
        """Forget a message's text."""
        if await self._take(deleted):
            async with self._ledger.writing() as connection:
                await messages.delete_message(connection, deleted)
            await self._handled(deleted)

    async def resume(self, platform: str, reply_to: Callable[[Message], Reply]) -> None:
        """See through what a platform delivered before a crash and what never had its effect."""
        async with self._ledger.reading() as connection:
            left = await inbox.pending(connection, platform)
        for event in left:
            log.info("Taking up %s, which was received and not handled.", event.event_id)
            try:
                await self._take_up(event, reply_to)
            except TavernkeepError as error:
                await self._handled(event, str(error))

    async def _take_up(self, event: Event, reply_to: Callable[[Message], Reply]) -> None:
        if isinstance(event, Message):
            await self._see_through(event, reply_to(event))
            return
        if isinstance(event, Reaction):
            await self._loop.evidence.take_reaction(event)
        elif isinstance(event, Feedback):
            await self._loop.evidence.take_verdict(event)
        elif isinstance(event, Correction):
            await self._loop.corrections.take(event)
        else:
            async with self._ledger.writing() as connection:
                if isinstance(event, Edited):
                    await messages.edit_message(connection, event)
                else:
                    await messages.delete_message(connection, event)
        await self._handled(event)

    async def _take(self, event: Event) -> bool:
        async with self._ledger.writing() as connection:
            fresh = await inbox.take(connection, event, self._now())
        if fresh and not isinstance(event, Reaction):
            self._listeners.tell(event)
        return fresh

    async def _handled(self, event: Event, failure: str | None = None) -> None:
        async with self._ledger.writing() as connection:
            await inbox.handled(connection, event, self._now(), failure)

    # -- answering -----------------------------------------------------------------------------

    async def _see_through(self, message: Message, reply: Reply) -> None:
        failure = None
        try:
            async with self._ledger.writing() as connection:
                await messages.save_message(connection, message, self._now())
            if await self._is_asked(message):
                await self._answer(message, reply)
        except TavernkeepError as error:
            failure = str(error)
            await reply.fail(failure)
        except Exception as error:
            log.exception("The message %s could not be answered.", message.ref.id)
            failure = repr(error)
            await reply.fail(APOLOGY)
        await self._handled(message, failure)

    async def _is_asked(self, message: Message) -> bool:
        """Say whether the bot is meant: it is addressed, or the thread is one that it answers in."""
        if message.person.bot or not message.text.strip():
            return False
        if message.addressed or message.conversation.direct:
            return True
        if message.thread is None:
            return False
        async with self._ledger.reading() as connection:
            return await messages.bot_spoke_in(connection, message.conversation.id, message.thread)

    async def _answer(self, message: Message, reply: Reply) -> None:
        async with self._ledger.reading() as connection:
            saved = await unposted(connection, message)
            answer = await load_answer(connection, saved) if saved else None
        if answer is None:
            answer = await self._compose(message, reply)
            async with self._ledger.writing() as connection:
                await save_answer(connection, answer, message)
        ref = await reply.finish(answer)
        await self._posted(message, answer, ref)

    async def _posted(self, message: Message, answer: Answer, ref: MessageRef) -> None:
        async with self._ledger.writing() as connection:
            await save_post(connection, answer, ref, message.thread or message.ref.key, self._now())
        await self._loop.evidence.catch_up(ref)

    async def _compose(self, message: Message, reply: Reply) -> Answer:
        answer_id = content_hash(message.ref.platform, message.event_id)[:32]
        if message.text.lstrip().startswith("/"):
            return await self._command(message, answer_id, reply)
        thread = await self._thread(message)
        text = await self._loop.answerer.standalone(message.text.strip(), thread)
        asked = Asked(
            answer_id=answer_id,
            question=_question(answer_id, text, message.text.strip()),
            thread=tuple(thread),
            person=message.person,
            audience=message.conversation.audience,
        )
        answer = await self._loop.reuse.answer(asked, message.conversation.held, reply)
        if answer.origin is Origin.UNKNOWN and self._scheduler.running:
            return replace(answer, notice=STILL_READING)
        return answer

    async def _thread(self, message: Message) -> list[Turn]:
        if message.thread is None:
            return []
        async with self._ledger.reading() as connection:
            return await messages.thread_turns(
                connection, message.conversation.id, message.thread, message.sent_at, self._turns
            )

    async def _command(self, message: Message, answer_id: str, reply: Reply) -> Answer:
        name, _, arguments = message.text.strip().removeprefix("/").partition(" ")
        command = next((one for one in self.commands if one.name == name.lower()), None)
        if command is None:
            text = f"There is no command `/{name}`. `/help` lists what there is."
        else:
            call = Call(arguments=arguments.strip(), person=message.person, answer_id=answer_id)
            text = await command.run(call, reply.progress)
        return Answer(
            id=answer_id,
            question=_question(answer_id, message.text.strip(), message.text.strip()),
            text=text,
            origin=Origin.COMMAND,
            audience=message.conversation.audience,
            created_at=self._now(),
        )

    # -- what people look at -------------------------------------------------------------------

    async def history(self, conversation_id: str) -> list[views.Entry]:
        """Return what stands in a conversation, oldest first."""
        async with self._ledger.reading() as connection:
            return await views.history(connection, conversation_id)

    async def learned(self) -> list[views.Learned]:
        """Return the answers that people said something of."""
        async with self._ledger.reading() as connection:
            return await views.learned(connection)

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


def _question(answer_id: str, text: str, asked: str) -> Question:
    return Question(id=content_hash(answer_id, text)[:32], text=text, asked=asked)
