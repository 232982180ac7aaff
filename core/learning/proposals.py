"""Taking a proposal: what somebody wrote, and another found worth keeping, becomes an answer."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime

from core.answers import Answer, Citation, Origin, Question, Standing
from core.audience import Audience
from core.documents import content_hash
from core.errors import UnknownAnswerError
from core.feedback import Feedback, Proposal, Verdict, Via, is_one_of
from core.learning.duplicates import alike
from core.learning.promotion import Move, carry_out
from core.learning.support import support_of
from core.ledger import proposals
from core.ledger.answers import answer_at, load_answer
from core.ledger.epochs import outdate
from core.ledger.feedback import append, live_verdicts
from core.ledger.inbox import is_buried
from core.ledger.ledger import Transaction
from core.ledger.narrowing import meet, narrowed_to
from core.ledger.people import see_person
from core.ledger.proposals import Wording
from core.ledger.runs import note
from core.messages import MessageRef, Person, Reaction
from core.retrieval import Retriever

NO_TEXT = "There is no text in that message, so it cannot be saved as an answer."
NO_QUESTION = "Say which question this answers: the beginning of its thread does not tell me."
OF_A_BOT = "Only what people wrote can be saved as an answer."
TAKEN_AWAY = "That message was taken away, so it cannot be saved as an answer."


class Proposals:
    """Turns "Save as answer" into a candidate for the question of its thread, with a vote for it.

    The same words that several people save from one message are one answer with several votes. Who
    takes the emoji off takes the vote back, and what nobody stands by any more is given to nobody.
    """

    def __init__(
        self, *, retriever: Retriever, saved_by: Sequence[str], now: Callable[[], datetime]
    ) -> None:
        """Take what sources are looked up with, and the emoji that save a message."""
        self._retriever = retriever
        self._saved_by = tuple(saved_by)
        self._now = now

    async def support(self, proposal: Proposal) -> tuple[Citation, ...]:
        """Return what is cited for a proposal; that is looked up before `take`, for it takes a while."""
        if not proposal.text.strip() or proposal.person.bot or proposal.author.bot:
            return ()
        return await support_of(self._retriever, proposal.text, proposal.conversation.audience)

    async def same(self, text: str, others: Collection[str]) -> frozenset[str]:
        """Return which of others' texts say the same in other words; that takes a while as well."""
        return await alike(self._retriever, text, others)

    async def take(
        self, connection: Transaction, proposal: Proposal, support: tuple[Citation, ...]
    ) -> Proposal | None:
        """Store a proposal in the caller's transaction; return it, or None where it is passed over.

        An answer of ours that is proposed gets the vote itself. What bots propose is passed over.
        Raises `UnknownAnswerError` where there is no text, where nobody knows the question, and
        where another bot wrote it.
        """
        if proposal.person.bot:
            return None
        await see_person(connection, proposal.person, self._now())
        answer_id = await answer_at(connection, proposal.ref)
        if answer_id is None:
            answer_id = await self._kept(connection, proposal, support)
        await self._vote(connection, proposal, answer_id)
        gone = await proposals.taken_back_at(
            connection, proposal.ref.id, proposal.person.id, self._saved_by
        )
        if gone is not None and gone >= proposal.at:  # the emoji's removal was quicker
            await self._let_go(connection, answer_id, proposal.person, proposal.event_id, gone)
        return proposal

    async def keep(
        self,
        connection: Transaction,
        proposal: Proposal,
        support: tuple[Citation, ...],
        wording: Wording,
        parts: Sequence[MessageRef],
        same: Collection[str] = (),
    ) -> str:
        """Store what somebody wrote in several messages, as one answer of theirs; return its id.

        Where somebody else's answer to the same question and readers says the same, in these words or
        in those of `same`, it is that one, with a vote for it. The conversation may have been made
        private since the messages were sent.
        """
        await see_person(connection, proposal.person, self._now())
        place = proposal.conversation
        audience = await narrowed_to(connection, place.audience, place.id)
        answer_id = content_hash(proposal.event_id)[:32]
        answer = self._answer(answer_id, proposal, support, wording, audience)
        said = await proposals.said_of(connection, wording.text, audience)
        before = [id_ for id_, text in said.items() if text == answer.text]
        before += [id_ for id_, text in said.items() if text in same]
        if before:
            await self._vote(connection, proposal, before[0])
            return before[0]
        await proposals.save_proposed(connection, answer, wording)
        for number, ref in enumerate(parts):
            part = replace(proposal, event_id=f"{proposal.event_id}:part{number}", ref=ref)
            await self._note(connection, part, answer.id)
        return answer.id

    async def take_back(self, connection: Transaction, reaction: Reaction) -> None:
        """Take back what a person proposed, where the emoji that saves was taken off a message."""
        saves = is_one_of(reaction.emoji, self._saved_by)
        if reaction.added or reaction.person.bot or not saves:
            return
        about = (reaction.ref, reaction.person, reaction.at)
        ids = await proposals.proposed_by(connection, *about)
        ours = await answer_at(connection, reaction.ref)
        for id_ in [*ids, *([ours] if ours else [])]:
            await self._let_go(connection, id_, reaction.person, reaction.event_id, reaction.at)

    # -- the answer ----------------------------------------------------------------------------

    async def _kept(
        self, connection: Transaction, proposal: Proposal, support: tuple[Citation, ...]
    ) -> str:
        """Store the answer, unless the same words were saved before; return its id."""
        text = proposal.text.strip()
        if proposal.author.bot:
            raise UnknownAnswerError(OF_A_BOT)
        if await is_buried(connection, proposal.ref):
            raise UnknownAnswerError(TAKEN_AWAY)
        if not text:
            raise UnknownAnswerError(NO_TEXT)
        place = await meet(connection, proposal.conversation, proposal.at, self._now())
        wording = await _wording(connection, proposal)
        before = await proposals.proposed_before(connection, proposal.ref, text, wording.text)
        answer_id = before or content_hash(proposal.event_id)[:32]
        if before is None:
            author = await _author(connection, proposal)
            await see_person(connection, author, self._now())
            theirs = replace(proposal, author=author)
            answer = self._answer(answer_id, theirs, support, wording, place.audience)
            await proposals.save_proposed(connection, answer, wording)
        await self._note(connection, proposal, answer_id)
        return answer_id

    def _answer(
        self,
        answer_id: str,
        proposal: Proposal,
        support: tuple[Citation, ...],
        wording: Wording,
        audience: Audience,
    ) -> Answer:
        question_id = content_hash(answer_id, wording.text)[:32]
        return Answer(
            id=answer_id,
            question=Question(id=question_id, text=wording.text, asked=wording.asked),
            text=proposal.text.strip(),
            origin=Origin.CORRECTION,
            audience=audience,
            created_at=self._now(),
            citations=support,
            author=proposal.author,
        )

    async def _note(self, connection: Transaction, proposal: Proposal, answer_id: str) -> None:
        await proposals.save_proposal(connection, proposal, answer_id)
        await outdate(connection)  # without a vote there is no new evidence, but a new answer
        await note(
            connection,
            by=proposal.person.id,
            action="propose",
            subject=f"{proposal.ref.id} -> {answer_id}",
            now=self._now(),
        )

    # -- the vote ------------------------------------------------------------------------------

    async def _vote(self, connection: Transaction, proposal: Proposal, answer_id: str) -> None:
        """Count the proposal as a 👍, unless the words are the proposer's own."""
        answer = await load_answer(connection, answer_id)
        if answer is not None and (answer.author is None or answer.author.id != proposal.person.id):
            digest = content_hash("proposal", proposal.event_id)
            await self._append(connection, answer_id, proposal.person, digest, proposal.at)

    async def _let_go(
        self, connection: Transaction, answer_id: str, person: Person, event_id: str, at: datetime
    ) -> None:
        """Take a vote back; a saved answer that nobody stands by then is given to nobody."""
        digest = content_hash("taken back", event_id, answer_id)
        await self._append(connection, answer_id, person, digest, at, withdrawn=True)
        answer = await load_answer(connection, answer_id)
        if answer is None or answer.standing is Standing.STALE:
            return
        if not await proposals.is_proposed(connection, answer_id):
            return
        author = answer.author.id if answer.author else None
        liked = any(
            one.verdict is Verdict.UP and not one.is_by(author)
            for one in await live_verdicts(connection, [answer_id], merged=True)
        )
        if not liked and not await proposals.is_stood_by(connection, answer_id, self._saved_by):
            reason = "whoever saved it took that back"
            move = Move(answer_id=answer_id, standing=Standing.STALE, reason=reason, by="proposals")
            await carry_out(connection, [move], self._now)

    async def _append(
        self,
        connection: Transaction,
        answer_id: str,
        person: Person,
        digest: str,
        at: datetime,
        *,
        withdrawn: bool = False,
    ) -> None:
        vote = Feedback(
            event_id=f"proposal:{digest}",
            answer_id=answer_id,
            person=person,
            verdict=Verdict.UP,
            via=Via.PROPOSAL,
            at=at,
            withdrawn=withdrawn,
            emoji=self._saved_by[0] if self._saved_by else None,
        )
        await append(connection, vote)


async def _wording(connection: Transaction, proposal: Proposal) -> Wording:
    """Return the question that a proposal answers, and whose words those are."""
    thread = proposal.thread or await proposals.thread_of(connection, proposal.ref)
    found = None
    if thread is not None and thread != proposal.ref.key:
        found = await proposals.opening(connection, proposal.ref, thread)
    said = (proposal.question or "").strip()
    if said and (found is None or said.split() != found.text.split()):
        return Wording(text=said, asked=said, asker_id=proposal.person.id, message_id=None)
    if found is None:
        raise UnknownAnswerError(NO_QUESTION)
    return found


async def _author(connection: Transaction, proposal: Proposal) -> Person:
    """Return whose words they are: whoever changed them before saving them is their author."""
    said = await proposals.text_at(connection, proposal.ref)
    unchanged = said is None or said.split() == proposal.text.split()
    return proposal.author if unchanged else proposal.person
