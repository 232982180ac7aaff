"""Labels: what people do tells where a stored answer was right, and its threshold follows."""

import numpy as np

from core.feedback import Verdict
from core.learning.labels import LearnedThresholds, labels_of
from core.ledger.phrasings import Phrasing, Said
from tests.tavern import ANA, CLEO, Tavern

QUESTION = "When does the kitchen close?"
IN_OTHER_WORDS = "When does the kitchen close today?"


def phrasing(answer_id: str, text: str, *vector: float) -> Phrasing:
    """Return a verified answer's phrasing."""
    return Phrasing(
        answer_id=answer_id, verified=True, text=text, hash=text, vector=np.array(vector)
    )


def said(root: str, text: str, *vector: float, ups: float = 0.0, downs: float = 0.0) -> Said:
    """Return what was said at a question."""
    return Said(root=root, text=text, hash=text, vector=np.array(vector), ups=ups, downs=downs)


def test_a_verdict_is_a_label_where_it_was_given() -> None:
    """A curator's (or two) is certain, a single one half; the lead is over the nearest other answer."""
    stored = [phrasing("a", "reset it", 1.0, 0.0), phrasing("b", "buy it", 0.0, 1.0)]
    given = said("a", "how reset", 0.8, 0.6, downs=1.0)
    (found,) = [one for one in labels_of(stored, [given]) if one.similarity > 0.1]
    assert (found.answer_id, found.right, found.weight) == ("a", 0.0, 0.5)
    assert (found.similarity, found.lead) == (0.8, 0.2)


def test_where_another_answer_is_right_the_nearest_one_is_wrong() -> None:
    """Each phrasing is asked anew, as if it were not stored."""
    stored = [
        phrasing("a", "reset it", 1.0, 0.0),
        phrasing("b", "how reset", 0.8, 0.6),
        phrasing("b", "buy it", 0.0, 1.0),
    ]
    found = {(one.answer_id, one.similarity): one.right for one in labels_of(stored, [])}
    assert found == {("b", 0.8): 0.0, ("a", 0.8): 0.0, ("b", 0.6): 1.0}


def test_what_the_guard_refuses_is_no_label() -> None:
    """However near, an answer is not given to the opposite, so that nothing is learned of it."""
    stored = [phrasing("a", "enable it", 1.0, 0.0), phrasing("b", "disable it", 0.99, 0.1)]
    assert labels_of(stored, []) == []


def thresholds(tavern: Tavern) -> LearnedThresholds:
    """Return what is learned from a tavern's ledger."""
    return LearnedThresholds(
        ledger=tavern.ledger,
        fingerprint=lambda: tavern.indexing.fingerprint,
        settings=tavern.settings.learning,
    )


async def test_a_thumb_on_a_copy_moves_the_threshold_of_the_stored_answer(tavern: Tavern) -> None:
    """A 👎 asks for more similarity from the re-rank on; taken back, for no more than before."""
    await tavern.correct(await tavern.ask(QUESTION), "At eleven.")
    await tavern.rerank()
    again = await tavern.ask(IN_OTHER_WORDS)
    stored = again.reused_id
    assert stored
    await tavern.judge(await tavern.ask(QUESTION), Verdict.UP, ANA)  # it stays on trial
    near, taught = tavern.settings.learning.near, thresholds(tavern)
    await tavern.judge(again, Verdict.DOWN, CLEO)
    assert (await taught.now()).needed(stored) == near
    await tavern.rerank()
    assert (await taught.now()).needed(stored) > near
    await tavern.judge(again, Verdict.DOWN, CLEO, withdrawn=True)
    await tavern.rerank()
    assert (await taught.now()).needed(stored) == near
