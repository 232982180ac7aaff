"""What is not known: the floor of "I don't know" is learned from where answers were right and wrong."""

import json
from collections.abc import Sequence

import pytest

from core.answers import Origin
from core.documents import Document
from core.embedders.hashing import HashingEmbedder
from core.feedback import Rating, Verdict
from core.floors import ENOUGH, Label
from core.learning.floor import labels_of
from core.ledger.epochs import FLOOR, live_epoch
from core.ledger.ledger import Ledger
from core.messages import Person
from core.settings import Settings
from tests.doubles import Clock
from tests.tavern import Tavern, memory_tavern, page

CURATOR = Person(platform="test", key="curator", name="Curator")
NAMES = tuple("abcdefghijkl")


def told(*names: str) -> Sequence[Document]:
    """Return a page for each name, whose question has no word in common with the others."""
    return [page(one, f"{one}lamp {one}chair {one}bowl {one}rug on the shelf.") for one in names]


@pytest.fixture
async def audited(
    settings: Settings, ledger: Ledger, embedder: HashingEmbedder, clock: Clock
) -> Tavern:
    """Return a tavern in which a curator has judged two dozen answers, half of them to vague questions."""
    learning = settings.learning.model_copy(update={"curators": ("test:curator",)})
    tavern = memory_tavern(
        settings.model_copy(update={"learning": learning}), ledger, embedder, clock
    )
    tavern.source.held = list(told(*NAMES))
    await tavern.open()
    for name in NAMES:
        good = await tavern.ask(f"{name}lamp {name}chair {name}bowl {name}rug?")
        await tavern.judge(good, Verdict.UP, CURATOR)
        vague = await tavern.ask(f"{name}lamp {name}chair {name}bowl {name}cat {name}tree?")
        assert vague.origin is not Origin.UNKNOWN
        await tavern.judge(vague, Verdict.DOWN, CURATOR)
    return tavern


async def test_what_was_answered_badly_is_not_answered_again(audited: Tavern) -> None:
    """Questions that match as poorly as those get "I don't know"; those that match well are answered."""
    tree = "mlamp mchair mbowl mcat mtree?"
    audited.source.held = list(told(*NAMES, "m"))
    await audited.read()
    assert (await audited.ask(tree)).origin is not Origin.UNKNOWN
    await audited.rerank()
    assert (await audited.ask(tree)).origin is Origin.UNKNOWN
    assert (await audited.ask("mlamp mchair mbowl mrug?")).origin is not Origin.UNKNOWN
    async with audited.ledger.reading() as connection:
        epoch = await live_epoch(connection)
    assert epoch
    learned = json.loads(epoch.parameters)[FLOOR]
    assert learned["labels"] == 2 * len(NAMES) >= ENOUGH
    assert epoch.floor(audited.indexing.fingerprint) == learned["value"] > 0.32
    assert epoch.floor("another embedder") is None


def test_only_what_is_certain_is_a_label() -> None:
    """One thumb is not; where "I don't know" was right an answer would have been wrong."""
    rated = {
        "one": Rating(value=0.5, ups=1.0, downs=0.0),
        "two": Rating(value=0.5, ups=2.0, downs=0.0),
        "split": Rating(value=0.5, ups=2.0, downs=1.0),
        "curator": Rating(value=0.5, ups=0.0, downs=2.0),
        "unknown": Rating(value=0.5, ups=2.0, downs=0.0),
    }
    matches = {id_: (0.4, id_ != "unknown") for id_ in rated}
    assert labels_of(rated, matches) == [
        Label(match=0.4, right=False),
        Label(match=0.4, right=True),
        Label(match=0.4, right=False),
    ]
