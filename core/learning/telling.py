"""Telling: who asked in vain is told of the verified answer that there is now, where they asked."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.answers import Answer, Question, Standing, badge_of
from core.audience import EVERYONE
from core.documents import content_hash
from core.errors import PlatformAwayError
from core.feedback import Verdict
from core.gating import Rules
from core.interfaces import Reply
from core.job import JobReport, Progress
from core.learning.evidence import Evidence
from core.learning.recalled import Recalled
from core.learning.reuse import Reuse
from core.ledger import tellings
from core.ledger.answers import load_answer, save_answer, save_post
from core.ledger.doubts import doubt_of
from core.ledger.feedback import live_verdicts
from core.ledger.inbox import delivered, is_buried
from core.ledger.ledger import Ledger, Transaction
from core.ledger.links import accounts_of
from core.ledger.modes import facts_of
from core.ledger.narrowing import narrowed_to
from core.ledger.people import know_place
from core.ledger.proposals import attribute
from core.ledger.readable import readable_answers
from core.ledger.tellings import Telling, Vain
from core.ledger.views import shown
from core.messages import Message
from core.modes import Mode
from core.retrieval import Retriever, Sought

log = logging.getLogger(__name__)
LATELY = timedelta(days=30)
MOST_PLACES = 20  # in which one answer is told of
NOTICE = "You asked this before. Since then an answer was found right:"
SPOKEN = frozenset({Mode.MENTION, Mode.SUGGEST, Mode.AUTO})  # modes in which the bot posts unasked


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """A question asked in vain, its message, and the verified answer that it would get now."""

    vain: Vain
    message: Message
    sought: Sought
    again: Recalled


class Teller:
    """Tells each asker once of an answer, at most thirty days after they asked.

    What they are told is what they would get if they asked again now. It is noted before it is
    posted, and the platform is asked what stands already after a crash: nobody is told twice.
    `replies` makes the reply to a message, by platform.
    """

    def __init__(
        self,
        *,
        ledger: Ledger,
        retriever: Retriever,
        reuse: Reuse,
        evidence: Evidence,
        rules: Rules,
        tells: bool,
        now: Callable[[], datetime],
    ) -> None:
        """Take whether anybody is told at all, and the rules by which the bot takes part."""
        self.replies: dict[str, Callable[[Message], Reply]] = {}
        self._ledger = ledger
        self._retriever = retriever
        self._reuse = reuse
        self._evidence = evidence
        self._rules = rules
        self._tells = tells
        self._now = now

    async def run(self, started: datetime, progress: Progress) -> JobReport:
        """Tell everybody who is to be told; those of platforms that nobody serves here wait."""
        told = 0
        if self._tells and self.replies:
            since = started - LATELY
            async with self._ledger.reading() as connection:
                begun = await tellings.untold(connection, since)
                vain = await tellings.asked_in_vain(connection, since, self._rules.sure_from)
            for one in begun:
                told += await self._post(one, looks=True)
            for number, asked in enumerate(vain, 1):
                telling = await self._begun(asked)
                if telling is not None:
                    told += await self._post(telling, looks=False)
                progress("Looking for who asked in vain", number, len(vain))
        return JobReport(summary=f"{told} people were told.", figures={"told": told})

    async def _begun(self, vain: Vain) -> Telling | None:
        """Note that an asker is about to be told, with what; None where they are not."""
        found = await self._found(vain)
        if found is None:
            return None
        async with self._ledger.writing() as connection:
            if not await self._may_be_told(connection, found):  # by now
                return None
            return await self._saved(connection, found)

    async def _found(self, vain: Vain) -> _Found | None:
        async with self._ledger.reading() as connection:
            message = await delivered(connection, vain.message_id)
            if message is None or message.ref.platform not in self.replies:
                return None
            if await doubt_of(connection, vain.answer_id, self._rules.sure_from) is None:
                return None
            place = await narrowed_to(connection, EVERYONE, message.conversation.id)
        sought = await self._retriever.seek(vain.text, place.requires)
        again = await self._reuse.given_again(sought)
        if again is None or again.answer.standing is not Standing.VERIFIED:
            return None
        return _Found(vain=vain, message=message, sought=sought, again=again)

    async def _may_be_told(self, connection: Transaction, found: _Found) -> bool:
        """Take the second look: at the answer, at who reads along, and at whether the bot may speak."""
        message, answer = found.message, await load_answer(connection, found.again.answer.id)
        if answer is None or answer.standing is not Standing.VERIFIED:
            return False
        place = await narrowed_to(connection, EVERYONE, message.conversation.id)
        return (
            answer.audience.readable_by(place.requires)
            and answer.id in await readable_answers(connection, [answer.id], found.sought.audiences)
            and await _is_news(connection, found, answer)
            and await self._may_speak(connection, message)
        )

    async def _may_speak(self, connection: Transaction, message: Message) -> bool:
        if await is_buried(connection, message.ref):
            return False
        facts = await facts_of(
            connection, message, default=self._rules.mode, silenced_by=self._rules.silenced_by
        )
        return message.conversation.direct or (facts.mode in SPOKEN and not facts.silenced)

    async def _saved(self, connection: Transaction, found: _Found) -> Telling | None:
        """Save the copy that the asker gets, which answers their message, and that they get it."""
        stored, message, now = found.again.answer, found.message, self._now()
        copy_id = content_hash("told", stored.id, message.ref.id)[:32]
        telling = Telling(answer_id=stored.id, message_id=message.ref.id, copy_id=copy_id)
        if not await tellings.save_telling(connection, telling, now):
            return None
        place = message.conversation
        question_id = content_hash(copy_id, found.vain.text)[:32]
        copy = Answer(
            id=copy_id,
            question=Question(id=question_id, text=found.vain.text, asked=found.vain.asked),
            text=stored.text,
            origin=stored.origin,
            audience=await narrowed_to(connection, place.audience, place.id),
            created_at=now,
            citations=stored.citations,
            author=stored.author,
            notice=NOTICE,
            badge=badge_of(stored, found.again.helpful, now),
            reused_id=stored.id,
        )
        await save_answer(connection, copy, None)
        await attribute(connection, question_id, message.person.id, message.ref.id)
        return telling

    async def _post(self, telling: Telling, *, looks: bool) -> bool:
        """Post what an asker gets, unless it stands, and note where; say whether it stands."""
        async with self._ledger.reading() as connection:
            message = await delivered(connection, telling.message_id)
            copy = await self._shown(connection, telling)
            speaks = message is not None and await self._may_speak(connection, message)
        if message is None or copy is None or not speaks:
            await self._end(telling)
            return False
        make = self.replies.get(message.ref.platform)
        if make is None:
            return False
        reply = make(message)
        try:
            ref = await reply.posted(copy.id) if looks else None
            ref = ref or await reply.finish(copy)
        except PlatformAwayError as error:
            log.warning("Somebody who asked in vain is not told yet: %s", error)
            if error.refuses:
                await self._end(telling)
            return False
        thread = message.thread or message.ref.key
        async with self._ledger.writing() as connection:
            await know_place(connection, ref)
            await save_post(connection, copy, ref, thread, self._now(), reply.parts)
            await tellings.note_told(connection, telling, self._now())
            await self._evidence.catch_up(connection, ref)
        return True

    async def _shown(self, connection: Transaction, telling: Telling) -> Answer | None:
        """Return the copy with its badge; None where the answer is verified no more, or not for them."""
        stored = await load_answer(connection, telling.answer_id)
        copy = await shown(connection, telling.copy_id)
        if stored is None or copy is None or stored.standing is not Standing.VERIFIED:
            return None
        return copy if stored.audience.readable_by(copy.audience.requires) else None

    async def _end(self, telling: Telling) -> None:
        async with self._ledger.writing() as connection:
            await tellings.note_told(connection, telling, self._now())


async def _is_news(connection: Transaction, found: _Found, answer: Answer) -> bool:
    """Say whether an answer is another one than was given, verified since, and not known there yet."""
    said = await load_answer(connection, found.vain.answer_id)
    at = await tellings.verified_at(connection, answer.id)
    if said is None or at is None:
        return False
    return (
        answer.id not in {said.id, said.reused_id}
        and answer.text != said.text
        and at > found.message.sent_at
        and await tellings.count_tellings(connection, answer.id) < MOST_PLACES
        and not await tellings.is_told_in(connection, answer.id, found.message)
        and await _is_awaited(connection, found, answer)
    )


async def _is_awaited(connection: Transaction, found: _Found, answer: Answer) -> bool:
    """Say whether the asker, or who found wrong there what was said, does not know the answer yet."""
    given = await live_verdicts(connection, [found.vain.answer_id])
    waiting = [one.person for one in given if one.verdict is Verdict.DOWN]
    for person in [found.message.person, *waiting]:
        accounts = {one.id for one in await accounts_of(connection, person)}
        asked = found.message.person.id in accounts
        wrote_it = answer.author is not None and answer.author.id in accounts
        known = await tellings.was_told(connection, answer.id, accounts)
        if not (
            wrote_it
            or known
            or (not asked and await tellings.was_by(connection, answer.id, accounts))
        ):
            return True
    return False
