"""Ratings are what the log says, to the bit; standings, penalties and phrasings follow from it."""

import asyncio
from datetime import timedelta

import pytest

from core.answers import Answer, Origin, Standing
from core.audience import members_of
from core.documents import Document
from core.embedders.hashing import HashingEmbedder
from core.feedback import Feedback, Rating, Reason, Verdict
from core.index.memory import MemoryIndex
from core.indexing import Indexing
from core.jobs.rerank import FADES_AFTER, Rerank
from core.learning.penalties import NOT_FRESH
from core.ledger.answers import load_answer, save_answer, set_standing
from core.ledger.epochs import count_epochs, live_epoch, load_penalties, load_ratings
from core.ledger.feedback import append, votes_since
from core.ledger.ledger import Ledger
from core.ledger.people import see_person
from core.priors import NEUTRAL
from core.settings import Settings
from tests.doubles import NOON, Clock, answer, cited, person, said, silent

DOWN = Verdict.DOWN
PAGE = Document(source="docs", uri="a.md", title="A", text="Press it.")
BAD = answer("bad", citations=(cited(PAGE, "1" * 64),))
FIX = answer("fix", origin=Origin.CORRECTION, author=person("bob"))


async def tell(ledger: Ledger, *events: Feedback | Answer) -> None:
    """Store answers and what was said of them, in order."""
    async with ledger.writing() as connection:
        for one in events:
            if isinstance(one, Answer):
                await save_answer(connection, one, None)
            else:
                await see_person(connection, one.person, NOON)
                await append(connection, one)


async def ratings(ledger: Ledger) -> dict[str, Rating]:
    """Return the live ratings."""
    async with ledger.reading() as connection:
        epoch = await live_epoch(connection)
        return await load_ratings(connection, epoch.id) if epoch else {}


async def standing(ledger: Ledger, answer_id: str) -> Standing:
    """Return where an answer stands."""
    async with ledger.reading() as connection:
        held = await load_answer(connection, answer_id)
    assert held is not None
    return held.standing


async def epochs(ledger: Ledger) -> int:
    """Return how many epochs there were."""
    async with ledger.reading() as connection:
        return await count_epochs(connection)


async def test_nothing_said_is_nothing_to_do(rerank: Rerank, ledger: Ledger, clock: Clock) -> None:
    """Without feedback and corrections there is no epoch, however many answers there are."""
    await tell(ledger, BAD)
    report = await rerank.run(clock(), silent)
    assert (report.figures, await epochs(ledger)) == ({"moved": 0}, 0)


async def test_the_second_run_writes_nothing(rerank: Rerank, ledger: Ledger, clock: Clock) -> None:
    """Without new evidence an epoch stays the live one; a day later ratings have faded."""
    await tell(ledger, BAD, said("bad"))
    first = await rerank.run(clock(), silent)
    assert first.figures["rated"] == 1
    assert "Nothing new" in (await rerank.run(clock(), silent)).summary
    assert await epochs(ledger) == 1
    high = (await ratings(ledger))["bad"].value
    await rerank.run(clock() + FADES_AFTER + timedelta(seconds=1), silent)
    assert await epochs(ledger) == 2
    assert NEUTRAL < (await ratings(ledger))["bad"].value < high


async def test_the_same_log_gives_the_same_ratings(
    rerank: Rerank,
    ledger: Ledger,
    indexing: Indexing,
    settings: Settings,
    clock: Clock,
) -> None:
    """Computed afresh, or by another process, every rating is the same to the bit."""
    ages = [NOON - timedelta(days=17 * n, seconds=n) for n in range(4)]
    verdicts = [Verdict.UP, DOWN, Verdict.UP, Verdict.UP]
    people = ["ann", "bob", "cid", "dan"]
    given = [said("bad", v, by=by, at=at) for v, by, at in zip(verdicts, people, ages, strict=True)]
    await tell(ledger, BAD, *given)
    await rerank.run(clock(), silent)
    first = await ratings(ledger)
    other = settings.learning.model_copy(update={"kernel_width": 0.2})
    again = Rerank(ledger=ledger, indexing=indexing, settings=other, now=clock)
    await again.run(clock(), silent)
    assert await epochs(ledger) == 2
    assert await ratings(ledger) == first


async def test_a_withdrawn_verdict_has_no_effect(
    rerank: Rerank, ledger: Ledger, clock: Clock
) -> None:
    """After taking it back the rating is that of an answer nobody judged."""
    await tell(ledger, BAD, said("bad", DOWN))
    await rerank.run(clock(), silent)
    assert (await ratings(ledger))["bad"].value < NEUTRAL
    await tell(ledger, said("bad", DOWN, withdrawn=True))
    await rerank.run(clock(), silent)
    assert (await ratings(ledger))["bad"] == Rating(value=NEUTRAL, ups=0.0, downs=0.0)


