"""What plugins are tested with: real services that need neither a network nor a model."""

from pathlib import Path

import pytest

from core.embedders.hashing import HashingEmbedder
from core.hookspecs import Services
from core.index.memory import MemoryIndex
from core.models.quoting import QuotingModel
from core.settings import Settings
from tests.doubles import (
    NOTHING_KNOWN,
    Clock,
    Forgetful,
    KeptLinks,
    KeptModes,
    KeptPreferences,
    ListedAudits,
    ListedContents,
    ListedReviews,
    person,
)


@pytest.fixture
def services(settings: Settings, index: MemoryIndex, clock: Clock, tmp_path: Path) -> Services:
    """Return services over an index in memory, with 384 dimensions and no language model."""
    return Services(
        settings=settings,
        index=index,
        embedder=HashingEmbedder(dimension=384),
        model=QuotingModel(),
        forgetting=Forgetful(NOTHING_KNOWN),
        modes=KeptModes(),
        links=KeptLinks(other=person()),
        preferring=KeptPreferences(),
        sources=ListedContents(),
        reviews=ListedReviews(),
        audits=ListedAudits(),
        folder=tmp_path / "plugin",
        commands=[],
        now=clock,
    )
