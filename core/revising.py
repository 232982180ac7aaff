"""Revising: a question whose words were changed is answered anew where its answer stands."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from core.answers import FORGOTTEN, Answer, Origin
from core.attempts import Attempts
from core.commands import is_command
from core.composing import Composer
from core.curtain import Curtain
from core.documents import content_hash
from core.interfaces import Reply
from core.ledger import inbox
from core.ledger.answers import load_answer, save_answer
from core.ledger.erasure import replace_message
from core.ledger.inbox import Claimed, delivered
from core.ledger.ledger import Ledger, Transaction
from core.ledger.narrowing import narrowed_to
from core.ledger.posts import Answered, answered, give_way, is_untouched
from core.ledger.proposals import attribute
from core.ledger.rewording import reword
from core.messages import Edited, Message
from core.plugins import Listeners

log = logging.getLogger(__name__)
REVISED_AT_ONCE = 4  # more would only stand between new questions and the model


class Reviser:
    """Stores what people changed in their messages, and answers changed questions anew.

    Only where nobody has said anything of the answer yet: what people vouched for or found wrong
    stays as they saw it. The new answer is saved, then shown, then noted in the place of the old one.
    """

    def __init__(
        self,
        *,
        ledger: Ledger,
        composer: Composer,
        listeners: Listeners,
        replies: Mapping[str, Callable[[Message], Reply]],
        owner: str,
        now: Callable[[], datetime],
    ) -> None:
        """Take whose claims it works under, and what makes a reply on each platform served here."""
        self._ledger = ledger
        self._composer = composer
        self._listeners = listeners
        self._replies = replies
        self._attempts = Attempts(ledger=ledger, owner=owner, now=now)
        self._now = now
        self._revising = asyncio.Semaphore(REVISED_AT_ONCE)

    async def see_through(self, claimed: Claimed, edited: Edited) -> None:
        """Store an edit, and replace the answer where one is to be.

        A message that is not answered yet is answered with its newest text. Where it is being
        answered to the old one just now, the edit is taken up again once that answer stands.
        """
        async with self._ledger.writing() as connection:
            gone = await inbox.is_buried(connection, edited.ref)
            await replace_message(connection, edited, self._now())
            await reword(connection, edited, self._now())
            due = await self._due(connection, edited, await delivered(connection, edited.ref.id))
            reply_to = self._replies.get(edited.ref.platform)
            if due is None or reply_to is None:  # where nobody speaks, the answer stays as it is
                await self._attempts.note_handled(connection, claimed)
        if claimed.attempts == 1 and not gone:
            self._listeners.tell(edited)
        if due is not None and reply_to is not None:
            async with self._revising:
                await self._revise(claimed, edited, due, reply_to(due.message))

    async def _due(
        self, connection: Transaction, edited: Edited, message: Message | None
    ) -> Answered | None:
        """Return the answer that an edit asks to be replaced, or None where none is to be.

        Once the new answer is saved, people may see it: whatever happens meanwhile, be it that the
        question is taken away, it replaces the old one. Only a newer answer stays where it stands.
        """
        found = await answered(connection, message) if message else None
        old = await load_answer(connection, found.answer_id) if found else None
        if message is None or found is None or old is None:
            return None
        saved = await load_answer(connection, _new_id(edited))
        if saved is not None:
            return None if old.created_at > saved.created_at else found
        if not _may_give_way(old) or not is_changed(old.question.asked, edited.text):
            return None
        asks = await _asks(connection, edited)
        return found if asks and await is_untouched(connection, old.id) else None

    async def _revise(self, claimed: Claimed, edited: Edited, due: Answered, reply: Reply) -> None:
        async with self._ledger.reading() as connection:
            answer = await load_answer(connection, _new_id(edited))
        if answer is None:
            answer = await self._composed(claimed, edited, due, reply)
        if answer is None:
            return
        await reply.revise(due.standing, answer)
        async with self._ledger.writing() as connection:
            await give_way(connection, due, answer.id, reply.parts, self._now())
            await inbox.handled(connection, edited, self._now())

    async def _composed(
        self, claimed: Claimed, edited: Edited, due: Answered, reply: Reply
    ) -> Answer | None:
        """Return the new answer, saved; None where somebody said something of the old one meanwhile."""
        unseen = Curtain(reply)
        unseen.unseen = True
        message = due.message
        answer = await self._composer.compose(message, _new_id(edited), unseen)
        async with self._ledger.writing() as connection:
            if await self._due(connection, edited, message) != due:
                await self._attempts.note_handled(connection, claimed)
                return None
            await self._attempts.hold(connection, claimed)
            place = message.conversation.id
            audience = await narrowed_to(connection, answer.audience, place)
            answer = replace(answer, audience=audience)
            await save_answer(connection, answer, None)  # it waits for no post: it takes another's
            await attribute(connection, answer.question.id, message.person.id, message.ref.id)
        return answer


async def _asks(connection: Transaction, edited: Edited) -> bool:
    """Say whether an edit brings a question: it is the last one, and of a message that is there."""
    newest = await inbox.newest_edit(connection, edited.ref)
    if newest is None or newest.event_id != edited.event_id:
        return False
    gone = await inbox.is_buried(connection, edited.ref)
    return not gone and bool(edited.text.strip()) and not is_command(edited.text)


def is_changed(asked: str, text: str) -> bool:
    """Say whether a question asks something else, or in other words; case, spaces and end marks aside."""
    return _bare(asked) != _bare(text)


def _bare(text: str) -> str:
    return " ".join(text.casefold().split()).rstrip(" .!?？。！…")


def _may_give_way(answer: Answer) -> bool:
    """Say whether an answer is the bot's own, and not what somebody made of it since."""
    by_person = answer.author is not None and answer.reused_id is None
    emptied = answer.text == FORGOTTEN
    return answer.origin is not Origin.COMMAND and not by_person and not emptied


def _new_id(edited: Edited) -> str:
    """Return the identity of the answer to a changed question, the same whoever gives it."""
    return content_hash(edited.ref.platform, edited.event_id)[:32]
