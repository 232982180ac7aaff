"""Responder: one message, from its receipt to the answer that stands on its platform."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from core.answers import Answer, Placement
from core.attempts import Attempts, post
from core.composing import Composer
from core.curtain import Curtain
from core.documents import content_hash
from core.errors import (
    ClaimLostError,
    LedgerError,
    NoPlaceError,
    PlatformAwayError,
    TavernkeepError,
)
from core.gating import Rules, Way, is_sure, way_of
from core.interfaces import Reply
from core.learning.evidence import Evidence
from core.ledger import inbox, messages
from core.ledger.answers import load_answer, save_answer, save_post, unposted
from core.ledger.drafts import keep_unshown, load_draft, save_draft
from core.ledger.inbox import Claimed
from core.ledger.ledger import Ledger, Transaction
from core.ledger.modes import facts_of
from core.ledger.people import know_place
from core.ledger.posts import take_up_edit
from core.messages import Message, MessageRef
from core.plugins import Listeners

log = logging.getLogger(__name__)
# More would only stand between new events and the one writer, or between each other at the model.
STORED_AT_ONCE, ANSWERED_AT_ONCE = 2, 16
APOLOGY = (
    "Something went wrong on my side, so I have no answer. The log says what; please ask again."
)
TAKEN_AWAY = "The question was taken away, so I have forgotten it."
NO_QUESTION = "I can only read text, and there was none: what would you like to know?"
GIVEN_UP = "I tried this several times and was stopped each time, so I give up: please ask anew."
SWITCHED_OFF = (
    "I am switched off in this conversation: `/mode` says more. Ask me in a direct conversation."
)
NO_MODERATORS = (
    "My answers here wait for a moderator, but no moderators' conversation is set, so nobody can "
    "publish mine. Ask me in a direct conversation, or have the mode changed: `/mode`."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A message that is being answered, as it stands by now, how, and where its answer is to stand."""

    claimed: Claimed
    message: Message
    way: Way
    reply: Curtain

    @property
    def answer_id(self) -> str:
        """The answer's identity, the same whoever answers, and whenever."""
        return content_hash(self.message.ref.platform, self.message.event_id)[:32]


