"""The jobs, over one ledger and one index."""

import pytest

from core.embedders.hashing import HashingEmbedder
from core.index.memory import MemoryIndex
from core.indexing import Indexing
from core.ingestion import Ingestion
from core.jobs.reembed import Reembed
from core.jobs.refresh import Refresh
from core.jobs.rerank import Rerank
from core.ledger.ledger import Ledger
from core.ledger.messages import save_message
from core.settings import Settings
from tests.doubles import NOON, Clock, ListedSource, message


@pytest.fixture
async def ledger(ledger: Ledger) -> Ledger:
    """Return a ledger that knows ann, bob, cid, dan and a curator."""
    async with ledger.writing() as connection:
        for name in ("ann", "bob", "cid", "dan", "curator"):
            await save_message(connection, message(f"m-{name}", by=name), NOON)
    return ledger


@pytest.fixture
def source() -> ListedSource:
    """Return a source without documents."""
    return ListedSource()


@pytest.fixture
def refresh(
    ledger: Ledger,
    embedder: HashingEmbedder,
    indexing: Indexing,
    source: ListedSource,
    clock: Clock,
) -> Refresh:
    """Return the job that reads `source`."""
    ingestion = Ingestion(ledger=ledger, embedder=embedder, indexing=indexing, now=clock)
    return Refresh(
        ledger=ledger, ingestion=ingestion, indexing=indexing, sources=[source], now=clock
    )


@pytest.fixture
def rerank(ledger: Ledger, indexing: Indexing, settings: Settings, clock: Clock) -> Rerank:
    """Return the job that rates, with one curator."""
    learning = settings.learning.model_copy(update={"curators": ("room:curator",)})
    return Rerank(ledger=ledger, indexing=indexing, settings=learning, now=clock)


@pytest.fixture
def reembed(ledger: Ledger, index: MemoryIndex, indexing: Indexing, clock: Clock) -> Reembed:
    """Return the job that keeps the collections on the embedder in use."""
    return Reembed(ledger=ledger, index=index, indexing=indexing, now=clock)
