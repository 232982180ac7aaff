"""Duplicates: what two people keep is one answer where it says the same, and two where it may not."""

from pathlib import Path

import pytest

from core.feedback import Verdict
from core.learning.duplicates import says_the_same
from core.messages import Conversation
from tests.core.learning.test_offering import answers, decided, unknown
from tests.core.learning.test_proposals import saved, votes
from tests.tavern import BEN, CELLAR, CLEO, HALL, Tavern

PAIRS = [
    tuple(line.split("\t"))
    for line in Path(__file__).with_name("duplicates.tsv").read_text(encoding="utf-8").splitlines()
]
REST = "Restart the old lantern after you hang the keys there."
TURNED = "After you hang the keys there, just restart the old lantern."
BEFORE = "Restart the old lantern before you hang the keys there."


@pytest.mark.parametrize(("one", "other"), [pair[1:] for pair in PAIRS if pair[0] == "other"])
def test_what_says_something_else_is_never_taken_for_the_same(one: str, other: str) -> None:
    """Not one of 29 pairs that are nearly alike."""
    assert not says_the_same(one, other)
    assert not says_the_same(other, one)


def test_some_of_what_says_the_same_is_taken_for_it() -> None:
    """Six of fifteen: where it is not certain, it stays two answers."""
    pairs = [pair[1:] for pair in PAIRS if pair[0] == "same"]
    assert (sum(says_the_same(*pair) for pair in pairs), len(pairs)) == (6, 15)


async def kept(tavern: Tavern, text: str, place: Conversation = HALL) -> None:
    """Have Ben keep an answer, and Cleo one in these words."""
    for person, said, where in ((BEN, REST, HALL), (CLEO, text, place)):
        asked, _ = await unknown(tavern, place=where)
        _, reply = await answers(tavern, asked, said, person)
        await decided(tavern, reply.answer, person=person)


async def test_the_same_in_other_words_is_a_vote_for_the_first(tavern: Tavern) -> None:
    """Whoever keeps it stands by what is there."""
    await kept(tavern, TURNED)
    assert [one.text for one in await saved(tavern)] == [REST]
    assert await votes(tavern) == [("cleo", Verdict.UP)]


@pytest.mark.parametrize(("text", "place"), [(BEFORE, HALL), (TURNED, CELLAR)])
async def test_another_meaning_or_other_readers_make_another_answer(
    tavern: Tavern, text: str, place: Conversation
) -> None:
    """Nobody votes for what they did not say, or for what others read."""
    await kept(tavern, text, place)
    assert [one.text for one in await saved(tavern)] == [REST, text]
    assert await votes(tavern) == []
