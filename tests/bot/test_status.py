"""The status is a sentence on each part, and does not pester the model's service."""

import pytest

from bot.status import Status
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
