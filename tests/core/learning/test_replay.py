"""Replay: an epoch counts once it is shown to be no worse on what is known, and no longer than that."""

import pytest

from core.answers import Answer, Standing
from core.embedders.hashing import HashingEmbedder
from core.feedback import Verdict
from core.jobs.replay import ReplayJob
from core.learning.rollback import Epochs
from core.ledger.answers import load_answer
from core.ledger.epochs import list_epochs, save_epoch
from core.ledger.ledger import Ledger
from core.messages import Person
from core.proof import Outcome
from core.settings import Settings
from tests.doubles import Clock, silent
from tests.tavern import ANA, BEN, CLEO, Tavern, memory_tavern, page

CURATOR = Person(platform="test", key="curator", name="Curator")
CROWD = [Person(platform="test", key=f"p{number}", name=f"P{number}") for number in range(6)]
NAMES = "abcdefghijkl"


def question(name: str) -> str:
    """Return a question that has no word in common with the others."""
    return f"{name}lamp {name}chair {name}bowl?"


def wrong(name: str) -> str:
    """Return another answer than the known one, which the page seems to support."""
    return f"{name}lamp {name}chair on the shelf. {name}bowl on the shelf."


@pytest.fixture
async def vouched(
    settings: Settings, ledger: Ledger, embedder: HashingEmbedder, clock: Clock
) -> Tavern:
    """Return a tavern in which a curator has verified the answers to twelve questions."""
    learning = settings.learning.model_copy(update={"curators": ("test:curator",)})
    tavern = memory_tavern(
        settings.model_copy(update={"learning": learning}), ledger, embedder, clock
    )
    tavern.source.held = [page(one, f"{question(one)[:-1]} on the shelf.") for one in NAMES]
    await tavern.open()
    for name in NAMES:
        await tavern.judge(await tavern.ask(question(name)), Verdict.UP, CURATOR)
    await tavern.rerank()
    return tavern


async def spoil(tavern: Tavern, names: str) -> list[Answer]:
    """Let a crowd push wrong answers to questions whose answer is known."""
    pushed = []
    for name in names:
        given = await tavern.ask(question(name))
        tavern.clock.advance(seconds=1)
        correction = tavern.correction(given, wrong(name), ANA)
        stored = await tavern.corrections.take(correction)
        assert stored
        pushed.append(stored)
        for person in CROWD:
            await tavern.judge(stored, Verdict.UP, person)
    return pushed


async def epochs(tavern: Tavern) -> list[tuple[int, bool, Outcome | None]]:
    """Return the epochs: number, whether it counts, and what was found of it."""
    async with tavern.ledger.reading() as connection:
        there = await list_epochs(connection)
    return [(one.id, one.live, one.proof.outcome if one.proof else None) for one in there]


async def standing_of(tavern: Tavern, answer_id: str) -> Standing:
    """Return where an answer stands."""
    async with tavern.ledger.reading() as connection:
        held = await load_answer(connection, answer_id)
    assert held
    return held.standing


def job(tavern: Tavern) -> ReplayJob:
    """Return the job that asks again."""
    assert tavern.replay
    return ReplayJob(
        ledger=tavern.ledger,
        indexing=tavern.indexing,
        replay=tavern.replay,
        epochs=Epochs(ledger=tavern.ledger, now=tavern.clock),
    )


async def test_what_is_no_worse_counts(vouched: Tavern) -> None:
    """With the figures that show it."""
    await vouched.correct(await vouched.ask("How old is the dog?"), "It is nine.")
    assert (await vouched.rerank()).figures["moved"] == 1
    assert (await epochs(vouched))[0] == (2, True, Outcome.PASSED)
    async with vouched.ledger.reading() as connection:
        proof = (await list_epochs(connection))[0].proof
    assert proof
    assert (proof.known, proof.lost) == (len(NAMES), 0)
    assert (await vouched.ask("How old is the dog?")).text == "It is nine."


async def test_a_crowd_that_makes_answers_worse_does_not_count(vouched: Tavern) -> None:
    """Its epoch stays a shadow, is not made again for the same verdicts, and moves nothing."""
    pushed = await spoil(vouched, "abc")
    report = await vouched.rerank()
    assert "does not count: 3 of 12 known questions" in report.summary
    assert await epochs(vouched) == [(2, False, Outcome.FAILED), (1, True, Outcome.UNPROVEN)]
    assert {await standing_of(vouched, one.id) for one in pushed} == {Standing.CANDIDATE}
    assert "Nothing new" in (await vouched.rerank()).summary
    assert len(await epochs(vouched)) == 2
    assert (await vouched.ask(question("a"))).text != wrong("a")


