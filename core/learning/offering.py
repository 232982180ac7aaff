"""Offering: what somebody trusted wrote below an answer that did not help may become an answer."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from core.answers import Answer, Citation, Origin, Placement, Question
from core.documents import content_hash
from core.errors import NoPlaceError, PlatformAwayError, UnknownAnswerError
from core.feedback import Choice, Decision, Proposal
from core.gating import Rules
from core.interfaces import Reply
from core.learning.proposals import Proposals
from core.learning.trusting import is_trusted
from core.ledger import offers
from core.ledger.answers import load_answer
from core.ledger.doubts import doubt_of
from core.ledger.inbox import delivered, is_buried
from core.ledger.ledger import Ledger, Transaction
from core.ledger.links import accounts_of
from core.ledger.modes import facts_of
from core.ledger.offers import Offer, OfferState
from core.ledger.proposals import Wording, said_of, wording_of
from core.ledger.signals import last_given
from core.messages import Message, MessageRef
from core.modes import Mode
from core.settings_of_learning import LearningSettings

log = logging.getLogger(__name__)
MOST_A_DAY = 3  # offers to one person
ENOUGH = 3  # times that somebody said No, after which they are left alone
LATELY = timedelta(days=30)
QUOTE = 120  # letters of the question that an offer names
ASKS = "Shall people who ask “{question}” get what you wrote?"
GONE = "What you wrote, or the answer above it, was taken away: there is nothing to be kept."
NOT_YOURS = "Only whoever wrote it can decide whether it is kept."
DECIDED = "That was decided before: it was {state}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What is to be kept: the words with their question, and the messages that they stand in.

    `same` is what others said to that question that says the same.
    """

    proposal: Proposal
    wording: Wording
    parts: tuple[MessageRef, ...]
    support: tuple[Citation, ...] = ()
    same: frozenset[str] = frozenset()


