"""Decisions: what people do with answers that few have seen: publish them, bettered or not, or not."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from core.answers import Answer, Placement
from core.attempts import Attempts, post
from core.documents import content_hash
from core.errors import TavernkeepError, UnknownAnswerError
from core.feedback import Choice, Correction, Decision
from core.interfaces import Reply
from core.learning.corrections import Corrections
from core.learning.evidence import Evidence
from core.ledger import drafts
from core.ledger.answers import load_answer, save_post
from core.ledger.drafts import Draft, State
from core.ledger.inbox import Claimed
from core.ledger.ledger import Ledger, Transaction
from core.ledger.modes import standing_mode
from core.ledger.people import know_place
from core.ledger.runs import note
from core.messages import Message, MessageRef
from core.modes import Mode
from core.plugins import Listeners

GONE = "That answer is no longer stored, or its question was taken away: nothing can be published."
NOT_YOURS = "Only the person who asked can decide whether others see this answer."
NOT_HERE = "In this conversation answers are not shared: its mode is `{mode}`. `/mode` says what that means."
DECIDED = "That was decided before: the answer was {state}."
NOBODY = "Nobody here speaks on {platform} at the moment; it is published as soon as somebody does."
STATES = {Choice.PUBLISH: State.PUBLISHED, Choice.DISMISS: State.DISMISSED}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Open:
    """A draft that a decision is about, and the message that it answers."""

    draft: Draft
    message: Message


class Decisions:
    """Carries out what is decided about a draft; the first decision counts, and is carried out once.

    What is decided is noted before anything is posted, under the claim on the decision. After a
    crash the same decision is taken up again, and the platform is asked what stands there already.
    """

    def __init__(
        self,
        *,
        ledger: Ledger,
        corrections: Corrections,
        evidence: Evidence,
        listeners: Listeners,
        replies: Mapping[str, Callable[[Message], Reply]],
        mode: Mode,
        owner: str,
        now: Callable[[], datetime],
    ) -> None:
        """Take whose claims it acts under, and what makes a reply on each platform served here.

        `mode` is that of conversations for which none was set.
        """
        self._ledger = ledger
        self._corrections = corrections
        self._evidence = evidence
        self._listeners = listeners
        self._replies = replies
        self._mode = mode
        self._attempts = Attempts(ledger=ledger, owner=owner, now=now)
        self._now = now

    async def decide(self, decision: Decision) -> bool:
        """Publish or dismiss a draft; return False where that was decided before.

        Raises `UnknownAnswerError` with a sentence where there is no such draft, or it is not that
        person's to decide upon. What is raised by the platform leaves it to be tried again.
        """
        if decision.person.bot:
            return False
        async with self._ledger.writing() as connection:
            taken = await self._taken(connection, decision)
        if taken is None:
            return False
        if decision.choice is Choice.PUBLISH:
            await self._publish(decision, taken)
        return True

    async def objection(self, decision: Decision) -> str | None:
        """Return the sentence on why a decision would have no effect now, or None."""
        async with self._ledger.reading() as connection:
            try:
                draft = (await self._about(connection, decision)).draft
            except UnknownAnswerError as error:
                return str(error)
            open_ = draft.state is State.WAITING or await _goes_on(connection, decision, draft)
        return None if open_ else DECIDED.format(state=draft.state.value)

    async def _about(self, connection: Transaction, decision: Decision) -> _Open:
        """Return what a decision is about; raise `UnknownAnswerError` where it may not be made."""
        draft = await drafts.load_draft(connection, decision.answer_id)
        message = await drafts.asked_in(connection, draft) if draft else None
        if draft is None or message is None:
            raise UnknownAnswerError(GONE)
        await self._allow(connection, decision, draft, message)
        return _Open(draft=draft, message=message)

    async def _taken(self, connection: Transaction, decision: Decision) -> _Open | None:
        """Note a decision that counts, and return what it is about."""
        found = await self._about(connection, decision)
        draft = found.draft
        if draft.state is not State.WAITING and not await _goes_on(connection, decision, draft):
            return None
        await self._attempts.hold(connection, Claimed(event=decision))
        await drafts.note_decision(connection, decision, STATES[decision.choice])
        if draft.state is State.WAITING:
            await note(
                connection,
                by=decision.person.id,
                action=decision.choice.value,
                subject=draft.answer_id,
                now=self._now(),
            )
        return found

    async def _allow(
        self, connection: Transaction, decision: Decision, draft: Draft, message: Message
    ) -> None:
        """Raise `UnknownAnswerError` where this is not that person's to decide, or nobody's."""
        if draft.placement is None:
            raise UnknownAnswerError(GONE)
        if draft.placement is not Placement.ASKER:
            return  # the platform has seen that the choice was made among the moderators
        if decision.person.id != message.person.id:
            raise UnknownAnswerError(NOT_YOURS)
        set_mode, _ = await standing_mode(connection, message.conversation.id)
        mode = set_mode or self._mode
        unshared = mode in {Mode.OFF, Mode.DRAFT} and not message.conversation.direct
        if decision.choice is Choice.PUBLISH and unshared:
            raise UnknownAnswerError(NOT_HERE.format(mode=mode.value))

    async def _publish(self, decision: Decision, taken: _Open) -> None:
        answer = await self._published_as(decision)
        reply = self._reply_to(taken.message)
        before = taken.draft.published_id  # an earlier attempt may have got as far as the platform
        ref = await reply.posted(before) if before else None
        if ref is not None and before is not None:
            await self._note_post(taken, before, ref, reply.parts)
            return
        async with self._ledger.writing() as connection:
            await self._attempts.hold(connection, Claimed(event=decision))
            await drafts.note_published(connection, taken.draft, answer.id, self._now())
        ref = await post(reply, answer)
        await self._note_post(taken, answer.id, ref, reply.parts)

    async def _published_as(self, decision: Decision) -> Answer:
        """Return the answer as everybody will see it: with a text, the person's own better one."""
        async with self._ledger.reading() as connection:
            drafted = await load_answer(connection, decision.answer_id)
        if drafted is None:
            raise UnknownAnswerError(GONE)
        text = (decision.text or "").strip()
        if text in {"", drafted.text.strip()}:
            return drafted
        correction = Correction(
            event_id=decision.event_id,
            answer_id=drafted.id,
            person=decision.person,
            text=text,
            at=decision.at,
        )
        bettered = await self._corrections.take(correction)
        if bettered is None:  # it was stored by an earlier attempt
            async with self._ledger.reading() as connection:
                id_ = content_hash(correction.event_id)[:32]
                bettered = await load_answer(connection, id_)
        return bettered or drafted

    async def _note_post(
        self, taken: _Open, answer_id: str, ref: MessageRef, parts: Sequence[MessageRef]
    ) -> None:
        """Save where everybody sees the answer, so that what they say of it counts."""
        asked_at, now = taken.message.ref, self._now()
        thread = taken.message.thread or asked_at.key
        async with self._ledger.writing() as connection:
            await know_place(connection, ref)
            answer = await load_answer(connection, answer_id)
            if answer is not None:
                await save_post(connection, answer, ref, thread, now, parts)
            await drafts.note_stands(connection, taken.draft, ref)
            caught_up = await self._evidence.catch_up(connection, ref)
        for given in caught_up:
            self._listeners.tell(given)

    def _reply_to(self, message: Message) -> Reply:
        """Return where everybody sees the answer to a message, even one that was asked in private."""
        reply_to = self._replies.get(message.ref.platform)
        if reply_to is None:
            raise TavernkeepError(NOBODY.format(platform=message.ref.platform))
        return reply_to(replace(message, private=False))


async def _goes_on(connection: Transaction, decision: Decision, draft: Draft) -> bool:
    """Say whether a decision goes on where publishing was cut short, be it that of somebody else."""
    if draft.state is not State.PUBLISHED or draft.post_id or decision.choice is not Choice.PUBLISH:
        return False
    if draft.decision_id in {None, decision.event_id}:
        return True
    platform = decision.person.platform
    return await drafts.is_done_with(connection, platform, str(draft.decision_id))
