"""Assistant: all that a chat platform may call. It receives events durably and sees them through."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from core.composing import Composer, Loop
from core.documents import Document
from core.effects import Effects
from core.feedback import Correction, Feedback
from core.interfaces import Command, Event, JobReport, Progress, Reply
from core.ledger import views
from core.ledger.documents import load_document
from core.ledger.envelopes import storable
from core.ledger.inbox import Claimed
from core.ledger.intake import Intake
from core.ledger.ledger import Ledger
from core.messages import Deleted, Edited, Message, Reaction
from core.plugins import Listeners
from core.responder import Responder
from core.scheduler import Scheduler
from core.worker import Worker

THANKS = "Thank you: your answer is kept, and near questions get it once it is ranked."


class Assistant:
    """Receives what happens on a platform: first into the ledger, then the effect.

    A platform that must acknowledge soon calls `receive`, which returns once the event is durable;
    the effect follows. One that can wait calls the `on_…` methods, which return when the event has
    had its effect. A repeated delivery has none.
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
        owner: str,
        now: Callable[[], datetime],
    ) -> None:
        """Take what it hands events to. `owner` is this process in the ledger; no two share one."""
        self._ledger = ledger
        self._scheduler = scheduler
        self._listeners = listeners
        self._status = status
        self._intake = Intake(ledger=ledger, owner=owner, now=now)
        composer = Composer(
            ledger=ledger, loop=loop, scheduler=scheduler, commands=commands, now=now
        )
        responder = Responder(
            ledger=ledger,
            evidence=loop.evidence,
            composer=composer,
            listeners=listeners,
            owner=owner,
            now=now,
        )
        effects = Effects(
            ledger=ledger, loop=loop, responder=responder, listeners=listeners, owner=owner, now=now
        )
        self._worker = Worker(ledger=ledger, effects=effects, owner=owner, now=now)
        self.commands = commands

    # -- events --------------------------------------------------------------------------------

    async def receive(self, event: Event) -> bool:
        """Store an event and return once the platform may be told so; the effect follows by itself.

        Returns False for a repetition. Raises `LedgerError` where the event is not stored: then it
        must not be acknowledged, so that the platform delivers it again. The answer to a message
        appears in a reply made by what `resume` was given.
        """
        event = storable(event)
        fresh = await self._intake.take(event)
        if fresh:
            self._worker.begin(Claimed(event=event))
        return fresh

    async def on_message(self, message: Message, reply: Reply) -> None:
        """Store a message, and answer it where the bot is asked; the asker always gets a sentence."""
        await self._see_through(message, reply)

    async def on_reaction(self, reaction: Reaction) -> None:
        """Store an emoji, and the verdict that it is where it stands on an answer."""
        await self._see_through(reaction)

    async def on_verdict(self, feedback: Feedback) -> None:
        """Take a verdict given by a button; raise `UnknownAnswerError` for an unknown answer."""
        await self._see_through(feedback)

    async def on_correction(self, correction: Correction) -> str:
        """Take a better answer and return the sentence for the person who wrote it.

        Raises `UnknownAnswerError` where there is nothing to correct or no text.
        """
        await self._see_through(correction)
        return THANKS

    async def on_edited(self, edited: Edited) -> None:
        """Store a message's new text."""
        await self._see_through(edited)

    async def on_deleted(self, deleted: Deleted) -> None:
        """Forget a message, and what was only learned from it."""
        await self._see_through(deleted)

    async def resume(self, platform: str, reply_to: Callable[[Message], Reply]) -> None:
        """See through what a platform delivered and what never had its effect, then return.

        From here on the platform's events are seen through here, in replies made by `reply_to`.
        What fails is tried again later, by this process or another.
        """
        self._worker.serve(platform, reply_to)
        await self._worker.take_up([platform])

    async def _see_through(self, event: Event, reply: Reply | None = None) -> None:
        event = storable(event)
        if await self._intake.take(event):
            await self._worker.see_through(Claimed(event=event), reply)

    # -- starting and ending -------------------------------------------------------------------

    def start(self) -> None:
        """Go on taking up what fails, and what other processes leave, until `stop`."""
        self._worker.start()

    async def stop(self) -> None:
        """End what is under way, so that it can be taken up again, and tell listeners the rest."""
        await self._worker.stop()
        await self._listeners.drain()

    async def drain(self) -> None:
        """Wait until everything that was set going has ended."""
        await self._worker.drain()
        await self._listeners.drain()

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
