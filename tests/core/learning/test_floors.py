"""The learned floor in a tavern: what was answered badly teaches the bot to say that it does not know."""

from dataclasses import replace

import pytest

from core.answers import Answer, Origin
from core.embedders.hashing import HashingEmbedder
from core.feedback import Reason, Verdict, Via
from core.floor import Floor
from core.influence import CERTAIN, Influence
from core.learning.forgetting import Forgetting
from core.learning.rollback import Epochs
from core.learning.trusting import Weights
from core.ledger.cases import Asked, load_asked
from core.ledger.epochs import live_epoch, prove
from core.ledger.ledger import Ledger
from core.messages import Person
from core.proof import Outcome, Proof
from core.settings import Settings
from tests.doubles import Clock
from tests.tavern import ANA, BEN, Tavern, memory_tavern, page

CURATOR = Person(platform="test", key="curator", name="Curator")
NAMES = "abcdefghijklmnop"
PAGE = "The {0}lamp and {0}chair stand on the shelf near the {0}window."
CONFIGURED = 0.32


def answered(name: str) -> str:
    """Return a question that a page answers."""
    return f"Where do {name}lamp and {name}chair stand?"


def unanswerable(name: str) -> str:
    """Return a question that is near enough to a page to be answered, and that none answers."""
    return f"Who painted the {name}lamp?"


@pytest.fixture
async def curated(
    settings: Settings, ledger: Ledger, embedder: HashingEmbedder, clock: Clock
) -> Tavern:
    """Return a tavern with a curator, and sixteen pages of like kind."""
    learning = settings.learning.model_copy(update={"curators": ("test:curator",)})
    tavern = memory_tavern(
        settings.model_copy(update={"learning": learning}), ledger, embedder, clock
    )
    tavern.source.held = [page(one, PAGE.format(one)) for one in NAMES]
    await tavern.open()
    return tavern


@pytest.fixture
async def audited(curated: Tavern) -> Tavern:
    """Return it after a curator found fifteen answers right and five wrong."""
    for name in NAMES[:15]:
        await curated.judge(await curated.ask(answered(name)), Verdict.UP, CURATOR)
    for name in NAMES[:5]:
        given = await curated.ask(unanswerable(name))
        assert given.origin is not Origin.UNKNOWN
        await curated.judge(given, Verdict.DOWN, CURATOR)
    await curated.rerank()
    return curated


async def floor_of(tavern: Tavern) -> Floor:
    """Return the floor in use."""
    return await tavern.reuse.floors.now()


async def certain(tavern: Tavern) -> list[Asked]:
    """Return what the live epoch is certain of."""
    async with tavern.ledger.reading() as connection:
        live = await live_epoch(connection)
        return await load_asked(connection, live.id, CERTAIN, 200) if live else []


async def test_what_was_answered_badly_and_audited_is_refused(audited: Tavern) -> None:
    """Others of its like get "I don't know", also asked by others; what is known is still answered."""
    found = await floor_of(audited)
    assert found.at > CONFIGURED
    assert (found.proven, found.labels, found.wrong) == (True, 20, 0)
    assert (await audited.ask(unanswerable("p"), person=BEN)).origin is Origin.UNKNOWN
    assert (await audited.ask(answered("p"))).origin is not Origin.UNKNOWN


async def test_going_back_to_an_epoch_takes_its_floor_back(audited: Tavern) -> None:
    """And a restart, which remembers nothing, finds the same."""
    await audited.judge(await audited.ask(answered("p")), Verdict.UP, CURATOR)
    learned = await floor_of(audited)
    epochs = Epochs(ledger=audited.ledger, now=audited.clock)
    await audited.rerank()
    assert (await floor_of(audited)).labels == 21
    await epochs.go_back(1)
    assert await floor_of(audited) == learned
    audited.new_assistant()
    assert await floor_of(audited) == learned


async def test_a_forgotten_persons_labels_are_gone(audited: Tavern) -> None:
    """The floor is what it was without them, to the bit; without anybody's labels nothing is proven."""
    learning = audited.settings.learning.model_copy(update={"curators": (CURATOR.id, BEN.id)})
    audited.settings = audited.settings.model_copy(update={"learning": learning})
    await audited.rerank()
    before, labels = await floor_of(audited), await certain(audited)
    await audited.judge(await audited.ask(answered("p"), person=BEN), Verdict.DOWN, BEN)
    await audited.rerank()
    assert len(await certain(audited)) == len(labels) + 1
    assert await floor_of(audited) != before
    forgetting = Forgetting(ledger=audited.ledger, now=audited.clock)
    await forgetting.forget(BEN)
    await audited.rerank()
    assert (await certain(audited), await floor_of(audited)) == (labels, before)
    await forgetting.forget(CURATOR)
    await audited.rerank()
    assert await certain(audited) == []
    assert not (await floor_of(audited)).proven