async def test_a_correction_goes_on_trial(
    rerank: Rerank, ledger: Ledger, index: MemoryIndex, clock: Clock
) -> None:
    """What a person wrote is found by its question after the next run, and its index row with it."""
    await tell(ledger, BAD, FIX, said("bad", DOWN))
    report = await rerank.run(clock(), silent)
    assert report.figures["moved"] == 1
    assert await standing(ledger, "fix") is Standing.TRIAL
    assert await standing(ledger, "bad") is Standing.CANDIDATE
    assert await index.ids("answers") == {"q-fix"}


async def test_what_was_moved_meanwhile_stays(rerank: Rerank, ledger: Ledger, clock: Clock) -> None:
    """An answer that becomes stale while it is judged is not brought back by the judgement."""
    await tell(ledger, BAD, FIX)
    moved: list[asyncio.Task[None]] = []

    async def make_stale() -> None:
        async with ledger.writing() as connection:
            await set_standing(
                connection, FIX.id, Standing.STALE, reason="changed", by="refresh", now=NOON
            )

    def interrupt(what: str, done: int, total: int | None) -> None:
        if not moved:
            moved.append(asyncio.create_task(make_stale()))

    await rerank.run(clock(), interrupt)
    await moved[0]
    assert await standing(ledger, FIX.id) is Standing.STALE


async def test_a_curator_verifies_and_retires(
    rerank: Rerank, ledger: Ledger, index: MemoryIndex, clock: Clock
) -> None:
    """One curator's word moves an answer, and their newer word moves it again."""
    await tell(ledger, FIX, said("fix", by="curator"))
    await rerank.run(clock(), silent)
    assert await standing(ledger, "fix") is Standing.VERIFIED
    await tell(ledger, said("fix", DOWN, by="curator", at=clock.advance(minutes=1)))
    await rerank.run(clock(), silent)
    assert await standing(ledger, "fix") is Standing.RETIRED
    assert await index.ids("answers") == set()


async def test_a_verdict_on_an_answer_given_again_counts_for_the_stored_one(
    rerank: Rerank, ledger: Ledger, clock: Clock
) -> None:
    """The stored answer is rated, and the copy is not."""
    await tell(ledger, FIX, answer("copy", "Reset how?", reused="fix"), said("copy"))
    await rerank.run(clock(), silent)
    assert (await ratings(ledger)).keys() == {"fix"}
    assert (await ratings(ledger))["fix"].ups == 1.0


@pytest.mark.parametrize("taken_back", [False, True])
async def test_an_accepted_phrasing_is_kept(
    rerank: Rerank, ledger: Ledger, index: MemoryIndex, clock: Clock, taken_back: bool
) -> None:
    """An answer is found by the other words in which it was liked, unless that was taken back."""
    await tell(ledger, FIX, answer("copy", "Reset how?", reused="fix"), said("copy"))
    if taken_back:
        await tell(ledger, said("copy", withdrawn=True))
    for _ in range(2):
        await rerank.run(clock(), silent)
    assert len(await index.ids("answers")) == (1 if taken_back else 2)


async def test_wrong_sources_are_penalised_near_the_question(
    rerank: Rerank, ledger: Ledger, embedder: HashingEmbedder, clock: Clock
) -> None:
    """The cited passage carries a penalty at the question's vector, although no index has it."""
    await tell(ledger, BAD, said("bad", DOWN, reason=Reason.WRONG_SOURCES))
    await rerank.run(clock(), silent)
    async with ledger.reading() as connection:
        epoch = await live_epoch(connection)
        assert epoch is not None
        fingerprint = embedder.description.fingerprint
        ((passage_id, vector, weight),) = await load_penalties(connection, epoch.id, fingerprint)
    expected = await embedder.embed_question(BAD.question.text)
    assert (passage_id, weight) == (BAD.citations[0].passage_id, 1.0)
    assert vector.tolist() == expected.tolist()


@pytest.mark.parametrize("also_wrong", [False, True])
async def test_what_is_outdated_weighs_on_what_it_cites_until_that_changes(
    rerank: Rerank, ledger: Ledger, embedder: HashingEmbedder, clock: Clock, also_wrong: bool
) -> None:
    """Half of what "wrong sources" does, and not on top of it; a new text of the source has none."""
    await tell(ledger, BAD, said("bad", DOWN, reason=Reason.OUTDATED))
    if also_wrong:
        await tell(ledger, said("bad", DOWN, by="bob", reason=Reason.WRONG_SOURCES))
    await rerank.run(clock(), silent)
    async with ledger.reading() as connection:
        epoch = await live_epoch(connection)
        assert epoch is not None
        fingerprint = embedder.description.fingerprint
        ((passage_id, _, weight),) = await load_penalties(connection, epoch.id, fingerprint)
    assert (passage_id, weight) == (BAD.citations[0].passage_id, 1.0 if also_wrong else NOT_FRESH)


