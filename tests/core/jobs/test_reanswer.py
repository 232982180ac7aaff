"""Fresh answers to what went stale or was found wrong: written for review, and given to nobody."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from sqlalchemy import select

from core.answers import Answer, Origin, Standing
from core.audience import EVERYONE, members_of
from core.embedders.hashing import HashingEmbedder
from core.errors import TavernkeepError
from core.feedback import Reason, Verdict
from core.interfaces import LanguageModel
from core.job import JobReport
from core.jobs.reanswer import Reanswers
from core.learning.forgetting import Forgetting
from core.learning.reviewing import Reviewing
from core.ledger.answers import load_answer
from core.ledger.ledger import Ledger
from core.ledger.reanswers import Stage, for_review, reanswers_in
from core.ledger.tables import answers
from core.messages import Conversation, Person
from core.models.claude import Claude
from core.models.quoting import QuotingModel
from core.prompts import Instructions
from core.settings import AnthropicSettings, Settings
from plugins.review import ReviewNext
from tests.core.learning.test_offering import closes
from tests.doubles import Clock, silent
from tests.servers.claude import LoopbackClaude
from tests.tavern import ANA, BEN, CELLAR, CLEO, HALL, KITCHEN, Tavern, memory_tavern

QUESTION = "When does the kitchen close in the evening?"
NOW_AT_NINE = replace(KITCHEN, text="The kitchen closes at nine in the evening.")


@pytest.fixture
async def tavern(
    settings: Settings, ledger: Ledger, embedder: HashingEmbedder, clock: Clock
) -> Tavern:
    """Return a tavern that has Cleo for a curator."""
    learning = settings.learning.model_copy(update={"curators": (CLEO.id,)})
    given = settings.model_copy(update={"learning": learning})
    opened = memory_tavern(given, ledger, embedder, clock)
    await opened.open()
    return opened


@pytest.fixture
async def server() -> AsyncIterator[LoopbackClaude]:
    """Give a running Claude."""
    async with LoopbackClaude() as running:
        yield running


@pytest.fixture
async def claude(server: LoopbackClaude) -> AsyncIterator[Claude]:
    """Give a client of it."""
    model = Claude(AnthropicSettings.model_validate({"api_key": "sk", "base_url": server.url}))
    yield model
    await model.close()


async def run(tavern: Tavern, model: LanguageModel | None = None, most: int = 20) -> JobReport:
    """Run the job as a process does that has just been started."""
    job = Reanswers(
        ledger=tavern.ledger,
        retriever=tavern.retriever,
        model=model or QuotingModel(),
        instructions=Instructions(answer="Answer."),
        floor=0.1,
        most=most,
        now=tavern.clock,
    )
    return await job.run(tavern.clock.advance(minutes=1), silent)


def reviewing(tavern: Tavern) -> Reviewing:
    """Return what gives Cleo fresh answers to judge."""
    return Reviewing(ledger=tavern.ledger, curators=(CLEO.id,), now=tavern.clock)


async def gone_stale(tavern: Tavern, question: str = QUESTION) -> Answer:
    """Have an answer verified, then change its source."""
    first = await tavern.ask(question)
    await tavern.judge(first, Verdict.UP, CLEO)
    await tavern.rerank()
    tavern.source.held[0] = NOW_AT_NINE
    await tavern.read()
    return first


async def stands(tavern: Tavern, answer_id: str) -> Standing:
    """Return where an answer stands."""
    async with tavern.ledger.reading() as connection:
        held = await load_answer(connection, answer_id)
    assert held
    return held.standing


async def test_a_stale_answer_is_written_anew_for_review_alone(tavern: Tavern) -> None:
    """The fresh one is a candidate: shown to a curator with the difference, and given to nobody."""
    first = await gone_stale(tavern)
    assert (await run(tavern)).figures["made"] == 1
    assert (await run(tavern)).figures["made"] == 0
    review = await reviewing(tavern).next(CLEO, HALL)
    assert review
    assert (review.old.id, review.fresh.standing) == (first.id, Standing.CANDIDATE)
    assert "[-ten-] {+nine+}" in review.changed
    assert review.reason == "a source that it cites has changed"
    assert [one.title for one in review.fresh.citations] == ["Kitchen"]
    await tavern.rerank()
    given = await tavern.ask(QUESTION)
    assert (given.badge, given.reused_id) == (None, None)
    with pytest.raises(TavernkeepError):
        await reviewing(tavern).next(ANA, HALL)


@pytest.mark.parametrize(
    ("verdict", "then"),
    [(Verdict.UP, Standing.VERIFIED), (Verdict.DOWN, Standing.RETIRED)],
)
async def test_a_curator_judges_it_by_the_ordinary_buttons(
    tavern: Tavern, verdict: Verdict, then: Standing
) -> None:
    """What is said of the reply to `/review` is said of the fresh answer; then nothing waits."""
    await gone_stale(tavern)
    await run(tavern)
    tavern.commands.append(ReviewNext(reviewing(tavern)))
    shown = await tavern.ask("/review", person=CLEO)
    assert shown.reused_id
    assert shown.text.startswith(f"**Review:** {QUESTION}")
    await tavern.judge(shown, verdict, CLEO)
    await tavern.rerank()
    assert await stands(tavern, shown.reused_id) is then
    again = await tavern.ask(QUESTION)
    assert (again.reused_id == shown.reused_id) == (then is Standing.VERIFIED)
    assert await reviewing(tavern).next(CLEO, HALL) is None


async def test_what_a_curator_retired_is_written_anew_unless_a_person_did(tavern: Tavern) -> None:
    """A correction is the better answer already; without one the sources are asked again."""
    retired = await tavern.ask(QUESTION)
    await tavern.judge(retired, Verdict.DOWN, CLEO)
    corrected = await tavern.ask("How do I reset my password?")
    await tavern.correct(corrected, "Ask Ana.", BEN)
    await tavern.judge(corrected, Verdict.DOWN, CLEO)
    await tavern.rerank()
    assert await stands(tavern, corrected.id) is Standing.RETIRED
    await run(tavern)
    async with tavern.ledger.reading() as connection:
        begun = await reanswers_in(connection, Stage.MADE, Stage.NOTHING)
    assert [one.answer_id for one in begun] == [retired.id]


async def test_what_was_called_outdated_is_written_anew(tavern: Tavern) -> None:
    """One person's word is enough for a fresh answer that a curator looks at, and for no more."""
    old = await tavern.ask(QUESTION)
    outdated = tavern.verdict(old, Verdict.DOWN, reason=Reason.OUTDATED)
    await tavern.assistant.on_verdict(outdated)
    await tavern.rerank()
    assert (await run(tavern)).figures["made"] == 0  # the sources say the same as before
    tavern.source.held[0] = NOW_AT_NINE
    await tavern.read()
    other = await tavern.ask("What time does the kitchen close?")
    await tavern.assistant.on_verdict(replace(outdated, event_id="again", answer_id=other.id))
    tavern.source.held[0] = KITCHEN
    await tavern.read()
    assert (await run(tavern)).figures["made"] == 1


