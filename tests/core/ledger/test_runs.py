"""Runs are recorded, a lease has one holder, and collections and epochs know which one is live."""

from datetime import timedelta

import numpy as np
from sqlalchemy import select

from core.documents import content_hash
from core.embedding import Vectors
from core.feedback import Penalty, Rating
from core.ledger.answers import save_answer
from core.ledger.collections import (
    BUILDING,
    LIVE,
    RETIRED,
    add_collection,
    collections_of,
    forget_collection,
    make_live,
)
from core.ledger.documents import save_embeddings
from core.ledger.epochs import (
    begin_epoch,
    count_epochs,
    go_to,
    list_epochs,
    live_epoch,
    load_penalties,
    load_ratings,
    prune_epochs,
    save_epoch,
    unembedded,
)
from core.ledger.ledger import Transaction
from core.ledger.machinery import audit
from core.ledger.runs import (
    finish_run,
    hold_lease,
    last_done,
    latest_runs,
    note,
    release_lease,
    start_run,
)
from tests.doubles import NOON, answer

MINUTE = timedelta(minutes=1)


async def test_a_run_is_recorded(writer: Transaction) -> None:
    """A run that was killed has no outcome; only one that ended well counts as done."""
    await start_run(writer, "rerank", NOON)
    failed = await start_run(writer, "rerank", NOON)
    await finish_run(writer, failed, NOON + MINUTE, outcome="failed", summary="It broke.")
    assert await last_done(writer, "rerank") is None
    good = await start_run(writer, "rerank", NOON)
    await finish_run(writer, good, NOON + 2 * MINUTE, outcome="done", summary="Fine.")
    assert await last_done(writer, "rerank") == NOON + 2 * MINUTE
    assert [one.outcome for one in await latest_runs(writer, 9)] == ["done", "failed", None]
    assert len(await latest_runs(writer, 1)) == 1


async def test_a_held_lease_is_refused(writer: Transaction) -> None:
    """While one holds it nobody else gets it, and renewing it keeps its number."""
    assert await hold_lease(writer, "x", "one", NOON, MINUTE) == 1
    assert await hold_lease(writer, "x", "two", NOON + MINUTE / 2, MINUTE) is None
    assert await hold_lease(writer, "x", "one", NOON + MINUTE / 2, MINUTE) == 1
    assert await hold_lease(writer, "x", "two", NOON + MINUTE, MINUTE) is None


async def test_a_lease_changes_hands_with_a_greater_number(writer: Transaction) -> None:
    """A lease that ran out or was let go can be taken; the fencing number tells the holders apart."""
    await hold_lease(writer, "x", "one", NOON, MINUTE)
    assert await hold_lease(writer, "x", "two", NOON + MINUTE, MINUTE) == 2
    await release_lease(writer, "x", "one", NOON + MINUTE)
    assert await hold_lease(writer, "x", "one", NOON + MINUTE, MINUTE) is None
    await release_lease(writer, "x", "two", NOON + MINUTE)
    assert await hold_lease(writer, "x", "one", NOON + MINUTE, MINUTE) == 3


async def test_what_people_change_is_noted(writer: Transaction) -> None:
    """The audit log holds who did what to what."""
    await note(writer, by="room:ann", action="correct", subject="a1 -> a2", now=NOON)
    row = (await writer.execute(select(audit))).one()
    assert (row.by, row.action, row.subject, row.at) == ("room:ann", "correct", "a1 -> a2", NOON)


async def test_one_collection_is_live(writer: Transaction) -> None:
    """Making one live retires the former one of that alias, with the time, and no other's."""
    for name, alias, state in (("p1", "p", LIVE), ("p2", "p", BUILDING), ("q1", "q", LIVE)):
        await add_collection(writer, name=name, alias=alias, fingerprint="f", state=state, now=NOON)
    await make_live(writer, "p2", "p", NOON + MINUTE)
    held = {one.name: (one.state, one.retired_at) for one in await collections_of(writer)}
    assert held == {"p1": (RETIRED, NOON + MINUTE), "p2": (LIVE, None), "q1": (LIVE, None)}
    await forget_collection(writer, "p1")
    assert [one.name for one in await collections_of(writer, "p")] == ["p2"]


async def an_epoch(writer: Transaction, value: float, penalised: list[Penalty]) -> int:
    """Save an epoch with one rating."""
    rated = {"a1": Rating(value=value, ups=1.0, downs=0.5)}
    made = await save_epoch(
        writer,
        parameters="{}",
        last_feedback_id=7,
        rated=rated,
        weighed=[],
        penalised=penalised,
        now=NOON,
    )
    await begin_epoch(writer, made)
    return made


async def test_the_newest_epoch_is_live(writer: Transaction) -> None:
    """Each epoch keeps its own ratings, and exactly the newest one counts."""
    assert await live_epoch(writer) is None
    await save_answer(writer, answer(), None)
    first = await an_epoch(writer, 0.1 + 0.2, [])
    second = await an_epoch(writer, 0.5, [])
    live = await live_epoch(writer)
    assert live is not None
    assert (live.id, live.last_feedback_id, live.made_at) == (second, 7, NOON)
    held = await load_ratings(writer, first)
    assert held == {"a1": Rating(value=0.1 + 0.2, ups=1.0, downs=0.5)}
    assert await count_epochs(writer) == 2


async def test_old_epochs_go_but_the_last_of_each_day(writer: Transaction) -> None:
    """The newest twenty stay, ninety days' last ones, and whichever counts."""
    await save_answer(writer, answer(), None)
    for number in range(1, 200):  # two a day
        await save_epoch(
            writer,
            parameters="{}",
            last_feedback_id=number,
            rated={"a1": Rating(value=0.5, ups=1.0, downs=0.5)},
            weighed=[],
            penalised=[],
            now=NOON + number * timedelta(hours=12),
        )
    await go_to(writer, 7)
    now = NOON + 199 * timedelta(hours=12)
    assert await prune_epochs(writer, now) > 50
    left = [one.id for one in await list_epochs(writer)]
    assert left[:20] == list(range(199, 179, -1))
    assert left[-1] == 7
    assert len(left) < 110
    assert await load_ratings(writer, left[20])
    assert await load_ratings(writer, 8) == {}
    assert await prune_epochs(writer, now) == 0


async def test_a_penalty_needs_the_vector_of_its_question(writer: Transaction) -> None:
    """A question without a vector of this embedder is listed, and found once it has one."""
    await save_answer(writer, answer(), None)
    penalty = Penalty(passage_id="p" * 32, question_id="q-a1", weight=1.0)
    epoch = await an_epoch(writer, 0.5, [penalty])
    text = answer().question.text
    assert await load_penalties(writer, epoch, "f") == []
    assert await unembedded(writer, epoch, "f") == {content_hash(text): text}
    vector: Vectors = np.ones(4, dtype=np.float32)
    await save_embeddings(writer, {content_hash(text): vector}, "f")
    assert await unembedded(writer, epoch, "f") == {}
    ((passage_id, held, weight),) = await load_penalties(writer, epoch, "f")
    assert (passage_id, held.tolist(), weight) == ("p" * 32, [1, 1, 1, 1], 1.0)
