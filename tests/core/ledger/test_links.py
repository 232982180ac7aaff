"""Linked accounts are one rater wherever the log is folded, and forgetting one leaves the others."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.feedback import Reason, Verdict
from core.ledger import links
from core.ledger.answers import save_answer
from core.ledger.epochs import begin_epoch, live_epoch, save_epoch
from core.ledger.feedback import append, live_verdicts
from core.ledger.forgotten import erase_trail
from core.ledger.ledger import Transaction
from core.ledger.links import Code
from core.ledger.people import all_people
from core.ledger.trail import trail_of
from core.messages import Person
from tests.doubles import NOON, answer, message, person, said

UP, DOWN = Verdict.UP, Verdict.DOWN
ANN, BOB, CID, DAN = (person(name) for name in ("ann", "bob", "cid", "dan"))
LATER = NOON + timedelta(minutes=1)
LATEST = NOON + timedelta(minutes=2)


async def link(writer: Transaction, *accounts: Person, digest: str = "d" * 64) -> None:
    """Make accounts those of one person, the first one being whose code it was."""
    code = Code(person=accounts[0], digest=digest, redeemed_by=None)
    await links.join(writer, accounts, code, NOON)


@pytest.fixture
async def log(writer: Transaction) -> Transaction:
    """Return the writer, in a ledger with an answer that was given again, and a live epoch."""
    await save_answer(writer, answer("a1"), None)
    await save_answer(writer, answer("again", "Reset how?", reused="a1"), None)
    made = await save_epoch(
        writer, parameters="", last_feedback_id=7, rated={}, weighed=[], penalised=[], now=NOON
    )
    await begin_epoch(writer, made)
    return writer


async def told(writer: Transaction) -> list[tuple[str, str]]:
    """Return which account of each rater said what, of all copies of the answer together."""
    live = await live_verdicts(writer, ["a1"], merged=True)
    return sorted((one.person.key, one.verdict.value) for one in live)


async def outdated(writer: Transaction) -> bool:
    """Say whether the next `rerank` computes everything anew."""
    epoch = await live_epoch(writer)
    return epoch is not None and epoch.last_feedback_id == -1


async def test_linked_accounts_have_one_verdict(log: Transaction) -> None:
    """The last word counts, by whichever account; before the link there were two."""
    await append(log, said("a1", UP, by="ann"))
    await append(log, said("again", DOWN, by="bob", at=LATER))
    await append(log, said("a1", UP, by="cid"))
    assert await told(log) == [("ann", "up"), ("bob", "down"), ("cid", "up")]
    await link(log, ANN, BOB)
    assert await told(log) == [("bob", "down"), ("cid", "up")]
    assert await outdated(log)


async def test_each_account_takes_back_what_it_gave(log: Transaction) -> None:
    """A 👍 that still stands on one platform counts when the other one's is taken off."""
    await link(log, ANN, BOB)
    await append(log, said("a1", UP, by="ann"))
    await append(log, said("again", UP, by="bob", at=LATER))
    await append(log, said("again", UP, by="bob", at=LATEST, withdrawn=True, event="off"))
    assert await told(log) == [("ann", "up")]


async def test_a_reason_that_was_given_elsewhere_stays(log: Transaction) -> None:
    """A plain 👎 by the other account keeps why the first one was down."""
    await link(log, ANN, BOB)
    await append(log, said("a1", DOWN, by="ann", reason=Reason.OUTDATED))
    await append(log, said("a1", DOWN, by="bob", at=LATER))
    (live,) = await live_verdicts(log)
    assert (live.person.key, live.reason) == ("bob", Reason.OUTDATED)


async def test_a_verdict_knows_by_whom_it_is(log: Transaction) -> None:
    """It is by every linked account, and by nobody else."""
    await link(log, ANN, BOB)
    await append(log, said("a1", UP, by="ann"))
    await append(log, said("a1", UP, by="cid"))
    mine, other = sorted(await live_verdicts(log), key=lambda one: one.person.id)
    assert [mine.is_by(one.id) for one in (ANN, BOB, CID)] == [True, True, False]
    assert [other.is_by(one.id) for one in (ANN, BOB, CID)] == [False, False, True]
    assert not mine.is_by(None)


