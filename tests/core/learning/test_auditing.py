"""The audit queue: what is contested, often given and moved far is judged first, by curators alone."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.answers import Presented
from core.errors import TavernkeepError
from core.feedback import Verdict
from core.hookspecs import Audits
from core.interfaces import Call
from core.learning.auditing import Auditing, queued, quota, urgency
from core.ledger.answers import save_answer
from core.ledger.contested import Contested, contested
from core.ledger.epochs import prove
from core.ledger.ledger import Ledger
from core.messages import Conversation
from core.priors import NEUTRAL
from core.proof import Outcome, Proof
from core.scheduler import silent
from core.settings import Settings
from plugins.audit import NOTHING, AuditNext
from tests.core.learning.test_trusting import HOW, WHY, job, tell
from tests.doubles import LOBBY, NOON, answer, person, said

DOWN = Verdict.DOWN
CURATOR = person("curator")
SECRET = Conversation(platform="room", key="den", name="den", public=False)


def auditing(ledger: Ledger) -> Auditing:
    """Return the audit queue of one curator."""
    return Auditing(ledger=ledger, curators=("room:curator",), now=lambda: NOON)


async def say(audits: Audits, by: str, place: Conversation = LOBBY) -> str:
    """Return what `/audit` says to somebody."""
    call = Call(arguments="", person=person(by), answer_id="r1", conversation=place)

    async def quiet(text: str) -> None:
        """Show no progress."""

    return await AuditNext(audits).run(call, quiet)


def test_conflict_traffic_and_displacement_each_raise_the_urgency() -> None:
    """And the queue has the most urgent first, as many as it may."""
    calm = Contested(answer_id="a", shown="a", ups=3, downs=0, given=2, moved=0.1)
    more = [replace(calm, downs=2), replace(calm, given=9), replace(calm, moved=0.3)]
    assert all(urgency(one) > urgency(calm) for one in more)
    assert queued([calm, more[0]], 1) == [more[0]]
    assert [quota(n) for n in (0, 500, 501)] == [10, 10, 11]


async def test_a_curator_gets_what_people_differ_on_and_judges_it_there(
    ledger: Ledger, settings: Settings
) -> None:
    """The contested one first, at the question that it was given to; once judged, the next."""
    plain, root = answer("plain", HOW), answer("root", "How is it done?")
    copy = answer("copy", WHY, reused="root")
    told = [said("copy"), said("copy", DOWN, by="bob"), said("plain", by="ann")]
    await tell(ledger, plain, root, copy, *told)
    await job(ledger, settings).run(NOON, silent)
    shown = await say(auditing(ledger), "curator")
    assert isinstance(shown, Presented)
    assert f"**Audit:** {WHY}" in shown
    assert (shown.answer.id, shown.answer.question.text) == ("root", WHY)
    audit = replace(answer("audit", WHY, reused="root"), text=shown)
    await tell(ledger, audit, said("audit", DOWN, by="curator"))
    following = await say(auditing(ledger), "curator")
    assert isinstance(following, Presented)
    assert following.answer.id == "plain"
    await tell(ledger, said("plain", by="curator"))
    assert await say(auditing(ledger), "curator") == NOTHING


async def test_an_epoch_that_was_refused_is_no_measure_of_what_moved(
    ledger: Ledger, settings: Settings
) -> None:
    """How far a rating moved is told against the last epoch that could count."""
    await tell(ledger, answer("plain", HOW), said("plain", DOWN, by="ann"))
    await job(ledger, settings).run(NOON, silent)
    async with ledger.writing() as connection:
        before = await contested(connection, (), NOON, NEUTRAL)
        await prove(connection, [1], Proof(outcome=Outcome.FAILED, reason="worse"))
        after = await contested(connection, (), NOON, NEUTRAL)
    assert [one.moved for one in before] == [0.0]
    assert after[0].moved > 0.0


async def test_only_curators_audit(ledger: Ledger) -> None:
    """Others get a sentence."""
    assert "Only a curator" in await say(auditing(ledger), "ann")
    with pytest.raises(TavernkeepError):
        await auditing(ledger).next(person("ann"), LOBBY)


async def test_what_may_not_be_read_here_is_not_shown(ledger: Ledger, settings: Settings) -> None:
    """An answer for the den's members is audited in the den, and its author never audits it."""
    closed = answer("closed", audience=SECRET.audience)
    async with ledger.writing() as connection:
        await save_answer(connection, closed, None)
    await tell(ledger, said("closed"), said("closed", DOWN, by="bob"))
    await job(ledger, settings).run(NOON, silent)
    assert await say(auditing(ledger), "curator") == NOTHING
    assert isinstance(await say(auditing(ledger), "curator", SECRET), Presented)


async def test_a_week_has_its_quota(ledger: Ledger, settings: Settings) -> None:
    """After ten verdicts in a week curators are left alone, and asked again after it."""
    done = [answer(f"a{n}", f"Question {n}?") for n in range(10)]
    judged = [said(one.id, by="curator") for one in done]
    await tell(ledger, answer("open"), said("open"), *done, *judged)
    await job(ledger, settings).run(NOON, silent)
    assert await auditing(ledger).next(CURATOR, LOBBY) is None
    later = Auditing(
        ledger=ledger, curators=("room:curator",), now=lambda: NOON + timedelta(days=8)
    )
    assert await later.next(CURATOR, LOBBY) is not None
