"""The status is a sentence on each part, and does not pester the model's service."""

import pytest

from bot.status import Status
from core.breaker import Breaker
from core.embedders.hashing import HashingEmbedder
from core.errors import ModelError
from core.index.memory import MemoryIndex
from core.ledger.ledger import Ledger
from core.models.quoting import QuotingModel
from core.scheduler import Scheduler
from tests.doubles import Clock


class CheckedModel(QuotingModel):
    """Counts how often it was asked how it is; `broken` is why it cannot be used."""

    def __init__(self) -> None:
        """Begin well."""
        self.asked = 0
        self.broken = ""

    async def check(self) -> str:
        """Count, and say how it is."""
        self.asked += 1
        if self.broken:
            raise ModelError(self.broken)
        return "It answers."


@pytest.fixture
def model() -> CheckedModel:
    """Return a model that counts."""
    return CheckedModel()


@pytest.fixture
def status(
    embedder: HashingEmbedder, index: MemoryIndex, ledger: Ledger, model: CheckedModel, clock: Clock
) -> Status:
    """Return the status of a bot that stands still."""
    scheduler = Scheduler(ledger=ledger, jobs=[], owner="me", now=clock)
    return Status(embedder, index, model, scheduler, clock)


async def test_each_part_has_a_sentence(status: Status) -> None:
    """Model, embedder, index and job are told; a running job by its name."""
    assert await status.sentences() == {
        "model": "It answers.",
        "embedder": "hashing, 256 dimensions",
        "index": "memory",
        "job": "no job is running",
    }
    status.scheduler.running = "rerank"
    assert (await status.sentences())["job"] == "rerank is running"


async def test_the_model_is_asked_once_a_minute(
    status: Status, model: CheckedModel, clock: Clock
) -> None:
    """Its service is not called at each look, and a minute later what changed is told."""
    await status.sentences()
    model.broken = "The key is wrong."
    clock.advance(seconds=59)
    assert (await status.sentences())["model"] == "It answers."
    clock.advance(seconds=1)
    assert (await status.sentences())["model"] == "The key is wrong."
    assert (await status.sentences())["model"] == "The key is wrong."
    assert model.asked == 2


async def test_an_open_breaker_is_told_at_once(status: Status, clock: Clock) -> None:
    """State, reason and when it is tried again stand in the part's place until it is closed."""
    breaker = Breaker("Claude", lambda: clock().timestamp())
    status.breakers = {"model": breaker}
    await status.sentences()
    breaker.failed("Claude is overloaded at the moment.", pause=90)
    left_alone = "Claude is left alone (breaker open): Claude is overloaded at the moment."
    assert (await status.sentences())["model"] == (
        f"{left_alone} It is tried again at 12:01:30 UTC."
    )
    clock.advance(seconds=91)
    assert "(breaker half-open)" in (await status.sentences())["model"]
    assert "The next question tries" in (await status.sentences())["model"]
    breaker.succeeded()
    assert (await status.sentences())["model"] == "It answers."
    breaker.failed("Claude's budget is used up.", pause=30 * 86400)
    assert "again at 2026-07-01 12:01 UTC" in (await status.sentences())["model"]


async def test_findings_say_what_to_do(status: Status, model: CheckedModel) -> None:
    """A model that cannot be used is not well, and what happens meanwhile is told."""
    model.broken = "The key is wrong."
    told = {one.part: one for one in await status.findings()}
    assert [one.part for one in told.values() if not one.well] == ["model"]
    assert "quotations" in told["model"].advice


async def test_what_hinders_the_index_is_said(status: Status) -> None:
    """That the index may lack something stands beside what it is."""
    status.hindrance = lambda: "It is being rebuilt from the ledger."
    told = {one.part: one for one in await status.findings()}
    assert not told["index"].well
    assert told["index"].said.endswith(". It is being rebuilt from the ledger.")