class Responder:
    """Stores messages, and answers those that ask the bot; the asker always gets a sentence.

    An answer is saved and queued in one transaction, posted while the claim on its message holds,
    and its post is saved together with the note that the message is handled.
    """

    def __init__(
        self,
        *,
        ledger: Ledger,
        evidence: Evidence,
        composer: Composer,
        listeners: Listeners,
        rules: Rules,
        owner: str,
        now: Callable[[], datetime],
    ) -> None:
        """Take whose claims it answers under, and the rules by which it takes part."""
        self._ledger = ledger
        self._evidence = evidence
        self._composer = composer
        self._listeners = listeners
        self._rules = rules
        self._attempts = Attempts(ledger=ledger, owner=owner, now=now)
        self._now = now
        self._storing = asyncio.Semaphore(STORED_AT_ONCE)
        self._answering = asyncio.Semaphore(ANSWERED_AT_ONCE)

    async def respond(self, claimed: Claimed, message: Message, reply: Reply) -> bool:
        """See a message through; return False where it is to be tried again later.

        Raises `ClaimLostError` where another process answers it by now, and `LedgerError` where the
        ledger is away.
        """
        curtain = Curtain(reply)
        curtain.aside = message.private
        try:
            return await self._seen_through(claimed, message, curtain)
        except (ClaimLostError, LedgerError):
            raise  # without the ledger nobody can know whether something was said already
        except TavernkeepError as error:
            if isinstance(error, PlatformAwayError) and not error.refuses:
                raise  # nobody can be told anything there
            return await self._attempts.apologise(claimed, curtain, str(error), failure=str(error))
        except Exception as error:  # the asker gets a sentence, whatever it was
            log.exception("The message %s could not be answered.", message.ref.id)
            return await self._attempts.apologise(claimed, curtain, APOLOGY, failure=repr(error))

    async def _seen_through(self, claimed: Claimed, message: Message, reply: Curtain) -> bool:
        async with self._storing:
            stands, way, left = await self._received(claimed, message)
        if stands is not None and way is not None:
            reply.unseen, reply.mute = way.unseen, way is Way.IF_SURE
            reply.aside = reply.aside or way.placement is not Placement.THREAD
            asked = _Asked(claimed=claimed, message=stands, way=way, reply=reply)
            async with self._answering:
                return await self._answer(asked)
        if left:
            late = _Asked(claimed=claimed, message=message, way=Way.OPENLY, reply=reply)
            await self._note_late(late)
        return True

    async def give_up(self, claimed: Claimed, reply: Reply, failure: str) -> None:
        """Tell the asker, once, that there will be no answer, and note why; unless the answer stands.

        Who did not address the bot is not told: perhaps nobody was asking.
        """
        curtain, message = Curtain(reply), claimed.event
        if isinstance(message, Message):
            curtain.mute = not (message.addressed or message.conversation.direct or message.private)
            curtain.aside = message.private
            asked = _Asked(claimed=claimed, message=message, way=Way.OPENLY, reply=curtain)
            if await self._post_found(asked):
                return
        if not await self._attempts.apologise(claimed, curtain, GIVEN_UP, failure=failure):
            await self._attempts.handled(claimed, failure)

    async def _received(
        self, claimed: Claimed, message: Message
    ) -> tuple[Message | None, Way | None, bool]:
        """Store a message, and return it with how it is answered; else, unless left, it is handled.

        It is left where it was taken away and an answer to it may stand unnoted.
        """
        async with self._ledger.writing() as connection:
            stands = await messages.save_message(connection, message, self._now())
            way = await self._way(connection, stands) if stands else None
            left = False
            if stands is None or claimed.attempts > 1:
                left = await unposted(connection, message) is not None
            if way is None and not left:
                await self._attempts.note_handled(connection, claimed)
        if stands is not None and claimed.attempts == 1:
            self._listeners.tell(stands)
        if left and way is not Way.IF_SURE:
            way = Way.OPENLY  # where it stands was saved, whatever the mode is by now
        return stands, way, left

    async def _way(self, connection: Transaction, message: Message) -> Way | None:
        """Return how a stored message is answered; what it says of an earlier answer is noted."""
        facts = await facts_of(
            connection, message, default=self._rules.mode, silenced_by=self._rules.silenced_by
        )
        way = way_of(message, facts, self._rules)
        await self._evidence.overhear(connection, message, meant=way is not None)
        return way

    async def _answer(self, asked: _Asked) -> bool:
        if asked.way.placement is Placement.ASKER:
            await asked.reply.place(Placement.ASKER)
        if not asked.message.text.strip():
            return await self._attempts.apologise(
                asked.claimed, asked.reply, NO_QUESTION, failure=None
            )
        if asked.way is Way.SWITCHED_OFF:
            return await self._attempts.apologise(
                asked.claimed, asked.reply, SWITCHED_OFF, failure=None
            )
        return await self._answer_question(asked)

    async def _answer_question(self, asked: _Asked) -> bool:
        async with self._ledger.reading() as connection:
            answer = await load_answer(connection, asked.answer_id)
            draft = await load_draft(connection, asked.answer_id) if answer else None
            posted = answer is not None and await unposted(connection, asked.message) is None
        if posted:  # the bot was stopped after it had posted
            await self._attempts.handled(asked.claimed)
            return True
        if answer is None:
            answer, placement = await self._composed(asked)
            return await self._show(asked, answer, placement, looks=False)
        placement = draft.placement if draft else Placement.THREAD
        if placement is Placement.MODERATORS and not asked.message.conversation.public:
            placement = None  # it was made private since
        return await self._show(asked, answer, placement, looks=True)

    async def _composed(self, asked: _Asked) -> tuple[Answer, Placement | None]:
        """Return a new answer and where it is shown, saved and queued to be posted.

        Who decides on a draft may have no part in its conversation: of a private one they see none.
        """
        message = asked.message
        answer = await self._composer.compose(message, asked.answer_id, asked.reply)
        shown: Placement | None = asked.way.placement
        if asked.way is Way.IF_SURE and not is_sure(answer, self._rules.sure_from):
            shown = Placement.MODERATORS if message.conversation.public else None
        async with self._ledger.writing() as connection:
            if await inbox.is_buried(connection, message.ref):
                raise TavernkeepError(TAKEN_AWAY)
            await self._attempts.hold(connection, asked.claimed)
            await save_answer(connection, answer, message)
            if shown is not Placement.THREAD:
                await save_draft(connection, answer.id, message.ref, shown, self._now())
        return answer, shown

    async def _show(
        self, asked: _Asked, answer: Answer, placement: Placement | None, *, looks: bool
    ) -> bool:
        """Post an answer, if anywhere, and note where; it `looks` first where it may stand already."""
        if not await _placed(asked, placement):
            return await self._kept(asked, answer)
        ref = await asked.reply.posted(answer.id) if looks else None
        if ref is None:
            if looks:
                async with self._ledger.writing() as connection:
                    await self._attempts.hold(connection, asked.claimed)
            ref = await post(asked.reply, answer)
        await self._note_post(asked, answer, ref)
        return True

    async def _kept(self, asked: _Asked, answer: Answer) -> bool:
        """Keep an answer that is shown to nobody; who asked the bot is told why."""
        asked.reply.aside = True
        async with self._ledger.writing() as connection:
            await keep_unshown(connection, answer.id, self._now())
            if asked.way is Way.IF_SURE:
                await self._attempts.note_handled(connection, asked.claimed)
                return True
        return await self._attempts.apologise(
            asked.claimed, asked.reply, NO_MODERATORS, failure=None
        )

    async def _note_late(self, asked: _Asked) -> None:
        """See a message through that was taken away after its answer was saved.

        Where the answer stands all the same, people can react to it.
        """
        if not await self._post_found(asked):
            await self._attempts.handled(asked.claimed)

    async def _post_found(self, asked: _Asked) -> bool:
        """Note where an answer stands, if it was posted and the bot was stopped before it noted that."""
        async with self._ledger.reading() as connection:
            left = await unposted(connection, asked.message) is not None
            answer = await load_answer(connection, asked.answer_id) if left else None
            draft = await load_draft(connection, asked.answer_id) if answer else None
        placement = draft.placement if draft else Placement.THREAD
        if answer is None or not await _placed(asked, placement):
            return False
        ref = await asked.reply.posted(answer.id)
        if ref is None:
            return False
        await self._note_post(asked, answer, ref)
        return True

    async def _note_post(self, asked: _Asked, answer: Answer, ref: MessageRef) -> None:
        """Save where an answer stands; it is done with, whoever holds the claim by now."""
        asked_at, now = asked.message.ref, self._now()
        elsewhere = ref.conversation != asked_at.conversation
        thread = None if elsewhere else asked.message.thread or asked_at.key
        async with self._ledger.writing() as connection:
            if elsewhere:
                await know_place(connection, ref)
            await save_post(connection, answer, ref, thread, now, asked.reply.parts)
            caught_up = await self._evidence.catch_up(connection, ref)
            await take_up_edit(connection, asked_at, answer.question.asked)
            await inbox.handled(connection, asked.claimed.event, now)
        for given in caught_up:
            self._listeners.tell(given)


async def _placed(asked: _Asked, placement: Placement | None) -> bool:
    """Say where an answer is to stand; return False where the platform has no such place."""
    if placement is None:
        return False
    try:
        await asked.reply.place(placement)
    except NoPlaceError as error:
        log.info("The answer to %s is shown to nobody: %s", asked.message.ref.id, error)
        return False
    return True
