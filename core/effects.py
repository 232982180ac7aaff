"""Effects: what each event of the inbox does, once."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime

from core.composing import Composer, Loop
from core.decisions import Decisions
from core.errors import UnknownAnswerError
from core.feedback import Correction, Decision, Feedback, Proposal
from core.interfaces import Event, Reply
from core.ledger import erasure, inbox
from core.ledger.inbox import Claimed
from core.ledger.ledger import Ledger, Transaction
from core.ledger.narrowing import reopen
from core.ledger.rewording import unstitch
from core.messages import Deleted, Edited, Message, Reaction, Reopened
from core.plugins import Listeners
from core.responder import Responder
from core.revising import Reviser

log = logging.getLogger(__name__)


class Effects:
    """Lets an event have its effect, in one transaction with the note that it had it.

    So an event has it once, however often it is delivered and by however many processes it is taken
    up. Listeners are told after the transaction.
    """

    def __init__(
        self,
        *,
        ledger: Ledger,
        loop: Loop,
        responder: Responder,
        reviser: Reviser,
        decisions: Decisions,
        listeners: Listeners,
        owner: str,
        now: Callable[[], datetime],
    ) -> None:
        """Take whose claims the effects are made under."""
        self._ledger = ledger
        self._loop = loop
        self._responder = responder
        self._reviser = reviser
        self.decisions = decisions
        self._listeners = listeners
        self._owner = owner
        self._now = now

    async def see_through(self, claimed: Claimed, reply: Reply | None) -> bool:
        """Let an event have its effect; return False where it is to be tried again later.

        A message needs a reply. Raises `UnknownAnswerError` for what can never have an effect, which
        is noted, and `ClaimLostError` where another process sees the event through by now.
        """
        event = claimed.event
        if isinstance(event, Message):
            if reply is None:
                return False
            done = await self._responder.respond(claimed, event, reply)
            if done:
                await self._loop.offering.offer(event, reply)
            return done
        if isinstance(event, Edited):
            await self._reviser.see_through(claimed, event)
            return True
        try:
            told = await self._effect(event)
        except UnknownAnswerError as error:
            await self._handled(event, str(error))
            raise
        if told is not None:
            self._listeners.tell(told)
        return True

    async def give_up(self, claimed: Claimed, reply: Reply | None, failure: str) -> None:
        """Note for good that an event had no effect; whoever asked is told, once."""
        log.error("%s is given up: %s", claimed.event.event_id, failure)
        if isinstance(claimed.event, Message) and reply is not None:
            await self._responder.give_up(claimed, reply, failure)
        else:
            await self._handled(claimed.event, failure)

    async def _effect(self, event: Event) -> Event | None:
        """Make the effect, and return what listeners are to be told."""
        if isinstance(event, Correction):
            taken = await self._loop.corrections.take(event)
            await self._handled(event)
            return event if taken else None
        if isinstance(event, Decision) and event.choice.about_offer:
            kept = await self._loop.offering.prepared(event)
            async with self._ledger.writing() as connection:
                await self._loop.offering.settle(connection, event, kept)
                await self._note_handled(connection, event)
            return event
        if isinstance(event, Decision):
            decided = await self.decisions.decide(event)
            await self._handled(event)
            return event if decided else None
        if isinstance(event, Proposal):
            support = await self._loop.proposals.support(event)
            async with self._ledger.writing() as connection:
                proposed = await self._loop.proposals.take(connection, event, support)
                await self._note_handled(connection, event)
            return proposed
        async with self._ledger.writing() as connection:
            told = await self._change(connection, event)
            await self._note_handled(connection, event)
        return told

    async def _change(self, connection: Transaction, event: Event) -> Event | None:
        if isinstance(event, Reaction):  # it is told as the verdict that it is
            taken = await self._loop.evidence.take_reaction(connection, event)
            await self._loop.proposals.take_back(connection, event)
            return taken or event
        if isinstance(event, Feedback):
            return await self._loop.evidence.take_verdict(connection, event)
        if isinstance(event, Deleted):
            await unstitch(connection, event, self._now())
            await erasure.erase_message(connection, event, self._now())
        if isinstance(event, Reopened):
            await reopen(connection, event, self._now())
        return event

    async def _handled(self, event: Event, failure: str | None = None) -> None:
        async with self._ledger.writing() as connection:
            await self._note_handled(connection, event, failure)

    async def _note_handled(
        self, connection: Transaction, event: Event, failure: str | None = None
    ) -> None:
        await inbox.handled(connection, event, self._now(), failure, self._owner)
        if isinstance(event, Proposal):  # the words are others', and stand where they can be erased
            await inbox.empty(connection, event)


def effects_of(
    *,
    composer: Composer,
    ledger: Ledger,
    loop: Loop,
    listeners: Listeners,
    replies: Mapping[str, Callable[[Message], Reply]],
    owner: str,
    now: Callable[[], datetime],
) -> Effects:
    """Return what lets events have their effect, under this process's claims."""
    reviser = Reviser(
        ledger=ledger,
        composer=composer,
        listeners=listeners,
        replies=replies,
        owner=owner,
        now=now,
    )
    decisions = Decisions(
        ledger=ledger,
        corrections=loop.corrections,
        evidence=loop.evidence,
        listeners=listeners,
        replies=replies,
        mode=loop.rules.mode,
        owner=owner,
        now=now,
    )
    return Effects(
        ledger=ledger,
        loop=loop,
        responder=_responder(composer, ledger, loop, listeners, owner, now),
        reviser=reviser,
        decisions=decisions,
        listeners=listeners,
        owner=owner,
        now=now,
    )


def _responder(
    composer: Composer,
    ledger: Ledger,
    loop: Loop,
    listeners: Listeners,
    owner: str,
    now: Callable[[], datetime],
) -> Responder:
    return Responder(
        ledger=ledger,
        evidence=loop.evidence,
        composer=composer,
        listeners=listeners,
        rules=loop.rules,
        owner=owner,
        now=now,
    )