async def test_a_batch_is_collected_by_whoever_runs_next(
    tavern: Tavern, claude: Claude, server: LoopbackClaude
) -> None:
    """Handed over, asked for after a restart while it is under way, and stored once."""
    await gone_stale(tavern)
    assert (await run(tavern, claude)).figures == {"made": 0, "sent": 1, "waiting": 1}
    assert (await run(tavern, claude)).figures == {"made": 0, "sent": 0, "waiting": 1}
    assert (await run(tavern, claude)).figures == {"made": 1, "sent": 0, "waiting": 0}
    assert (await run(tavern, claude)).figures == {"made": 0, "sent": 0, "waiting": 0}
    assert len(server.batches.made) == 1
    review = await reviewing(tavern).next(CLEO, HALL)
    assert review
    assert (review.fresh.origin, [one.title for one in review.fresh.citations]) == (
        Origin.GENERATED,
        ["Kitchen"],
    )


@pytest.mark.parametrize("outcome", ["errored", "expired", "canceled"])
async def test_what_failed_is_tried_again_another_time(
    tavern: Tavern, claude: Claude, server: LoopbackClaude, outcome: str
) -> None:
    """What could not be handed over is, by the next run; an entry that came to nothing, the next day."""
    server.batches.polls, server.batches.outcomes = 0, {0: outcome}
    await gone_stale(tavern)
    server.next("529", times=2)
    assert (await run(tavern, claude)).figures["sent"] == 0
    assert (await run(tavern, claude)).figures["sent"] == 1
    assert (await run(tavern, claude)).figures == {"made": 0, "sent": 0, "waiting": 0}
    server.batches.outcomes = {}
    tavern.clock.advance(days=1)
    assert (await run(tavern, claude)).figures["sent"] == 1
    assert (await run(tavern, claude)).figures["made"] == 1


