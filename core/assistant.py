"""Assistant: all that a chat platform may call. It receives events durably and sees them through."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from core.answers import Answer
from core.composing import Composer, Loop
from core.documents import Document
from core.effects import effects_of
from core.feedback import Correction, Decision, Feedback, Proposal, Reason
from core.interfaces import Command, Event, Reply
from core.job import JobReport, Progress
from core.ledger import posts, views
from core.ledger.answers import answer_at
from core.ledger.documents import load_document
from core.ledger.envelopes import storable
from core.ledger.inbox import Claimed
from core.ledger.intake import Intake
from core.ledger.ledger import Ledger
from core.ledger.messages import keys_below
from core.ledger.people import closed_conversations
from core.ledger.tombstones import of_the_forgotten, tombstone
from core.messages import Conversation, Deleted, Edited, Message, MessageRef, Reaction
from core.plugins import Listeners
from core.scheduler import Scheduler
from core.sweeping import Post, missed
from core.worker import Worker

THANKS = "Thank you: your answer is kept, and near questions get it once it is ranked."
SAVED = "It is saved: near questions get it as an answer once it is ranked."


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
        self._evidence = loop.evidence
        self._offering = loop.offering
        self._listeners = listeners
        self._status = status
        self._intake = Intake(ledger=ledger, owner=owner, now=now)
        replies = loop.teller.replies
        composer = Composer(
            ledger=ledger, loop=loop, scheduler=scheduler, commands=commands, now=now
        )
        effects = effects_of(
            composer=composer,
            ledger=ledger,
            loop=loop,
            listeners=listeners,
            replies=replies,
            owner=owner,
            now=now,
        )
        self._decisions = effects.decisions
        self._worker = Worker(ledger=ledger, effects=effects, owner=owner, now=now, replies=replies)
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
        """Take a verdict given by a button; raise `UnknownAnswerError` for an unknown answer.

        What is outdated has the sources read again soon.
        """
        await self._see_through(feedback)
        if feedback.reason is Reason.OUTDATED and not feedback.withdrawn:
            self._scheduler.hurry("refresh")

    async def on_correction(self, correction: Correction) -> str:
        """Take a better answer and return the sentence for the person who wrote it.

        Raises `UnknownAnswerError` where there is nothing to correct or no text.
        """
        await self._see_through(correction)
        return THANKS

    async def on_decision(self, decision: Decision) -> None:
        """Publish or dismiss a draft, or share an answer that only its asker sees.

        Raises `UnknownAnswerError`, with a sentence for the person, where it is not theirs to decide.
        """
        await self._see_through(decision)

    async def on_edited(self, edited: Edited) -> None:
        """Store a message's new text; a question that nobody reacted to yet is answered anew."""
        await self._see_through(edited)

    async def on_deleted(self, deleted: Deleted) -> None:
        """Forget a message, and what was only learned from it."""
        await self._see_through(deleted)

    async def on_proposal(self, proposal: Proposal) -> str:
        """Save what somebody wrote as an answer; return the sentence for the person who proposed it.

        Raises `UnknownAnswerError` with a sentence where it cannot be, for instance without a question.
        """
        await self._see_through(proposal)
        return SAVED

    async def sweep(self, ref: MessageRef, standing: Sequence[Reaction], at: datetime) -> int:
        """Receive what was missed on a message while the bot was away; return how much that was.

        `standing` are all emoji that stood on it when the platform was asked, `at` by the platform's
        clock. Doing it again changes nothing. Nobody can tell since when an emoji stands, so those
        of people who were forgotten are passed over.
        """
        async with self._ledger.reading() as connection:
            known = await posts.emoji_on(connection, [ref])
            found = missed(known.get(ref.id, ()), standing, at)
            forgotten = await of_the_forgotten(connection, found)
        due = [one for one in found if tombstone(one.person.id) not in forgotten]
        return sum([await self.receive(one) for one in due])

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

    async def answer(self, answer_id: str) -> Answer | None:
        """Return a stored answer, or None."""
        async with self._ledger.reading() as connection:
            return await views.shown(connection, answer_id)

    async def answer_at(self, ref: MessageRef) -> Answer | None:
        """Return the answer that stands at a place, or None."""
        async with self._ledger.reading() as connection:
            answer_id = await answer_at(connection, ref)
            return await views.shown(connection, answer_id) if answer_id else None

    async def asked(self, answer_id: str) -> Message | None:
        """Return the message that an answer answers; None where it was taken away, or there is none."""
        async with self._ledger.reading() as connection:
            return await posts.asked_for(connection, answer_id)

    async def thread_of(self, ref: MessageRef) -> str | None:
        """Return the key of the message that a stored message's talk began with, which may be itself."""
        async with self._ledger.reading() as connection:
            return await posts.thread_of(connection, ref)

    async def closed_conversations(self, platform: str) -> list[Conversation]:
        """Return the conversations of a platform that not everyone reads, direct ones left out."""
        async with self._ledger.reading() as connection:
            return await closed_conversations(connection, platform)

    async def messages_below(self, conversation: Conversation, beginning: str) -> list[MessageRef]:
        """Return what stands in a conversation under keys that begin so, as those of one thread may."""
        async with self._ledger.reading() as connection:
            keys = await keys_below(connection, conversation.id, beginning)
        place = {"platform": conversation.platform, "conversation": conversation.key}
        return [MessageRef(**place, key=key) for key in keys]

    async def posts_since(self, platform: str, at: datetime) -> list[Post]:
        """Return where answers were posted on a platform from a time on, oldest first."""
        async with self._ledger.reading() as connection:
            return await posts.posts_since(connection, platform, at)

    async def offers(self, platform: str) -> list[tuple[str, Answer]]:
        """Return what people of a platform are asked to decide alone, each with whose it is to decide."""
        return await self._offering.open_on(platform)

    async def objection(self, decision: Decision) -> str | None:
        """Return the sentence on why a decision would have no effect now, or None."""
        if decision.choice.about_offer:
            return await self._offering.objection(decision)
        return await self._decisions.objection(decision)

    async def asks_why(self, reaction: Reaction) -> Answer | None:
        """Return the answer that somebody just found wrong by an emoji without having said why.

        None where the emoji says nothing of the kind, was taken off, or is not the person's last word.
        The reaction need not have had its effect yet.
        """
        async with self._ledger.reading() as connection:
            return await self._evidence.unexplained(connection, reaction)

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
