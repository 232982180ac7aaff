"""Responder: one message, from its receipt to the answer that stands on its platform."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from core.answers import Answer
from core.composing import Composer
from core.documents import content_hash
from core.errors import ClaimLostError, LedgerError, TavernkeepError
from core.interfaces import Reply
from core.learning.evidence import Evidence
from core.ledger import inbox, messages
from core.ledger.answers import load_answer, save_answer, save_post, unposted
from core.ledger.inbox import Claimed
from core.ledger.intake import LEASE
from core.ledger.ledger import Ledger, Transaction
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A message that is being answered, as it stands by now, and where its answer is to stand."""

    claimed: Claimed
    message: Message
    reply: Reply

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
        owner: str,
        now: Callable[[], datetime],
    ) -> None:
        """Take whose claims it answers under."""
        self._ledger = ledger
        self._evidence = evidence
        self._composer = composer
        self._listeners = listeners
        self._owner = owner
        self._now = now
        self._storing = asyncio.Semaphore(STORED_AT_ONCE)
        self._answering = asyncio.Semaphore(ANSWERED_AT_ONCE)

    async def respond(self, claimed: Claimed, message: Message, reply: Reply) -> bool:
        """See a message through; return False where it is to be tried again later.

        Raises `ClaimLostError` where another process answers it by now, and `LedgerError` where the
        ledger is away.
        """
        try:
            return await self._seen_through(claimed, message, reply)
        except (ClaimLostError, LedgerError):
            raise  # without the ledger nobody can know whether something was said already
        except TavernkeepError as error:
            return await self._apologise(claimed, reply, str(error), failure=str(error))
        except Exception as error:  # the asker gets a sentence, whatever it was
            log.exception("The message %s could not be answered.", message.ref.id)
            return await self._apologise(claimed, reply, APOLOGY, failure=repr(error))

    async def _seen_through(self, claimed: Claimed, message: Message, reply: Reply) -> bool:
        async with self._storing:
            stands, left = await self._received(claimed, message)
        asked = _Asked(claimed=claimed, message=stands or message, reply=reply)
        if stands is not None:
            async with self._answering:
                return await self._answer(asked)
        if left:
            await self._note_late(asked)
        return True

    async def give_up(self, claimed: Claimed, reply: Reply, failure: str) -> None:
        """Tell the asker, once, that there will be no answer, and note why; unless the answer stands."""
        if isinstance(claimed.event, Message):
            asked = _Asked(claimed=claimed, message=claimed.event, reply=reply)
            if await self._post_found(asked):
                return
        if not await self._apologise(claimed, reply, GIVEN_UP, failure=failure):
            await self._handled(claimed, failure)

    async def _received(self, claimed: Claimed, message: Message) -> tuple[Message | None, bool]:
        """Store a message, and return it if it asks the bot; else it is handled.

        True beside it means that it is not handled, for an answer to it may stand unnoted.
        """
        async with self._ledger.writing() as connection:
            stands = await messages.save_message(connection, message, self._now())
            asks = stands is not None and await _asks(connection, stands)
            left = stands is None and await unposted(connection, message) is not None
            if not asks and not left:
                await self._note_handled(connection, claimed)
        if stands is not None and claimed.attempts == 1:
            self._listeners.tell(stands)
        return stands if asks else None, left

    # -- the answer ----------------------------------------------------------------------------

    async def _answer(self, asked: _Asked) -> bool:
        if not asked.message.text.strip():
            return await self._apologise(asked.claimed, asked.reply, NO_QUESTION, failure=None)
        async with self._ledger.reading() as connection:
            answer = await load_answer(connection, asked.answer_id)
            posted = answer is not None and await unposted(connection, asked.message) is None
        if posted:  # the bot was stopped after it had posted
            await self._handled(asked.claimed)
            return True
        if answer is None:
            answer = await self._composed(asked)
            ref = await _post(asked.reply, answer)
        else:
            ref = await self._posted_before(asked, answer)
        await self._note_post(asked, answer, ref)
        return True

    async def _composed(self, asked: _Asked) -> Answer:
        """Return a new answer, saved and queued to be posted, while the claim holds."""
        answer = await self._composer.compose(asked.message, asked.answer_id, asked.reply)
        async with self._ledger.writing() as connection:
            if await inbox.is_buried(connection, asked.message.ref):
                raise TavernkeepError(TAKEN_AWAY)
            await self._hold(connection, asked.claimed)
            await save_answer(connection, answer, asked.message)
        return answer

    async def _posted_before(self, asked: _Asked, answer: Answer) -> MessageRef:
        """Return where a saved answer stands: it may have been posted before a crash; else post it."""
        ref = await asked.reply.posted(answer.id)
        if ref is not None:
            return ref
        async with self._ledger.writing() as connection:
            await self._hold(connection, asked.claimed)
        return await _post(asked.reply, answer)

    async def _note_late(self, asked: _Asked) -> None:
        """See a message through that was taken away after its answer was saved.

        Where the answer stands all the same, people can react to it.
        """
        if not await self._post_found(asked):
            await self._handled(asked.claimed)

    async def _post_found(self, asked: _Asked) -> bool:
        """Note where an answer stands, if it was posted and the bot was stopped before it noted that."""
        async with self._ledger.reading() as connection:
            left = await unposted(connection, asked.message) is not None
            answer = await load_answer(connection, asked.answer_id) if left else None
        ref = await asked.reply.posted(answer.id) if answer else None
        if answer is None or ref is None:
            return False
        await self._note_post(asked, answer, ref)
        return True

    async def _note_post(self, asked: _Asked, answer: Answer, ref: MessageRef) -> None:
        """Save where an answer stands; it is done with, whoever holds the claim by now."""
        thread, now = asked.message.thread or asked.message.ref.key, self._now()
        async with self._ledger.writing() as connection:
            await save_post(connection, answer, ref, thread, now)
            caught_up = await self._evidence.catch_up(connection, ref)
            await inbox.handled(connection, asked.claimed.event, now)
        for given in caught_up:
            self._listeners.tell(given)

    # -- no answer -----------------------------------------------------------------------------

    async def _apologise(
        self, claimed: Claimed, reply: Reply, sentence: str, *, failure: str | None
    ) -> bool:
        """Say why there is no answer; return False where the platform does not take it.

        What is about to be said is noted first. Where it was noted before, an earlier attempt was
        stopped while saying it, and it is not said a second time.
        """
        if claimed.failure is None:
            async with self._ledger.writing() as connection:
                await self._hold(connection, claimed)
                await inbox.note_failure(connection, claimed.event, failure or sentence)
            try:
                await reply.fail(sentence)
            except Exception:  # a stranger's code may raise anything; the message is taken up again
                log.exception("Nobody could be told that %s is not answered.", _id(claimed))
                async with self._ledger.writing() as connection:
                    await inbox.note_failure(connection, claimed.event, None)
                return False
        await self._handled(claimed, failure)
        return True

    async def _handled(self, claimed: Claimed, failure: str | None = None) -> None:
        async with self._ledger.writing() as connection:
            await self._note_handled(connection, claimed, failure)

    async def _note_handled(
        self, connection: Transaction, claimed: Claimed, failure: str | None = None
    ) -> None:
        await inbox.handled(connection, claimed.event, self._now(), failure, self._owner)

    async def _hold(self, connection: Transaction, claimed: Claimed) -> None:
        """Go on only while the claim holds: what comes next cannot be undone."""
        await inbox.hold(connection, claimed.event, self._owner, self._now() + LEASE)


async def _post(reply: Reply, answer: Answer) -> MessageRef:
    """Post an answer; where the platform broke off, look whether it took it all the same."""
    try:
        return await reply.finish(answer)
    except Exception:
        ref = await reply.posted(answer.id)
        if ref is None:
            raise
        log.warning("The answer %s stands, although its post broke off.", answer.id)
        return ref


def _id(claimed: Claimed) -> str:
    return claimed.event.event_id


async def _asks(connection: Transaction, message: Message) -> bool:
    """Say whether the bot is meant: it is addressed, or the thread is one that it answers in."""
    if message.person.bot:
        return False
    if message.addressed or message.conversation.direct:
        return True
    if message.thread is None or not message.text.strip():
        return False
    return await messages.bot_spoke_in(connection, message.conversation.id, message.thread)
