"""Taking a verdict: from a reaction, a button or a reason to one event of the feedback log."""

from collections.abc import Callable, Mapping
from datetime import datetime

from core.errors import UnknownAnswerError
from core.feedback import Feedback, Verdict, Via, verdict_of
from core.ledger.answers import answer_at, load_answer
from core.ledger.feedback import append
from core.ledger.ledger import Transaction
from core.ledger.messages import reactions_on, set_reaction
from core.ledger.people import see_person
from core.messages import MessageRef, Reaction


class Evidence:
    """Writes the feedback log, each time in the caller's transaction: it is part of an event's effect.

    The log is folded into ratings by the `rerank` job.
    """

    def __init__(self, *, emoji: Mapping[str, Verdict], now: Callable[[], datetime]) -> None:
        """Take what each emoji says of an answer."""
        self._emoji = emoji
        self._now = now

    async def take_reaction(self, connection: Transaction, reaction: Reaction) -> Feedback | None:
        """Store an emoji, and the verdict that it is where it stands on an answer.

        Something newer by the same emoji may be known already: then there is no verdict.
        """
        if reaction.person.bot:
            return None
        await see_person(connection, reaction.person, self._now())
        newest = await set_reaction(connection, reaction)
        answer_id = await answer_at(connection, reaction.ref)
        if answer_id is None or not newest:
            return None
        return await self._append(connection, reaction, answer_id)

    async def take_verdict(self, connection: Transaction, given: Feedback) -> Feedback | None:
        """Append a verdict that came by a button; raise `UnknownAnswerError` for an unknown answer."""
        if given.person.bot:
            return None
        await see_person(connection, given.person, self._now())
        if await load_answer(connection, given.answer_id) is None:
            raise UnknownAnswerError("That answer is no longer stored, so it cannot be rated.")
        return given if await append(connection, given) else None

    async def catch_up(self, connection: Transaction, ref: MessageRef) -> list[Feedback]:
        """Append the verdicts of emoji that came before the ledger knew what stands at a place."""
        answer_id = await answer_at(connection, ref)
        if answer_id is None:
            return []
        standing = await reactions_on(connection, ref)
        given = [await self._append(connection, one, answer_id) for one in standing]
        return [one for one in given if one is not None]

    async def _append(
        self, connection: Transaction, reaction: Reaction, answer_id: str
    ) -> Feedback | None:
        verdict = verdict_of(reaction.emoji, self._emoji)
        if verdict is None:
            return None
        event = Feedback(
            event_id=reaction.event_id,
            answer_id=answer_id,
            person=reaction.person,
            verdict=verdict,
            via=Via.REACTION,
            at=reaction.at,
            withdrawn=not reaction.added,
            emoji=reaction.emoji,
        )
        return event if await append(connection, event) else None
