"""What people said near a question lifts and lowers what was cited and given there, and only there."""

import pytest

from core.feedback import Reason, Verdict
from core.messages import Deleted
from core.priors import NEUTRAL
from core.retrieval import Sought
from tests.tavern import ANA, BEN, CLEO, KeptReply, Tavern, page, written

QUESTION = "When does the kitchen close?"
OTHER = "How many ovens has the kitchen?"
EVERYBODY: frozenset[str] = frozenset()


@pytest.fixture
async def tavern(tavern: Tavern) -> Tavern:
    """Return a bot that reads of the kitchen in several places, and cites what it finds first."""
    tavern.source.held.append(page("Hours", "The kitchen closes at nine in the evening."))
    tavern.source.held.append(page("Ovens", "The kitchen has two ovens, and it has a window."))
    await tavern.read()
    tavern.model.script = written("So it is", 0)
    return tavern


async def sought(tavern: Tavern, question: str = QUESTION) -> Sought:
    """Make a question ready for everybody."""
    return await tavern.retriever.seek(question, EVERYBODY)


async def learned(tavern: Tavern, question: str = QUESTION) -> dict[str, float]:
    """Return what is added to each passage that is found, by its id."""
    found = await tavern.retriever.find(await sought(tavern, question))
    return {one.passage_id: one.learned for one in found}


async def test_what_was_cited_rises_near_the_question_where_people_liked_it(
    tavern: Tavern,
) -> None:
    """Two thumbs lift the passage there; elsewhere, and without an epoch, nothing moves."""
    answer = await tavern.ask(QUESTION)
    cited = answer.citations[0].passage_id
    for person in (ANA, BEN):
        await tavern.judge(answer, Verdict.UP, person)
    assert set((await learned(tavern)).values()) == {0.0}
    await tavern.rerank()
    here, elsewhere = await learned(tavern), await learned(tavern, OTHER)
    assert here.pop(cited) == pytest.approx(0.167, abs=0.01)
    assert set(here.values()) == {0.0}
    assert elsewhere[cited] == pytest.approx(0, abs=0.02)


@pytest.mark.parametrize(
    ("reason", "term"),
    [
        (None, -0.1),
        (Reason.WRONG_ANSWER, 0),
        (Reason.OUTDATED, -0.125),
        (Reason.WRONG_SOURCES, -0.25),
    ],
)
async def test_a_reason_says_whether_the_sources_were_wrong(
    tavern: Tavern, reason: Reason | None, term: float
) -> None:
    """A plain 👎 lowers what was cited a little, "outdated" by more, "wrong sources" by much."""
    answer = await tavern.ask(QUESTION)
    await tavern.assistant.on_verdict(tavern.verdict(answer, Verdict.DOWN, reason=reason))
    await tavern.rerank()
    cited = answer.citations[0].passage_id
    assert (await learned(tavern))[cited] == pytest.approx(term, abs=0.01)


async def test_a_verdict_that_is_taken_back_leaves_nothing(tavern: Tavern) -> None:
    """As if it had never been given."""
    answer = await tavern.ask(QUESTION)
    await tavern.judge(answer, Verdict.UP)
    await tavern.rerank()
    assert (await learned(tavern))[answer.citations[0].passage_id] > 0
    await tavern.judge(answer, Verdict.UP, withdrawn=True)
    await tavern.rerank()
    assert (await learned(tavern))[answer.citations[0].passage_id] == 0


async def test_a_stored_answer_is_rated_where_it_was_given(tavern: Tavern) -> None:
    """Its rating everywhere is the prior; what was said of it at this question moves it here."""
    first = await tavern.ask(QUESTION)
    await tavern.correct(first, "At eleven, says the cook.")
    await tavern.rerank()
    again = await tavern.ask("When does the kitchen close today?")
    assert again.reused_id
    await tavern.judge(again, Verdict.UP, CLEO)
    await tavern.rerank()
    async with tavern.ledger.reading() as connection:
        ratings = tavern.retriever.ratings
        vectors = [(await sought(tavern, text)).vector for text in (QUESTION, OTHER)]
        here, elsewhere = [
            (await ratings.of_answers(connection, one, [again.reused_id]))[again.reused_id].value
            for one in vectors
        ]
    assert here > elsewhere > NEUTRAL


async def test_a_question_that_was_taken_away_counts_no_more(tavern: Tavern) -> None:
    """From the next search on, before anything is rated anew."""
    message, reply = tavern.message(QUESTION), KeptReply("answer")
    await tavern.assistant.on_message(message, reply)
    await tavern.judge(reply.answer, Verdict.UP)
    await tavern.rerank()
    cited = reply.answer.citations[0].passage_id
    assert (await learned(tavern))[cited] > 0
    gone = Deleted(event_id="gone", ref=message.ref, at=tavern.clock.advance(seconds=1))
    await tavern.assistant.on_deleted(gone)
    assert (await learned(tavern))[cited] == 0