async def test_a_chain_is_one_person(log: Transaction) -> None:
    """Who links a second account with a third has three, and leaving leaves the two others linked."""
    await link(log, ANN, BOB)
    await link(log, BOB, ANN, CID, digest="e" * 64)
    for one in (ANN, BOB, CID):
        assert {held.key for held in await links.accounts_of(log, one)} == {"ann", "bob", "cid"}
    assert await links.part(log, BOB.id)
    assert {one.key for one in await links.accounts_of(log, ANN)} == {"ann", "cid"}
    assert await links.accounts_of(log, BOB) == [BOB]


async def test_of_two_neither_stays_linked_alone(log: Transaction) -> None:
    """Parting undoes a link for both, and brings every verdict back as it was given."""
    for by, verdict in (("ann", UP), ("bob", DOWN)):
        await append(log, said("a1", verdict, by=by))
    await link(log, ANN, BOB)
    assert await links.part(log, ANN.id)
    assert await links.accounts_of(log, BOB) == [BOB]
    assert await told(log) == [("ann", "up"), ("bob", "down")]
    assert not await links.part(log, BOB.id)


async def test_forgetting_one_account_leaves_the_other(log: Transaction) -> None:
    """Its words, evidence, link, codes and tries go; the other one's verdict counts by itself."""
    await append(log, said("a1", UP, by="ann"))
    await append(log, said("a1", DOWN, by="bob", at=LATER))
    await links.save_code(log, BOB, "c" * 64, LATER)
    await links.save_code(log, ANN, "b" * 64, LATER)
    await links.redeem(log, Code(person=ANN, digest="b" * 64, redeemed_by=None), BOB)
    await links.note_try(log, BOB, NOON)
    await link(log, ANN, BOB)
    trail = await trail_of(log, BOB)
    assert trail.footprint.linked == 1
    await erase_trail(log, trail, NOON)
    assert await told(log) == [("ann", "up")]
    assert await links.accounts_of(log, ANN) == [ANN]
    assert BOB.id not in {one.id for one in await all_people(log)}
    assert await links.count_tries(log, BOB, NOON - timedelta(days=1)) == 0
    for digest in ("b" * 64, "c" * 64):
        assert await links.code_of(log, digest, NOON) is None


async def test_who_comes_back_and_links_anew_stays_linked(log: Transaction) -> None:
    """What the purge still finds of the time before takes no newer link along."""
    await link(log, ANN, BOB)
    before = replace(await trail_of(log, BOB), until=NOON - timedelta(minutes=1))
    await erase_trail(log, before, LATER)
    assert len(await links.accounts_of(log, ANN)) == 2


async def test_nobody_else_vouches_by_a_second_account(log: Transaction) -> None:
    """What only the asker's own other account likes is not found right by others."""
    asked = replace(answer("a2"), text="You said so.")
    await save_answer(log, asked, message("m-ann", by="ann"))
    await append(log, said("a2", UP, by="bob"))
    assert (await trail_of(log, ANN)).vouched == ["a2"]
    await link(log, ANN, BOB)
    assert (await trail_of(log, ANN)).unvouched == ["a2"]


async def test_codes_and_tries_are_kept_for_their_time(log: Transaction) -> None:
    """A person has one code, known by its digest until it expires; wrong ones are counted."""
    await links.save_code(log, DAN, "1" * 64, LATER)
    await links.save_code(log, DAN, "2" * 64, LATER)
    assert await links.code_of(log, "1" * 64, NOON) is None
    code = await links.code_of(log, "2" * 64, NOON)
    assert code == Code(person=DAN, digest="2" * 64, redeemed_by=None)
    assert await links.code_of(log, "2" * 64, LATER) is None
    await links.note_try(log, DAN, NOON)
    assert await links.count_tries(log, DAN, NOON - timedelta(minutes=1)) == 1
    await links.expire(log, LATER, NOON)
    assert await links.count_tries(log, DAN, NOON - timedelta(minutes=1)) == 0
