"""Taking a verdict: from a reaction, a button or a reason to one event of the feedback log."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from core.answers import Answer, Origin
from core.errors import UnknownAnswerError
from core.feedback import Feedback, Verdict, Via, verdict_of
from core.learning.signals import Signals
from core.ledger.answers import answer_at, load_answer
from core.ledger.feedback import append, live_verdicts
from core.ledger.ledger import Transaction
from core.ledger.messages import reactions_on, set_reaction
from core.ledger.people import see_person
from core.ledger.posts import elsewhere_on, emoji_on, parts_of
from core.messages import Message, MessageRef, Reaction

INSTANT = timedelta(
    microseconds=1
)  # of two at the same time, what takes back counts as the later one


class Evidence:
    """Writes the feedback log, each time in the caller's transaction: it is part of an event's effect.

    The log is folded into ratings by the `rerank` job.
    """

    def __init__(
        self,
        *,
        emoji: Mapping[str, Verdict],
        saved_by: Sequence[str],
        now: Callable[[], datetime],
        signals: Signals,
    ) -> None:
        """Take what each emoji says of an answer; those that save a message find an answer right."""
        self._signals = signals
        self._emoji = {**dict.fromkeys(saved_by, Verdict.UP), **emoji}
        self._now = now

    async def take_reaction(self, connection: Transaction, reaction: Reaction) -> Feedback | None:
        """Store an emoji, and the verdict that it is where it stands on an answer.

        Something newer by the same emoji may be known already: then there is no verdict. An answer
        may stand in several messages: a person means an emoji as long as it is on any of them.
        """
        if reaction.person.bot:
            return None
        await see_person(connection, reaction.person, self._now())
        newest = await set_reaction(connection, reaction)
        answer_id = await answer_at(connection, reaction.ref)
        if answer_id is None and newest:
            await self._signals.take_mark(connection, reaction)
        if answer_id is None or not newest:
            return None
        beside = await elsewhere_on(connection, reaction, answer_id)
        if not reaction.added and any(one.added for one in beside):
            return None
        if reaction.added:  # it stands now, although it was taken off another message since
            latest = max((one.at + INSTANT for one in beside), default=reaction.at)
            reaction = replace(reaction, at=max(reaction.at, latest))
        return await self._append(connection, reaction, answer_id)

    async def overhear(self, connection: Transaction, message: Message, *, meant: bool) -> None:
        """Note what a message says of an earlier answer without judging it; the bot answers a `meant` one."""
        await self._signals.overhear(connection, message, meant=meant)

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
        parts = await parts_of(connection, answer_id)
        standing = [one for part in parts for one in await reactions_on(connection, part)]
        given = [await self._append(connection, one, answer_id) for one in standing]
        return [one for one in given if one is not None]

    async def unexplained(self, connection: Transaction, reaction: Reaction) -> Answer | None:
        """Return the answer that a reaction finds wrong, if its person gave no reason and means it still.

        It need not have had its effect. What a command printed needs no reason.
        """
        down = verdict_of(reaction.emoji, self._emoji) is Verdict.DOWN
        answer_id = await answer_at(connection, reaction.ref)
        if answer_id is None or not down or not reaction.added or reaction.person.bot:
            return None
        known = (await emoji_on(connection, [reaction.ref])).get(reaction.ref.id, ())
        mine = (one for one in known if one.person.id == reaction.person.id)
        if any(one.emoji == reaction.emoji and one.at > reaction.at for one in mine):
            return None
        given = await live_verdicts(connection, [answer_id])
        said = next((one for one in given if one.is_by(reaction.person.id)), None)
        if said is not None and (said.reason or said.at > reaction.at):
            return None
        answer = await load_answer(connection, answer_id)
        return answer if answer and answer.origin is not Origin.COMMAND else None

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
