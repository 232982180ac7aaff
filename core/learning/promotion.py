"""Where an answer stands in its life, and what moves it. The rules are pure; the rest writes them down."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from core.answers import Answer, Origin, Standing
from core.feedback import Feedback, Rating, Verdict
from core.ledger.answers import question_ids, set_standing
from core.ledger.ledger import Transaction
from core.ledger.operations import ANSWERS, queue
from core.ledger.verifications import Verification, note_lapsed, note_verified
from core.ledger.withdrawing import withdraw
from core.priors import NEUTRAL
from core.ranking import wilson_lower, wilson_upper
from core.settings_of_learning import LearningSettings

ENOUGH_RATERS = 3
VERIFIED_FROM = 0.6  # lower bound of the share of 👍
RETIRED_UNTIL = 0.4  # upper bound of the share of 👍
TRIAL_FROM = NEUTRAL - 0.1
LEARNABLE = frozenset({Origin.GENERATED, Origin.QUOTED, Origin.CORRECTION})


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A change of standing, and the sentence that explains it.

    `owner` is who vouches for a verified answer, None where several people do together. `grounded`
    says that their word is enough: it is a curator's. `looked_at` is when they gave it, where that
    is not now; `lapses`, that only what is said from now on verifies the answer again.
    """

    answer_id: str
    standing: Standing
    reason: str
    by: str = "rerank"
    owner: str | None = None
    grounded: bool = False
    looked_at: datetime | None = None
    lapses: bool = False


def next_move(
    answer: Answer,
    rating: Rating,
    verdicts: Sequence[Feedback],
    verified: Verification | None,
    settings: LearningSettings,
    now: datetime,
) -> Move | None:
    """Return what becomes of an answer by what people said of it, and by how long that is ago."""
    curators = frozenset(settings.curators)
    lapsed_at = verified.lapsed_at if verified else None
    move = next_standing(answer, rating, verdicts, curators, lapsed_at)
    if move is not None or verified is None:
        return move
    return look_again(answer, verified, verdicts, curators, now, settings.reverify_days)


def next_standing(
    answer: Answer,
    rating: Rating,
    verdicts: Sequence[Feedback],
    curators: frozenset[str],
    lapsed_at: datetime | None = None,
) -> Move | None:
    """Return where an answer moves next, or None where it stays.

    Only what a person wrote is tried without having been verified; generated text never is.
    Nobody's verdict on their own answer counts. No verdict, not even a curator's, brings back what
    is stale, for it was given to other sources; and "I don't know" and commands are never learned.
    To "verified" this is the gate of people alone: what is not `grounded` has to pass the other one.
    From `lapsed_at` on only newer verdicts verify.
    """
    if answer.origin not in LEARNABLE or answer.standing is Standing.STALE:
        return None
    counted = by_others(answer, verdicts)
    if lapsed_at is not None:
        move: Move | None = _renewed(answer, counted, curators, lapsed_at) or _lapsed(
            answer, rating
        )
    else:
        move = _by_curator(answer, counted, curators) or _by_people(answer, rating, counted)
    return move if move and move.standing is not answer.standing else None


def look_again(
    answer: Answer,
    verification: Verification,
    verdicts: Sequence[Feedback],
    curators: frozenset[str],
    now: datetime,
    days: float,
) -> Move | None:
    """Return how a verified answer that nobody looked at for so many days goes on, or None.

    Where a curator or enough people found it right since, it stays and counts as looked at then;
    otherwise it goes back on trial. With 0 days nothing is ever overdue.
    """
    since = verification.at
    if not days or answer.standing is not Standing.VERIFIED or now - since < timedelta(days=days):
        return None
    counted = by_others(answer, verdicts)
    renewed = _renewed(answer, counted, curators, since)
    if renewed is None:
        reason = f"not looked at for {days:g} days"
        return Move(answer_id=answer.id, standing=Standing.TRIAL, reason=reason, lapses=True)
    if renewed.standing is not Standing.VERIFIED:
        return renewed
    seen = max(one.at for one in counted if one.at > since and one.verdict is Verdict.UP)
    if now - seen >= timedelta(days=days):  # that was long ago, too
        return look_again(answer, replace(verification, at=seen), verdicts, curators, now, days)
    return replace(renewed, looked_at=seen, grounded=True)


def by_others(answer: Answer, verdicts: Sequence[Feedback]) -> list[Feedback]:
    """Return the verdicts without the author's own, which counts for nothing."""
    author = answer.author.id if answer.author else None
    return [one for one in verdicts if not one.is_by(author)]


def _renewed(
    answer: Answer, verdicts: Sequence[Feedback], curators: frozenset[str], since: datetime
) -> Move | None:
    """Return what was settled since a time, by a curator or by enough people; None where nothing was."""
    fresh = [one for one in verdicts if one.at > since]
    nobodys = replace(answer, author=None)  # having written it once is no second look
    return _by_curator(nobodys, fresh, curators) or _by_agreement(answer, fresh)