async def test_what_was_refused_counts_once_it_is_put_right(vouched: Tavern) -> None:
    """A curator's word turns the next epoch into one that passes."""
    for one in await spoil(vouched, "abc"):
        await vouched.rerank()
        await vouched.judge(one, Verdict.DOWN, CURATOR)
    await vouched.rerank()
    assert (await epochs(vouched))[0][1:] == (True, Outcome.PASSED)


async def test_where_little_is_known_everything_counts(tavern: Tavern) -> None:
    """A newcomer's first correction is given at once; the epoch says that nothing was proven."""
    await tavern.correct(await tavern.ask("How old is the dog?"), "It is nine.")
    await tavern.rerank()
    await tavern.correct(await tavern.ask("How old is the cat?"), "It is two.")
    await tavern.rerank()
    assert (await tavern.ask("How old is the cat?")).text == "It is two."
    assert {outcome for _, _, outcome in await epochs(tavern)} == {Outcome.UNPROVEN}


async def test_a_canary_that_is_answered_stops_an_epoch(tavern: Tavern) -> None:
    """However little is known: nothing that was learned answers a question that nobody asks."""
    await tavern.judge(await tavern.ask("Where is the broom?"), Verdict.UP)
    await tavern.rerank()
    tavern.replay = tavern.replaying("How old is the dog?")
    await tavern.correct(await tavern.ask("How old is the dog?"), "It is nine.")
    assert "would be given for “How old is the dog?”" in (await tavern.rerank()).summary
    assert (await epochs(tavern))[0] == (2, False, Outcome.FAILED)


async def test_a_crash_before_an_epoch_counts_is_made_up(vouched: Tavern) -> None:
    """What is left of it stays a shadow, and the next run makes another one."""
    async with vouched.ledger.writing() as connection:
        made = {"rated": {}, "weighed": [], "penalised": [], "now": vouched.clock()}
        await save_epoch(connection, parameters="{}", last_feedback_id=1, **made)  # type: ignore[arg-type]
    await vouched.correct(await vouched.ask("How old is the dog?"), "It is nine.")
    await vouched.rerank()
    assert [one[:2] for one in await epochs(vouched)] == [(3, True), (2, False), (1, False)]


async def test_the_job_goes_back_where_answers_got_worse(vouched: Tavern) -> None:
    """An epoch that counted and loses what was known is undone, and the earlier one held."""
    kept, vouched.replay = vouched.replay, None
    pushed = await spoil(vouched, "abc")
    await vouched.rerank()
    assert (await vouched.ask(question("a"))).text == wrong("a")
    vouched.replay = kept
    report = await job(vouched).run(vouched.clock.advance(hours=1), silent)
    assert "Epoch 1 counts again, and is held: 3 of 12" in report.summary
    assert (await vouched.ask(question("a"))).text != wrong("a")
    assert {await standing_of(vouched, one.id) for one in pushed} == {Standing.CANDIDATE}
    assert (await epochs(vouched))[0] == (2, False, Outcome.UNDONE)
    assert "no earlier epoch" in (await job(vouched).run(vouched.clock(), silent)).summary


async def test_the_job_goes_back_where_verdicts_turned_bad(vouched: Tavern) -> None:
    """Many people who find most of what is new wrong are enough; one who says it often is not.

    Once it is released, what they said is not held against the next epoch.
    """
    await vouched.judge(await vouched.ask("Where is the broom?"), Verdict.UP)
    await vouched.rerank()
    for number in range(12):
        answer = await vouched.ask(f"new{number} thing{number} here{number}?")
        await vouched.judge(answer, Verdict.DOWN, CROWD[0])
    assert (await job(vouched).run(vouched.clock(), silent)).figures["undone"] == 0
    for number in range(6):
        answer = await vouched.ask(f"other{number} thing{number} there{number}?")
        for person in CROWD:
            await vouched.judge(answer, Verdict.DOWN, person)
    report = await job(vouched).run(vouched.clock(), silent)
    assert "verdicts since were 👎" in report.summary
    assert (await epochs(vouched))[0][2] is Outcome.UNDONE
    assert (await epochs(vouched))[-1][:2] == (1, True)
    await Epochs(ledger=vouched.ledger, now=vouched.clock).release()
    await vouched.judge(await vouched.ask("Where is the mop?"), Verdict.UP)
    await vouched.rerank()
    assert (await job(vouched).run(vouched.clock.advance(hours=1), silent)).figures["undone"] == 0


async def test_a_good_day_changes_nothing(vouched: Tavern) -> None:
    """The job says what it compared."""
    answer = await vouched.ask("Where is the broom?")
    for person in (BEN, CLEO):
        await vouched.judge(answer, Verdict.UP, person)
    await vouched.rerank()
    report = await job(vouched).run(vouched.clock(), silent)
    assert "Epoch 2 against epoch 1: no worse" in report.summary
