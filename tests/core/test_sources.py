"""Sources: what there is to read, of that alone which everyone may read."""

from core.documents import Contents
from core.sources import Sources
from tests.tavern import CELLAR, Tavern, page


async def test_what_only_some_may_read_is_not_counted(tavern: Tavern) -> None:
    """Each source with its documents, passages and first titles."""
    secret = page("Secrets", "The safe is behind the painting.", audience=CELLAR.audience)
    tavern.source.held.append(secret)
    await tavern.read()
    assert await Sources(tavern.ledger).readable() == [
        Contents(source="listed", documents=2, passages=2, titles=("Kitchen", "Passwords"))
    ]