def _lapsed(answer: Answer, rating: Rating) -> Move:
    """Return where an answer waits that has to be looked at again."""
    if rating.value >= TRIAL_FROM:
        return Move(
            answer_id=answer.id, standing=Standing.TRIAL, reason="it waits to be looked at again"
        )
    reason = "more found it wrong than right"
    return Move(answer_id=answer.id, standing=Standing.CANDIDATE, reason=reason)


def _by_curator(
    answer: Answer, verdicts: Sequence[Feedback], curators: frozenset[str]
) -> Move | None:
    judged = [one for one in verdicts if one.person.id in curators]
    wrote_it = answer.author is not None and answer.author.id in curators
    if not judged and not wrote_it:
        return None
    last = max(judged, key=lambda one: (one.at, one.event_id), default=None)
    if last is None:
        return Move(
            answer_id=answer.id,
            standing=Standing.VERIFIED,
            reason="a curator wrote it",
            owner=answer.author.id if answer.author else None,
            grounded=True,
        )
    up = last.verdict is Verdict.UP
    return Move(
        answer_id=answer.id,
        standing=Standing.VERIFIED if up else Standing.RETIRED,
        reason="a curator found it right" if up else "a curator found it wrong",
        owner=last.person.id,
        grounded=True,
    )


def _by_people(answer: Answer, rating: Rating, verdicts: Sequence[Feedback]) -> Move | None:
    agreed = _by_agreement(answer, verdicts)
    if agreed or _still_holds(answer.standing, verdicts):
        return agreed
    if answer.origin is Origin.CORRECTION and rating.value >= TRIAL_FROM:
        return Move(answer_id=answer.id, standing=Standing.TRIAL, reason="a person's correction")
    undone = answer.standing in {Standing.VERIFIED, Standing.RETIRED}
    reason = "what settled it was taken back" if undone else "more found it wrong than right"
    return Move(answer_id=answer.id, standing=Standing.CANDIDATE, reason=reason)


def _still_holds(standing: Standing, verdicts: Sequence[Feedback]) -> bool:
    """Say whether a settled answer keeps its standing, for which less is needed than to get it."""
    ups = sum(one.verdict is Verdict.UP for one in verdicts)
    downs = len(verdicts) - ups
    if standing is Standing.VERIFIED:
        return len(verdicts) >= ENOUGH_RATERS and ups > downs
    return standing is Standing.RETIRED and downs > ups


def _by_agreement(answer: Answer, verdicts: Sequence[Feedback]) -> Move | None:
    """Return the move that enough people agree on; the bounds leave few verdicts undecided."""
    if len(verdicts) < ENOUGH_RATERS:
        return None
    ups = sum(one.verdict is Verdict.UP for one in verdicts)
    downs = len(verdicts) - ups
    if wilson_upper(ups, downs) <= RETIRED_UNTIL:
        return Move(
            answer_id=answer.id, standing=Standing.RETIRED, reason=f"{downs} found it wrong"
        )
    if wilson_lower(ups, downs) >= VERIFIED_FROM and _is_widely_liked(answer, verdicts):
        return Move(
            answer_id=answer.id,
            standing=Standing.VERIFIED,
            reason=f"{ups} found it right",
            owner=answer.author.id if answer.author else None,
        )
    return None


def _is_widely_liked(answer: Answer, verdicts: Sequence[Feedback]) -> bool:
    """Say whether a correction was found right in two conversations, or nobody else reads it.

    One conversation is one mind, or one person's friends. Where a verdict was given may be unknown.
    What was not written by a person is given again nowhere before it is verified, so that nobody
    elsewhere could judge it: it has to stand up to its sources instead.
    """
    only_members = any(one.startswith("conversation:") for one in answer.audience.requires)
    if answer.origin is not Origin.CORRECTION or only_members:
        return True
    places = {one.conversation for one in verdicts if one.verdict is Verdict.UP}
    return len(places) > 1 or None in places


async def carry_out(
    connection: Transaction, moves: Sequence[Move], now: Callable[[], datetime]
) -> None:
    """Write moves to the log of standings and queue what the index must change.

    What would be given again and rests on a source that has changed meanwhile is stale at once.
    """
    for move in moves:
        await set_standing(
            connection, move.answer_id, move.standing, reason=move.reason, by=move.by, now=now()
        )
        await queue(connection, ANSWERS, await question_ids(connection, move.answer_id), now())
        if move.standing is Standing.VERIFIED:
            seen = move.looked_at or now()
            await note_verified(connection, move.answer_id, move.owner, seen)
        elif move.lapses:
            await note_lapsed(connection, move.answer_id, now())
    if any(move.standing in {Standing.TRIAL, Standing.VERIFIED} for move in moves):
        await withdraw(connection, now())
