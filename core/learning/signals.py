"""Implicit signals: what people say of an answer without judging it. They weigh little.

They are events of the feedback log, each read from one message, and never count for what a verdict
decides: standings, ratings everywhere, who a rater is.
"""

from datetime import timedelta

from core.feedback import IMPLICIT, Feedback, Verdict, Via, is_one_of
from core.ledger.feedback import append, live_verdicts
from core.ledger.ledger import Transaction
from core.ledger.links import accounts_of
from core.ledger.signals import asked_between, given_to, last_given, signal_id, spoken_since
from core.messages import Message, Reaction
from core.questions import (
    ASKING,
    content_terms_of,
    gives_thanks,
    is_acknowledgement,
    is_question,
    same_meaning,
)
from core.settings_of_learning import ImplicitSettings
from core.terms import terms_of

AGAIN_WITHIN = timedelta(minutes=10)
ALIKE = 0.5  # the share of all terms of two questions that both have
SUBSTANCE = 3  # terms that say something; a message with fewer is chatter
RESOLVED_BY = ("white_check_mark", "✅", "heavy_check_mark", "✔")


class Signals:
    """Reads implicit signals from messages and marks, each in the caller's transaction."""

    def __init__(self, weights: ImplicitSettings) -> None:
        """Take what each kind weighs; what weighs nothing is not written down."""
        self._weights = weights

    async def overhear(self, connection: Transaction, message: Message, *, meant: bool) -> None:
        """Note what a stored message says of an earlier answer; `meant` is one that the bot answers."""
        if message.person.bot or message.afresh or not message.text.strip():
            return
        accounts = {one.id for one in await accounts_of(connection, message.person)}
        if await self._asks_again(connection, message, accounts, meant=meant) or message.private:
            return
        await self._replies(connection, message, accounts, meant=meant)

    async def take_mark(self, connection: Transaction, reaction: Reaction) -> None:
        """Note that an asker marked the question as resolved, or took the mark off."""
        if not is_one_of(reaction.emoji, RESOLVED_BY):
            return
        accounts = {one.id for one in await accounts_of(connection, reaction.person)}
        answer_id = await given_to(connection, reaction.ref, accounts)
        counts = self._weights.weight(Via.RESOLVED) > 0 or not reaction.added
        if answer_id is None or not counts:
            return
        event = Feedback(
            event_id=signal_id(reaction.ref, Via.RESOLVED, reaction.event_id),
            answer_id=answer_id,
            person=reaction.person,
            verdict=Verdict.UP,
            via=Via.RESOLVED,
            at=reaction.at,
            withdrawn=not reaction.added,
            emoji=reaction.emoji,
        )
        await append(connection, event)

    async def _asks_again(
        self, connection: Transaction, message: Message, accounts: set[str], *, meant: bool
    ) -> bool:
        """Note that an asker needed to ask twice, and say whether they did."""
        if not (meant or is_question(message.text)):
            return False
        since = message.sent_at - AGAIN_WITHIN
        for asked_in, given in await asked_between(connection, accounts, since, message.sent_at):
            if asked_in != message.ref.id and _is_same(message.text, given.asked):
                await self._note(connection, message, given.answer_id, Via.ASKED_AGAIN)
                return True
        return False

    async def _replies(
        self, connection: Transaction, message: Message, accounts: set[str], *, meant: bool
    ) -> None:
        """Note that the asker gave thanks for an answer, or that somebody else answered below it."""
        text = message.text
        thanks, answers = gives_thanks(text), not meant and _may_answer(text)
        given = await last_given(connection, message) if thanks or answers else None
        if given is None or given.asker_id is None:
            return
        if given.asker_id in accounts:
            if thanks and not await spoken_since(connection, message, given.at, accounts):
                await self._note(connection, message, given.answer_id, Via.THANKS)
        elif answers and not await _is_confirmed(connection, given.answer_id):
            await self._note(connection, message, given.answer_id, Via.ANSWERED_BY_PERSON)

    async def _note(
        self, connection: Transaction, message: Message, answer_id: str, via: Via
    ) -> None:
        if self._weights.weight(via):
            event = Feedback(
                event_id=signal_id(message.ref, via),
                answer_id=answer_id,
                person=message.person,
                verdict=IMPLICIT[via],
                via=via,
                at=message.sent_at,
            )
            await append(connection, event)


def _is_same(text: str, asked: str) -> bool:
    """Say whether two texts ask the same, without an embedder: shared terms, and nothing reversed."""
    one, other = {*content_terms_of(text)}, {*content_terms_of(asked)}
    return len(one & other) >= ALIKE * len(one | other) and same_meaning(text, asked)


def _may_answer(text: str) -> bool:
    """Say whether a text could be an answer: it tells something and asks nothing."""
    told = {*terms_of(text)} - ASKING
    return len(told) >= SUBSTANCE and not is_question(text) and not is_acknowledgement(text)


async def _is_confirmed(connection: Transaction, answer_id: str) -> bool:
    given = await live_verdicts(connection, [answer_id], implicit=True)
    return any(one.verdict is Verdict.UP for one in given)
