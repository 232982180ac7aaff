"""The log keeps every event once; what counts now is one verdict of each person on each answer."""

from datetime import timedelta

import pytest

from core.documents import Document
from core.feedback import Correction, Feedback, Reason, Verdict
from core.ledger.answers import save_answer
from core.ledger.feedback import (
    accepted_phrasings,
    append,
    last_feedback_id,
    live_verdicts,
    save_correction,
    wrong_sources,
)
from core.ledger.ledger import Transaction
from tests.doubles import NOON, answer, cited, person, said

DOWN = Verdict.DOWN
PAGE = Document(source="docs", uri="a.md", title="A", text="Press it.")
CITED = (cited(PAGE, "1" * 64), cited(PAGE, "2" * 64, 2))


@pytest.fixture
async def log(writer: Transaction) -> Transaction:
    """Return the writer, in a ledger with an answer, another, and the first one given again."""
    await save_answer(writer, answer("a1", citations=CITED), None)
    await save_answer(writer, answer("a2"), None)
    await save_answer(writer, answer("again", "Reset how?", reused="a1"), None)
    return writer


def told(verdicts: list[Feedback]) -> list[tuple[str, str, str]]:
    """Return who said what of which answer."""
    return [(one.answer_id, one.person.key, one.verdict.value) for one in verdicts]


async def test_an_event_is_logged_once(log: Transaction) -> None:
    """The same event twice is one event, and comes back in every detail."""
    given = said("a1", DOWN, reason=Reason.OUTDATED)
    assert await append(log, given)
    number = await last_feedback_id(log)
    assert not await append(log, given)
    assert await last_feedback_id(log) == number > 0
    assert await live_verdicts(log) == [given]


async def test_the_last_verdict_counts(log: Transaction) -> None:
    """Each person has one verdict on each answer: the last that was not taken back."""
    for given in (
        said("a1"),
        said("a1", DOWN, at=NOON + timedelta(seconds=1)),
        said("a1", by="bob"),
        said("a1", by="bob", withdrawn=True),
        said("a2", by="bob"),
    ):
        await append(log, given)
    assert told(await live_verdicts(log)) == [("a1", "ann", "down"), ("a2", "bob", "up")]
    assert told(await live_verdicts(log, ["a2"])) == [("a2", "bob", "up")]
    assert await live_verdicts(log, []) == []


async def test_an_answer_given_again_is_the_stored_one_when_merged(log: Transaction) -> None:
    """One person's verdicts on both are one; unmerged, each stands by the answer it was given to."""
    for given in (said("a1"), said("again", DOWN), said("again", by="bob")):
        await append(log, given)
    assert told(await live_verdicts(log)) == [
        ("a1", "ann", "up"),
        ("again", "ann", "down"),
        ("again", "bob", "up"),
    ]
    merged = [("a1", "ann", "down"), ("a1", "bob", "up")]
    assert told(await live_verdicts(log, merged=True)) == merged
    assert told(await live_verdicts(log, ["a1"], merged=True)) == merged


async def test_a_correction_is_stored_once(log: Transaction) -> None:
    """A repeated correction is refused."""
    given = Correction(event_id="c1", answer_id="a1", person=person(), text="Press it.", at=NOON)
    assert await save_correction(log, given, "a2", NOON)
    assert not await save_correction(log, given, "a2", NOON)


async def test_wrong_sources_are_what_an_answer_cites(log: Transaction) -> None:
    """Every cited passage, with the question; an answer without citations has none."""
    held = sorted(one.passage_id for one in CITED)
    assert await wrong_sources(log, ["a1", "a2"]) == [(id_, "q-a1") for id_ in held]
    assert await wrong_sources(log, []) == []


async def test_a_phrasing_is_accepted_when_its_answer_is_liked(log: Transaction) -> None:
    """The other words are offered once for an answer that is liked, and not for the same words."""
    assert await accepted_phrasings(log, {"again"}) == [("a1", "Reset how?", "Reset how?")]
    assert await accepted_phrasings(log, {"a1", "a2"}) == []
    await save_answer(log, answer("same", reused="a1"), None)
    assert await accepted_phrasings(log, {"same"}) == []