async def test_a_crowd_has_no_say_of_single_thumbs(curated: Tavern) -> None:
    """Twenty answers that one person each found wrong are no label at all."""
    for name in NAMES:
        await curated.judge(await curated.ask(unanswerable(name)), Verdict.DOWN, ANA)
    await curated.rerank()
    assert await certain(curated) == []
    assert not (await floor_of(curated)).proven


async def test_what_is_rightly_not_known_would_have_been_wrong(curated: Tavern) -> None:
    """A curator's 👍 on "I don't know" says so; anybody's 👎 on it says nothing."""
    for name, verdict in (("a", Verdict.UP), ("b", Verdict.DOWN)):
        unknown = await curated.ask(f"Is the {name}roof of old straw?")
        assert unknown.origin is Origin.UNKNOWN
        await curated.judge(unknown, verdict, CURATOR)
    await curated.rerank()
    (only,) = await certain(curated)
    assert (only.text, only.right, only.refused) == ("Is the aroof of old straw?", False, True)


async def test_what_a_verified_answer_has_a_source_for_should_have_been_answered(
    curated: Tavern,
) -> None:
    """The label names the source, so that it counts where just that is found."""
    unknown = await curated.ask("Is dlamp broken?")
    assert unknown.origin is Origin.UNKNOWN
    text = "The dlamp and dchair stand on the shelf near the dwindow."
    await curated.correct(unknown, text)
    await curated.rerank()
    assert await certain(curated) == []
    await curated.judge(await curated.ask("Is dlamp broken?"), Verdict.UP, CURATOR)
    await curated.rerank()
    (only,) = await certain(curated)
    assert (only.right, only.refused, len(only.shown)) == (True, True, 1)


async def test_a_changed_source_takes_its_labels_back(audited: Tavern) -> None:
    """What is found now is not what was judged: too little is left to learn a floor from."""
    audited.source.held = [page(one, f"{PAGE.format(one)} It is old.") for one in NAMES]
    await audited.read()
    audited.new_assistant()
    found = await floor_of(audited)
    assert (found.at, found.proven, found.labels) == (CONFIGURED, False, 0)


async def test_a_floor_that_would_lose_what_is_known_is_not_taken(curated: Tavern) -> None:
    """The one before holds on, as the proof says; nothing else of the epoch waits for it."""
    learning = curated.settings.learning.model_copy(update={"wrong_answers": 0.5})
    curated.settings = curated.settings.model_copy(update={"learning": learning})
    curated.new_assistant()
    for name in NAMES:
        await curated.judge(await curated.ask(answered(name)), Verdict.UP, CURATOR)
    for name in NAMES[:2]:
        given = await curated.ask(f"Is the {name}window near the shelf?")
        await curated.judge(given, Verdict.UP, CURATOR)
    await curated.rerank()
    async with curated.ledger.writing() as connection:
        held = Proof(outcome=Outcome.PASSED, reason="no worse", floor=0.47)
        await prove(connection, [1], held)
    for name in NAMES[:2]:
        unknown = await curated.ask(unanswerable(name))
        assert unknown.origin is Origin.UNKNOWN
        await curated.judge(unknown, Verdict.UP, CURATOR)
    await curated.rerank()
    async with curated.ledger.reading() as connection:
        live = await live_epoch(connection)
    assert live
    assert live.proof
    assert (live.id, live.proof.outcome, live.proof.floor) == (2, Outcome.PASSED, 0.47)
    found = await floor_of(curated)
    assert (found.at, found.proven, found.labels) == (0.47, False, 20)


async def test_signals_and_reasons_that_sources_put_right_say_nothing(curated: Tavern) -> None:
    """A curator's word is certain, another's weighs what their verdicts weigh."""
    answer: Answer = await curated.ask(answered("a"))
    weights = Weights(
        influence=Influence(shares={ANA.id: 0.5}, curators=frozenset({CURATOR.id}), light=0.3)
    )
    given = curated.verdict(answer, Verdict.DOWN, person=ANA)
    assert weights.meant(given) == 0.5
    assert weights.meant(replace(given, person=CURATOR)) == CERTAIN
    assert weights.meant(replace(given, person=replace(ANA, guest=True))) == 0.15
    assert weights.meant(replace(given, reason=Reason.WRONG_SOURCES)) == 0.0
    assert weights.meant(replace(given, reason=Reason.OUTDATED, person=CURATOR)) == 0.0
    assert weights.meant(replace(given, via=Via.ASKED_AGAIN)) == 0.0
