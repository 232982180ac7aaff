"""Attempts: what may be said and noted of an event while the claim on it holds."""

import logging
from collections.abc import Callable
from datetime import datetime

from core.answers import Answer
from core.errors import PlatformAwayError
from core.interfaces import Reply
from core.ledger import inbox
from core.ledger.inbox import Claimed
from core.ledger.intake import LEASE
from core.ledger.ledger import Ledger, Transaction
from core.messages import MessageRef

log = logging.getLogger(__name__)


class Attempts:
    """Holds this process's claims while something is done that cannot be undone, and notes its end."""

    def __init__(self, *, ledger: Ledger, owner: str, now: Callable[[], datetime]) -> None:
        """Take whose claims they are."""
        self._ledger = ledger
        self._owner = owner
        self._now = now

    async def hold(self, connection: Transaction, claimed: Claimed) -> None:
        """Go on only while the claim holds; raise `ClaimLostError` where it does not."""
        await inbox.hold(connection, claimed.event, self._owner, self._now() + LEASE)

    async def handled(self, claimed: Claimed, failure: str | None = None) -> None:
        """Note that an event had its effect, or for good why it has none."""
        async with self._ledger.writing() as connection:
            await self.note_handled(connection, claimed, failure)

    async def note_handled(
        self, connection: Transaction, claimed: Claimed, failure: str | None = None
    ) -> None:
        """Note it in the caller's transaction, which is not to be committed if the claim is lost."""
        await inbox.handled(connection, claimed.event, self._now(), failure, self._owner)

    async def apologise(
        self, claimed: Claimed, reply: Reply, sentence: str, *, failure: str | None
    ) -> bool:
        """Say why there is no answer; return False where that is to be tried again.

        It is not where the platform refuses even that: nobody will ever be told there. What is about to be said is noted first. Where it was noted before, an earlier attempt was
        stopped while saying it, and it is not said a second time.
        """
        if claimed.failure is None:
            async with self._ledger.writing() as connection:
                await self.hold(connection, claimed)
                await inbox.note_failure(connection, claimed.event, failure or sentence)
            try:
                await reply.fail(sentence)
            except Exception as error:  # a stranger's code may raise anything; it is taken up again
                log.exception("Nobody could be told that %s is not answered.", _id(claimed))
                if isinstance(error, PlatformAwayError) and error.refuses:
                    await self.handled(claimed, failure or sentence)
                    return True
                async with self._ledger.writing() as connection:
                    await inbox.note_failure(connection, claimed.event, None)
                return False
        await self.handled(claimed, failure)
        return True


async def post(reply: Reply, answer: Answer) -> MessageRef:
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