async def test_penalties_survive_another_embedder(
    rerank: Rerank, ledger: Ledger, index: MemoryIndex, settings: Settings, clock: Clock
) -> None:
    """After a change of the model the questions of penalties are embedded again."""
    await tell(ledger, BAD, said("bad", DOWN, reason=Reason.WRONG_SOURCES))
    await rerank.run(clock(), silent)
    other = Indexing(ledger=ledger, index=index, embedder=HashingEmbedder(64), now=clock)
    learning = settings.learning.model_copy(update={"curators": ("room:curator",)})
    again = Rerank(ledger=ledger, indexing=other, settings=learning, now=clock)
    assert "Nothing new" in (await again.run(clock(), silent)).summary
    async with ledger.reading() as connection:
        epoch = await live_epoch(connection)
        assert epoch is not None
        ((_, vector, _),) = await load_penalties(connection, epoch.id, other.fingerprint)
    assert vector.shape == (64,)


async def test_a_withdrawn_verdict_unverifies(rerank: Rerank, ledger: Ledger, clock: Clock) -> None:
    """What a curator verified and takes back goes on trial again."""
    await tell(ledger, FIX, said("fix", by="curator"))
    await rerank.run(clock(), silent)
    assert await standing(ledger, "fix") is Standing.VERIFIED
    await tell(ledger, said("fix", by="curator", withdrawn=True))
    await rerank.run(clock(), silent)
    assert await standing(ledger, "fix") is Standing.TRIAL


async def test_a_stale_answer_stays_stale(rerank: Rerank, ledger: Ledger, clock: Clock) -> None:
    """What a curator said before the source changed does not verify the answer once more."""
    await tell(ledger, FIX, BAD, said("fix", by="curator"))
    await rerank.run(clock(), silent)
    async with ledger.writing() as connection:
        stale = Standing.STALE
        await set_standing(connection, "fix", stale, reason="", by="refresh", now=clock())
    await tell(ledger, said("bad"))
    await rerank.run(clock(), silent)
    assert await standing(ledger, "fix") is Standing.STALE


async def test_an_authors_own_verdict_counts_for_nothing(
    rerank: Rerank, ledger: Ledger, clock: Clock
) -> None:
    """Who wrote an answer can neither lift it nor undo what others said of it."""
    await tell(ledger, FIX, said("fix", by="bob"))
    await rerank.run(clock(), silent)
    assert (await ratings(ledger))["fix"] == Rating(value=NEUTRAL, ups=0.0, downs=0.0)


async def test_a_phrasing_from_among_other_readers_is_not_kept(
    rerank: Rerank, ledger: Ledger, index: MemoryIndex, clock: Clock
) -> None:
    """What was asked in private is not how a public answer is found, however much it was liked."""
    private = answer(
        "copy", "Reset my badge how?", reused="fix", audience=members_of("room:cellar")
    )
    await tell(ledger, FIX, private, said("copy"))
    await rerank.run(clock(), silent)
    assert await index.ids("answers") == {"q-fix"}


async def test_nobody_moves_much_by_voting_often(rerank: Rerank, ledger: Ledger) -> None:
    """Where somebody judges thirty answers in a month, each of those verdicts counts for a third."""
    given = [answer(f"a{number}") for number in range(30)]
    keen = [said(one.id, by="bob") for one in given]
    await tell(ledger, *given, *keen, said("a0", by="cid"))
    await rerank.run(NOON, silent)
    rated = await ratings(ledger)
    assert rated["a0"].ups == pytest.approx(4 / 3, abs=0.01)
    assert rated["a1"].ups == pytest.approx(1 / 3, abs=0.01)
    async with ledger.reading() as connection:
        assert await votes_since(connection, NOON + timedelta(days=1)) == {}


async def test_where_people_are_hard_to_please_half_of_them_is_much(
    rerank: Rerank, ledger: Ledger, clock: Clock
) -> None:
    """What an answer is born with is learned from all of them."""
    for n in range(40):
        await tell(ledger, answer(f"a{n}"), *(said(f"a{n}", DOWN, by=f"{x}{n}") for x in "pq"))
    await tell(ledger, BAD, said("bad", by="cid"), said("bad", DOWN, by="dan"))
    await rerank.run(clock(), silent)
    assert (await ratings(ledger))["bad"].value > NEUTRAL