async def test_a_day_brings_no_more_than_it_may(tavern: Tavern) -> None:
    """What is over the bound waits for tomorrow; with 0 nothing is ever begun."""
    for question in (QUESTION, "What time does the kitchen close?"):
        await gone_stale(tavern, question)
        tavern.source.held[0] = replace(KITCHEN, text=f"{KITCHEN.text} They say: {question}")
        await tavern.read()
    assert (await run(tavern, most=0)).figures["made"] == 0
    begun = [(await run(tavern, most=1)).summary for _ in range(2)]
    async with tavern.ledger.reading() as connection:
        assert len(await reanswers_in(connection, *Stage)) == 1, begun
    tavern.clock.advance(days=1)
    await run(tavern, most=1)
    async with tavern.ledger.reading() as connection:
        assert len(await reanswers_in(connection, *Stage)) == 2


async def test_a_source_that_changes_meanwhile_voids_what_was_written(
    tavern: Tavern, claude: Claude, server: LoopbackClaude
) -> None:
    """What comes back cites what is no longer there: it is written once more, the next day."""
    server.batches.polls = 0
    await gone_stale(tavern)
    await run(tavern, claude)
    tavern.source.held[0] = replace(KITCHEN, text="The kitchen closes at eight in the evening.")
    await tavern.read()
    assert (await run(tavern, claude)).figures["made"] == 0
    tavern.clock.advance(days=1)
    assert [(await run(tavern, claude)).figures["made"] for _ in range(2)] == [0, 1]
    review = await reviewing(tavern).next(CLEO, HALL)
    assert review
    assert "eight" in review.fresh.text


async def test_a_forgotten_question_takes_its_fresh_answer_along(tavern: Tavern) -> None:
    """Written for somebody who was forgotten, it is shown to nobody."""
    first = await tavern.ask(QUESTION)
    await tavern.judge(first, Verdict.DOWN, CLEO)
    await tavern.rerank()
    tavern.source.held[0] = NOW_AT_NINE
    await tavern.read()
    assert (await run(tavern)).figures["made"] == 1
    await Forgetting(ledger=tavern.ledger, now=tavern.clock).forget(ANA)
    assert await reviewing(tavern).next(CLEO, HALL) is None
    async with tavern.ledger.reading() as connection:
        assert await for_review(connection, (CLEO.id,)) == []


async def test_what_was_asked_among_few_is_reviewed_among_them(tavern: Tavern) -> None:
    """A curator who asks elsewhere does not have it shown there."""
    first = await tavern.ask(QUESTION, place=CELLAR)
    await tavern.judge(first, Verdict.UP, CLEO)
    await tavern.rerank()
    tavern.source.held[0] = NOW_AT_NINE
    await tavern.read()
    await run(tavern)
    assert await reviewing(tavern).next(CLEO, HALL) is None
    assert await reviewing(tavern).next(CLEO, CELLAR)


async def fixed_by(tavern: Tavern, person: Person) -> Answer:
    """Return the one better answer that a person wrote."""
    async with tavern.ledger.reading() as connection:
        rows = await connection.execute(
            select(answers.c.id).where(answers.c.author_id == person.id)
        )
        fixed = await load_answer(connection, rows.scalar_one())
    assert fixed
    return fixed


async def test_a_fix_is_for_whoever_reads_what_was_reviewed(tavern: Tavern) -> None:
    """Though a direct message showed it; and for fewer once its conversation is made private."""
    await gone_stale(tavern)
    await run(tavern)
    tavern.commands.append(ReviewNext(reviewing(tavern)))
    direct = Conversation(platform="test", key="cleo", direct=True, public=False)
    shown = await tavern.ask("/review", person=CLEO, place=direct)
    await tavern.correct(shown, "At nine, and at eleven on Sundays.", CLEO)
    assert (await fixed_by(tavern, CLEO)).audience == EVERYONE
    await closes(tavern, HALL)
    assert (await fixed_by(tavern, CLEO)).audience == members_of(HALL.id)


async def test_what_others_fix_below_a_review_stays_where_they_wrote_it(tavern: Tavern) -> None:
    """In the cellar Cleo shows what everyone may read; what Ben writes there is for the cellar."""
    await gone_stale(tavern)
    await run(tavern)
    tavern.commands.append(ReviewNext(reviewing(tavern)))
    shown = await tavern.ask("/review", person=CLEO, place=CELLAR)
    await tavern.correct(shown, "At nine, and at eleven on Sundays.", BEN)
    assert (await fixed_by(tavern, BEN)).audience == CELLAR.audience
