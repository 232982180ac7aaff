"""Who may say how the bot takes part, and what is noted of it."""

from collections.abc import Collection

import pytest
from sqlalchemy import select

from core.conversations import DIRECT, NOT_YOURS, Conversations
from core.errors import TavernkeepError
from core.ledger.ledger import Ledger
from core.ledger.machinery import audit
from core.messages import Conversation
from core.modes import Mode
from tests.doubles import LOBBY, Clock, person

ALONE = Conversation(platform="room", key="d", direct=True, public=False)


def conversations(ledger: Ledger, clock: Clock, curators: Collection[str] = ()) -> Conversations:
    """Return the use case, with these curators."""
    return Conversations(ledger=ledger, default=Mode.SUGGEST, curators=curators, now=clock)


async def test_anybody_may_set_the_mode_where_there_are_no_curators(
    ledger: Ledger, clock: Clock
) -> None:
    """Until then the default holds; who did it is noted, by ids only."""
    held = conversations(ledger, clock)
    assert await held.mode(LOBBY) == (Mode.SUGGEST, False)
    await held.set_mode(LOBBY, Mode.AUTO, person())
    assert await held.mode(LOBBY) == (Mode.AUTO, False)
    async with ledger.reading() as connection:
        row = (await connection.execute(select(audit))).one()
    assert (row.by, row.action, row.subject) == ("room:ann", "set mode", "room:lobby -> auto")


async def test_curators_alone_may_where_there_are_any(ledger: Ledger, clock: Clock) -> None:
    """Others are told so, and may still silence the bot."""
    held = conversations(ledger, clock, ["room:ann"])
    with pytest.raises(TavernkeepError, match=NOT_YOURS):
        await held.set_mode(LOBBY, Mode.AUTO, person("bob"))
    await held.set_mode(LOBBY, Mode.DRAFT, person())
    assert await held.silence(LOBBY, True, person("bob"))
    assert await held.mode(LOBBY) == (Mode.DRAFT, True)


async def test_silence_is_lifted_by_whoever_wants_it(ledger: Ledger, clock: Clock) -> None:
    """Saying so a second time changes nothing."""
    held = conversations(ledger, clock)
    silenced = [await held.silence(LOBBY, silent, person()) for silent in (True, True)]
    lifted = [await held.silence(LOBBY, silent, person("bob")) for silent in (False, False)]
    assert (silenced, lifted) == ([True, False], [True, False])


async def test_between_two_there_is_nothing_to_set(ledger: Ledger, clock: Clock) -> None:
    """Whoever talks with the bot alone is always answered."""
    held = conversations(ledger, clock)
    with pytest.raises(TavernkeepError, match=DIRECT):
        await held.set_mode(ALONE, Mode.OFF, person())
    with pytest.raises(TavernkeepError, match=DIRECT):
        await held.silence(ALONE, True, person())