class Offering:
    """Asks people whether what they wrote is to be kept, and keeps it.

    Nobody is asked twice about one answer, more than `MOST_A_DAY` times a day, or once they said No
    `ENOUGH` times within thirty days. An offer is noted before it is shown: one that a crash cuts
    short is not made again.
    """

    def __init__(
        self,
        *,
        ledger: Ledger,
        proposals: Proposals,
        settings: LearningSettings,
        rules: Rules,
        now: Callable[[], datetime],
    ) -> None:
        """Take what keeps answers, and the rules by which the bot takes part."""
        self._ledger = ledger
        self._proposals = proposals
        self._settings = settings
        self._rules = rules
        self._now = now

    async def offer(self, message: Message, reply: Reply) -> bool:
        """Ask the writer of a handled message, alone, whether it is to be kept, where it may be.

        What the platform refuses is logged: nobody waits for an offer.
        """
        if not self._settings.offer or message.person.bot or message.thread is None:
            return False
        async with self._ledger.reading() as connection:
            answer = await self._answered(connection, message)
        if answer is None:
            return False
        offer = _offer_of(message, answer, self._now())
        async with self._ledger.writing() as connection:
            if not await offers.save_offer(connection, offer):
                return False
        try:
            await reply.place(Placement.ASKER)
            await reply.finish(_asks(offer, message, answer))
        except (NoPlaceError, PlatformAwayError) as error:
            log.info("Nobody is asked whether %s is to be kept: %s", message.ref.id, error)
            return False
        return True

    async def open_on(self, platform: str) -> list[tuple[str, Answer]]:
        """Return what people of a platform are still asked, each with the id of whom, oldest first.

        After thirty days nobody is asked any more, nor where there is nothing left to be kept.
        """
        found: list[tuple[str, Answer]] = []
        async with self._ledger.reading() as connection:
            for offer in await offers.open_offers(connection, platform, self._now() - LATELY):
                message = await delivered(connection, offer.message_id)
                answer = await load_answer(connection, offer.answer_id)
                if message is None or answer is None or not answer.question.text:
                    continue
                if not await is_buried(connection, message.ref):
                    found.append((offer.person_id, _asks(offer, message, answer)))
        return found

    async def objection(self, decision: Decision) -> str | None:
        """Return the sentence on why a decision on an offer would have no effect now, or None."""
        async with self._ledger.reading() as connection:
            try:
                await self._open(connection, decision)
            except UnknownAnswerError as error:
                return str(error)
        return None

    async def prepared(self, decision: Decision) -> Kept | None:
        """Return what is to be kept with what supports it; looked up before `settle`, as it takes a while."""
        if decision.choice is not Choice.KEEP:
            return None
        async with self._ledger.reading() as connection:
            offer = await self._open(connection, decision)
            kept = await self._kept(connection, decision, offer)
            audience = kept.proposal.conversation.audience
            said = await said_of(connection, kept.wording.text, audience)
        support = await self._proposals.support(kept.proposal)
        same = await self._proposals.same(kept.proposal.text, said.values())
        return replace(kept, support=support, same=same)

    async def settle(
        self, connection: Transaction, decision: Decision, prepared: Kept | None
    ) -> None:
        """Keep what was offered, or not, in the caller's transaction.

        Raises `UnknownAnswerError` with a sentence where that cannot be, or is not theirs to decide.
        """
        offer = await self._open(connection, decision)
        if decision.choice is Choice.DECLINE or prepared is None:
            await offers.decide_offer(connection, offer.id, OfferState.DECLINED)
            return
        kept = await self._kept(connection, decision, offer)  # as it stands by now
        proposal = kept.proposal
        same = prepared.same if prepared.proposal.text == proposal.text else ()
        await self._proposals.keep(
            connection, proposal, prepared.support, kept.wording, kept.parts, same
        )
        await offers.decide_offer(connection, offer.id, OfferState.KEPT)

    # -- whom to ask ---------------------------------------------------------------------------

    async def _answered(self, connection: Transaction, message: Message) -> Answer | None:
        """Return the answer that a message is better than, where its writer may be asked about it."""
        answer_id = await offers.answered_below(connection, message.ref)
        answer = await load_answer(connection, answer_id) if answer_id else None
        if answer is None or not await doubt_of(connection, answer.id, self._rules.sure_from):
            return None
        facts = await facts_of(
            connection, message, default=self._rules.mode, silenced_by=self._rules.silenced_by
        )
        if facts.mode is Mode.OFF or facts.silenced:
            return None
        accounts = [one.id for one in await accounts_of(connection, message.person)]
        if await self._had_enough(connection, accounts, answer.id):
            return None
        trusted = await is_trusted(connection, self._settings, message.person, message.sent_at)
        return answer if trusted else None

    async def _had_enough(
        self, connection: Transaction, accounts: Sequence[str], answer_id: str
    ) -> bool:
        now, declined = self._now(), OfferState.DECLINED
        day = now - timedelta(days=1)
        return (
            await offers.count_offers(connection, accounts, answer_id=answer_id) > 0
            or await offers.count_offers(connection, accounts, since=day) >= MOST_A_DAY
            or await offers.count_offers(connection, accounts, since=now - LATELY, state=declined)
            >= ENOUGH
        )

    # -- what is kept --------------------------------------------------------------------------

    async def _open(self, connection: Transaction, decision: Decision) -> Offer:
        offer = await offers.load_offer(connection, decision.answer_id)
        if offer is None:
            raise UnknownAnswerError(GONE)
        if offer.person_id != decision.person.id:
            raise UnknownAnswerError(NOT_YOURS)
        if offer.state is not OfferState.OPEN:
            raise UnknownAnswerError(DECIDED.format(state=offer.state.value))
        return offer

    async def _kept(self, connection: Transaction, decision: Decision, offer: Offer) -> Kept:
        """Return what somebody wrote in a row below the answer, up to their decision, as one text."""
        message = await delivered(connection, offer.message_id)
        wording = await wording_of(connection, offer.answer_id)
        if message is None or wording is None or await is_buried(connection, message.ref):
            raise UnknownAnswerError(GONE)
        given = await last_given(connection, message)
        # What is offered counts, also where the platform's clock is behind ours.
        before = message.sent_at - timedelta(microseconds=1)
        since = min(given.at, before) if given else before
        written = await offers.written_around(connection, message, since, decision.at)
        if not written:
            raise UnknownAnswerError(GONE)
        proposal = Proposal(
            event_id=decision.event_id,
            ref=written[0][0],
            conversation=message.conversation,
            person=decision.person,
            author=decision.person,
            text="\n\n".join(text for _, text in written),
            question=wording.text,
            at=decision.at,
            thread=message.thread,
        )
        return Kept(proposal=proposal, wording=wording, parts=tuple(ref for ref, _ in written))


def _offer_of(message: Message, answer: Answer, now: datetime) -> Offer:
    return Offer(
        id=content_hash("offer", answer.id, message.person.id)[:32],
        answer_id=answer.id,
        message_id=message.ref.id,
        person_id=message.person.id,
        state=OfferState.OPEN,
        at=now,
    )


def _asks(offer: Offer, message: Message, answer: Answer) -> Answer:
    """Return the offer as it is shown."""
    asked = " ".join(answer.question.asked.split())
    named = asked if len(asked) <= QUOTE else f"{asked[: QUOTE - 1]}…"
    return Answer(
        id=offer.id,
        question=Question(id=offer.id, text=asked, asked=asked),
        text=ASKS.format(question=named),
        origin=Origin.OFFER,
        audience=message.conversation.audience,
        created_at=offer.at,
        author=None,
    )
