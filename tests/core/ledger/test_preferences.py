"""What the ledger holds of how people like answers, on every database."""

from dataclasses import replace
from datetime import timedelta

from core.answers import Origin
from core.feedback import Reason, Verdict, Via
from core.ledger.answers import save_answer
from core.ledger.feedback import append
from core.ledger.ledger import Transaction
from core.ledger.preferences import (
    count_preferences,
    forget_preferences,
    judged_lengths,
    prefer,
    said_by,
)
from core.preferences import Aspect
from tests.doubles import NOON, answer, person, said

ANN, BOB = person("ann"), person("bob")


async def test_the_last_word_of_several_accounts_counts(writer: Transaction) -> None:
    """Of each aspect; and up to a time it can be forgotten."""
    later = NOON + timedelta(hours=1)
    await prefer(writer, BOB, Aspect.LENGTH, "brief", NOON)
    await prefer(writer, ANN, Aspect.LENGTH, "normal", later)
    await prefer(writer, ANN, Aspect.LENGTH, "detailed", later)
    await prefer(writer, BOB, Aspect.LANGUAGE, "de", NOON)
    both = {Aspect.LENGTH: "detailed", Aspect.LANGUAGE: "de"}
    assert await said_by(writer, [ANN, BOB]) == both
    assert await count_preferences(writer, BOB.id) == 2
    assert await forget_preferences(writer, [ANN.id, BOB.id], NOON) == 2
    assert await said_by(writer, [ANN, BOB]) == {Aspect.LENGTH: "detailed"}
    assert await count_preferences(writer, ANN.id, NOON) == 0


async def test_verdicts_on_written_answers_tell_of_their_length(writer: Transaction) -> None:
    """Neither quotations nor what was wrong for a reason, nor what was taken back, nor others'."""
    for key in ("up", "down", "quoted", "why", "corrected", "back", "others"):
        origin = Origin.QUOTED if key == "quoted" else Origin.GENERATED
        await save_answer(writer, replace(answer(key), text=key, origin=origin), None)
    await append(writer, said("up"))
    for key in ("down", "quoted"):
        await append(writer, said(key, Verdict.DOWN))
    await append(writer, said("why", Verdict.DOWN, reason=Reason.OUTDATED))
    await append(writer, replace(said("corrected", Verdict.DOWN), via=Via.CORRECTION))
    gave = said("back")
    taken = replace(gave, event_id="taken", withdrawn=True, at=gave.at + timedelta(seconds=1))
    for event in (gave, taken, said("others", by="bob")):
        await append(writer, event)
    assert sorted(await judged_lengths(writer, [ANN])) == [(Verdict.DOWN, 4), (Verdict.UP, 2)]
