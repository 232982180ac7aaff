"""Replay: questions whose answer is known are asked of an epoch before it counts, and afterwards."""

import logging
import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime

from core.answers import Standing
from core.audience import EVERYONE
from core.feedback import Feedback, Verdict
from core.indexing import Indexing
from core.learning.promotion import Move
from core.learning.recalled import Recalled
from core.learning.reuse import REUSABLE, Reuse
from core.learning.rollback import undone
from core.learning.shadow import Shadow
from core.learning.trusting import Weights, weights_of
from core.ledger.epochs import live_epoch, next_made
from core.ledger.known import Known, known_questions, said_between, vectors_of
from core.ledger.ledger import Ledger, Transaction
from core.proof import Outcome, Proof, change_of, proof_of, turned_bad
from core.retrieval import Retriever, Searched
from core.settings_of_learning import LearningSettings

log = logging.getLogger(__name__)
AT_MOST = 200  # known questions of one replay; more tell little and take seconds
RATERS = 5  # people who must find something wrong before a stream of verdicts has turned bad
FIRST = Proof(outcome=Outcome.UNPROVEN, reason="there is no epoch before it")


class Replay:
    """Asks what is known, through the bot's own search and reuse, of two epochs in turn."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        indexing: Indexing,
        retriever: Retriever,
        reuse: Reuse,
        settings: LearningSettings,
        canaries: Sequence[str],
        now: Callable[[], datetime],
    ) -> None:
        """Take what answers; `canaries` are questions that no stored answer may be given for."""
        self._ledger = ledger
        self._indexing = indexing
        self._retriever = retriever
        self._reuse = reuse
        self._settings = settings
        self._canaries = [
            Known(text=text, audience=EVERYONE, given=frozenset(), cited=frozenset(), trial=text)
            for text in canaries
        ]
        self._now = now

    async def judge(self, epoch_id: int, moves: Sequence[Move]) -> Proof:
        """Return what an epoch, with the moves that come with it, does to what is known.

        Where it is only its floor that makes it worse it is judged with that of the live epoch, which
        then holds on: the proof says so.
        """
        barred = await self._barred(epoch_id, moves)
        moves = [one for one in moves if one.answer_id not in barred]
        proof = await self._judge(epoch_id, moves)
        return replace(proof, barred=tuple(sorted(barred)))

    async def _judge(self, epoch_id: int, moves: Sequence[Move]) -> Proof:
        falling = {one.answer_id for one in moves if one.standing is not Standing.VERIFIED}
        async with self._ledger.reading() as connection:
            live = await live_epoch(connection)
            known = await self._known(connection, self._now(), falling)
        if live is None:
            return FIRST
        shadow, floor = await self._shadow(epoch_id, moves), (await self._reuse.floors.now()).at
        proof = await self._compare(known, None, shadow)
        if proof.outcome is not Outcome.FAILED or shadow.floor == floor:
            return proof
        held = await self._compare(known, None, replace(shadow, floor=floor))
        return proof if held.outcome is Outcome.FAILED else replace(held, floor=floor)

    async def compare(self, earlier: int, later: int) -> Proof:
        """Return what the live epoch does to what was known in an earlier one, which it is told of.

        The earlier one is asked as it stood: what was moved since stands where it stood then.
        """
        async with self._ledger.reading() as connection:
            since = await next_made(connection, earlier) or self._now()
            known = await self._known(connection, since)
            moves = await undone(connection, since)
        one, other = await self._shadow(earlier, moves), await self._shadow(later, ())
        return await self._compare(known, one, other)

    async def _known(
        self, connection: Transaction, before: datetime, falling: Collection[str] = ()
    ) -> list[Known]:
        curators = self._settings.curators
        return await known_questions(connection, curators, before, AT_MOST, falling=falling)

    async def _shadow(self, epoch_id: int, moves: Sequence[Move]) -> Shadow:
        """Return an epoch as it would count; what it would have recalled gets its vectors."""
        floor = await self._reuse.floors.of(epoch_id)
        tried = sorted(move.answer_id for move in moves if move.standing in REUSABLE)
        fingerprint = self._indexing.fingerprint
        async with self._ledger.reading() as connection:
            found = await vectors_of(connection, tried, fingerprint)
        await self._indexing.remember({hash_: text for _, _, hash_, text, v in found if v is None})
        async with self._ledger.reading() as connection:
            found = await vectors_of(connection, tried, fingerprint)
        return Shadow(
            ratings=self._retriever.ratings.of(epoch_id),
            standings={move.answer_id: move.standing for move in moves},
            phrasings=[(id_, owner, v) for id_, owner, _, _, v in found if v is not None],
            floor=floor.at,
        )

    # -- asking --------------------------------------------------------------------------------

    async def _compare(self, known: Sequence[Known], before: Shadow | None, after: Shadow) -> Proof:
        changes: dict[str, list[int]] = {}
        leaks: list[str] = []
        for one in known:
            searched = await self._searched(one)
            was, _ = await self._asked(one, searched, before)
            now, given = await self._asked(one, searched, after)
            changes.setdefault(one.trial, []).append(change_of(was, now))
            if _leaks(one, given) or await self._leaks_to_strangers(one, after):
                leaks.append("an answer would be given to people who may not read it")
        leaks += await self._answered_canaries(before, after)
        return proof_of([_sign(sum(told)) for told in changes.values()], leaks)

    async def _leaks_to_strangers(self, known: Known, after: Shadow) -> bool:
        """Say whether who belongs to nothing would be given what only some may read."""
        if known.audience == EVERYONE:
            return False
        stranger = replace(known, audience=EVERYONE)
        searched = await self._searched(stranger)
        return _leaks(stranger, await self._reuse.given_again(searched.sought, after))

    async def _barred(self, epoch_id: int, moves: Sequence[Move]) -> frozenset[str]:
        """Return which answers would be given for a canary, of those that may be given from now on."""
        barred: set[str] = set()
        shadow = await self._shadow(epoch_id, moves)
        for canary in self._canaries:
            sought = (await self._searched(canary)).sought
            while given := await self._reuse.given_again(sought, shadow):
                if given.answer.id not in shadow.standings:
                    break
                log.warning("A stored answer is barred: it would be given for a canary.")
                barred.add(given.answer.id)
                left = [one for one in moves if one.answer_id not in barred]
                shadow = await self._shadow(epoch_id, left)
        return frozenset(barred)

    async def _answered_canaries(self, before: Shadow | None, after: Shadow) -> list[str]:
        """Return a sentence for each canary that is answered by something that was learned."""
        leaks = []
        for canary in self._canaries:
            searched = await self._searched(canary)
            _, was = await self._asked(canary, searched, before)
            _, now = await self._asked(canary, searched, after)
            if now and not was:
                leaks.append(f"a stored answer would be given for “{canary.text}”")
        return leaks

    async def _searched(self, known: Known) -> Searched:
        sought = await self._retriever.seek(known.text, known.audience.requires)
        return await self._retriever.search(sought)

    async def _asked(
        self, known: Known, searched: Searched, shadow: Shadow | None
    ) -> tuple[list[bool], Recalled | None]:
        """Return whether the right stored answer is given and a right document found first.

        What is rightly not known must score below the floor, too.
        """
        given = await self._reuse.given_again(searched.sought, shadow)
        right = [given.answer.id in known.given if given else not known.given]
        if not known.given:
            floor = shadow.floor if shadow else (await self._reuse.floors.now()).at
            right[0] &= all(one.score < floor for one in searched.found.values())
        if known.cited:
            found = await self._retriever.rate(searched, shadow.ratings if shadow else None)
            right.append(bool(found) and found[0].document_id in known.cited)
        return right, given

    # -- listening -----------------------------------------------------------------------------

    async def souring(self, since: datetime, before: datetime) -> str | None:
        """Return the sentence on how verdicts turned bad since a time, or None where they did not.

        They are compared with those on answers that were given from `before` until then; each weighs
        what its rater weighs.
        """
        async with self._ledger.reading() as connection:
            weights = await weights_of(connection, self._settings, self._now())
            old = await said_between(connection, before, since)
            new = await said_between(connection, since, self._now())
        against = [one for one in weights.voices(new) if one.verdict is Verdict.DOWN]
        if len({min(one.linked, default=one.person.id) for one in against}) < RATERS:
            return None
        ups, downs = (_weight(new, verdict, weights) for verdict in Verdict)
        old_ups, old_downs = (_weight(old, verdict, weights) for verdict in Verdict)
        base = (1.2 + old_downs) / (3.0 + old_ups + old_downs)
        if not turned_bad(ups, downs, base):
            return None
        return f"{len(against)} of {len(new)} verdicts since were 👎, and {base:.0%} before"


def _leaks(asked: Known, given: Recalled | None) -> bool:
    return given is not None and not given.answer.audience.readable_by(asked.audience.requires)


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)


def _weight(said: Sequence[Feedback], verdict: Verdict, weights: Weights) -> float:
    """Return what the verdicts of one kind weigh together."""
    return math.fsum(weights.influence.of(one) for one in said if one.verdict is verdict)
