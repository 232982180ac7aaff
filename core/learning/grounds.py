"""The second gate to "verified": an answer that people agree on is read beside its current sources."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from core.answers import Answer, Origin, Standing
from core.documents import content_hash
from core.errors import IndexUnavailableError, ModelError
from core.grounds import Grounds, Judge
from core.learning.promotion import Move
from core.learning.support import support_of
from core.ledger.answers import load_answers
from core.ledger.documents import StoredPassage, passages_with
from core.ledger.epochs import outdate
from core.ledger.grounds import drop_put_off, found_before, last_reason, put_off, save_grounds
from core.ledger.ledger import Ledger
from core.ledger.people import readable_numbers
from core.ledger.runs import note
from core.prompts import PromptPassage
from core.retrieval import Retriever

log = logging.getLogger(__name__)
MOST_LOOKS = 20  # answers that are looked at in one run; the others wait for the next
MOST_SOURCES = 6
REFUSALS = {
    Grounds.MISSING: "people found it right, but no source supports it yet",
    Grounds.CONTRADICTED: "people found it right, but its sources contradict it: for a curator",
}


class SecondGate:
    """Lets pass what the sources bear out, or what a curator vouches for.

    Each text is looked at once beside the same passages by the same judge. Where the judge cannot
    be asked, the answer stays where it is, and is looked at by a later run.
    """

    def __init__(
        self,
        *,
        ledger: Ledger,
        retriever: Retriever,
        judge: Judge,
        floor: float,
        now: Callable[[], datetime],
    ) -> None:
        """Take who looks; passages below the `floor` (a score) are no source of anything."""
        self._ledger = ledger
        self._retriever = retriever
        self._judge = judge
        self._floor = floor
        self._now = now

    async def allowed(self, moves: Sequence[Move]) -> list[Move]:
        """Return what becomes of moves: those to "verified" that lack grounds go elsewhere or fall away."""
        due = [one for one in moves if one.standing is Standing.VERIFIED and not one.grounded]
        async with self._ledger.reading() as connection:
            held = await load_answers(connection, [one.answer_id for one in due])
        looks, passed = MOST_LOOKS, []
        for move in moves:
            answer = held.get(move.answer_id)
            if answer is None:
                passed.append(move)
                continue
            found, asked = await self._found(answer, ask=looks > 0)
            looks -= asked
            outcome = await self._outcome(move, answer, found) if found else None
            passed += [outcome] if outcome else []
        return passed

    async def catch_up(self) -> None:
        """Look at what could not be looked at before, and have everything computed anew after that."""
        async with self._ledger.reading() as connection:
            held = await load_answers(connection, await put_off(connection, MOST_LOOKS))
        for answer in held.values():
            found, _ = await self._found(answer, ask=True)
            if found is None:
                return  # the judge is away: the others need not be tried
            async with self._ledger.writing() as connection:
                await outdate(connection)

    async def _found(self, answer: Answer, *, ask: bool) -> tuple[Grounds | None, bool]:
        """Return what the sources say (None: nobody can tell now), and whether the judge was asked."""
        try:
            sources = await self._sources(answer)
        except IndexUnavailableError as error:
            log.warning("An answer's sources could not be looked up: %s", error)
            return None, False
        hashes = sorted(one.hash for one in sources)
        key = content_hash("grounds", self._judge.name, answer.text, *hashes)
        async with self._ledger.reading() as connection:
            before = await found_before(connection, key)
        if before is not None:
            return before, False
        found = await self._looked(answer, sources) if ask else None
        async with self._ledger.writing() as connection:
            await drop_put_off(connection, answer.id)
            await save_grounds(connection, key, answer.id, found, self._now())
            if found is Grounds.CONTRADICTED:
                what = {"action": "contradicted by its sources", "subject": answer.id}
                await note(connection, by="grounds", now=self._now(), **what)
        return found, ask

    async def _looked(self, answer: Answer, sources: Sequence[StoredPassage]) -> Grounds | None:
        if not sources:
            return Grounds.MISSING
        given = [
            PromptPassage(
                title=one.title,
                breadcrumb=one.breadcrumb,
                source=one.link or one.document_uri,
                text=one.text,
            )
            for one in sources
        ]
        try:
            found = await self._judge.weigh(answer.question.text, answer.text, given)
        except ModelError as error:
            log.warning("An answer was not looked at beside its sources: %s", error)
            return None
        if found is Grounds.CONTRADICTED:
            log.warning("Answer %s is liked, and its sources contradict it.", answer.id)
        return found

    async def _sources(self, answer: Answer) -> list[StoredPassage]:
        """Return what the answer cites as it reads now; of what a person wrote, also what is found.

        Whoever may read the answer may read them all.
        """
        cited = [(one.document_id, one.hash) for one in answer.citations]
        async with self._ledger.reading() as connection:
            current = await passages_with(connection, cited)
            readable = await readable_numbers(connection, answer.audience.requires)
        if answer.origin is Origin.CORRECTION:
            current = {**current, **await self._found_for(answer)}
        allowed = [one for one in current.values() if one.audience_id in readable]
        return allowed[:MOST_SOURCES]

    async def _found_for(self, answer: Answer) -> dict[str, StoredPassage]:
        """Return what holds most of the answer's words, then what is found for its question."""
        sought = await self._retriever.seek(answer.question.text, answer.audience.requires)
        found = [one for one in await self._retriever.find(sought) if one.score >= self._floor]
        holding = await support_of(self._retriever, answer.text, answer.audience)
        places = [(one.document_id, one.hash) for one in holding]
        places += [(one.document_id, one.hash) for one in found]
        async with self._ledger.reading() as connection:
            return await passages_with(connection, places)

    async def _outcome(self, move: Move, answer: Answer, found: Grounds) -> Move | None:
        """Return where the finding leads; None where the answer stays, and the log says why already."""
        if found is Grounds.SUPPORTED:
            return replace(move, reason=f"{move.reason}, and its sources support it")
        kept = answer.standing is Standing.TRIAL or answer.origin is Origin.CORRECTION
        standing = Standing.TRIAL if kept else Standing.CANDIDATE
        async with self._ledger.reading() as connection:
            said = await last_reason(connection, answer.id)
        if standing is answer.standing and said == REFUSALS[found]:
            return None
        return replace(move, standing=standing, reason=REFUSALS[found], owner=None)
