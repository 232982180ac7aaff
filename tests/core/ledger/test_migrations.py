"""Migrations: what an earlier version wrote is as useful as what this one writes."""

from dataclasses import replace
from datetime import timedelta

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, select, text

from core.answers import Standing
from core.ledger.answers import save_answer, set_standing
from core.ledger.envelopes import payload_of
from core.ledger.feedback import append, live_verdicts
from core.ledger.inbox import claim, rewrite
from core.ledger.ledger import MIGRATIONS, Ledger
from core.ledger.messages import save_message
from core.ledger.tables import feedback, inbox
from core.ledger.verifications import load_verifications
from core.messages import MessageRef, Reaction
from tests.doubles import NOON, answer, message, person, received, said

ASKED = message()
POST = MessageRef(platform="room", conversation="lobby", key="post")
LIKED = Reaction(event_id="r1", ref=POST, person=person(), emoji="👍", added=True, at=NOON)
OLD = text(
    "INSERT INTO inbox (platform, event_id, kind, payload, received_at)"
    " VALUES ('room', :id, :kind, :payload, '2026-06-01 12:00:00+00:00')"
)


def as_it_was(connection: Connection) -> None:
    """Take the ledger back to the first release's schema."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.downgrade(config, "0001")


async def test_events_of_the_first_release_are_found_again(ledger: Ledger) -> None:
    """What was received before is claimed, edited, and known as a repetition."""
    async with ledger.writing() as connection:
        await connection.run_sync(as_it_was)
        for event in (ASKED, said("a1"), LIKED):
            row = {"id": event.event_id, "kind": type(event).__name__}
            await connection.execute(OLD, row | {"payload": payload_of(event)})
    await ledger.open()
    async with ledger.writing() as connection:
        named = await connection.execute(select(inbox.c.message_id).order_by(inbox.c.id))
        assert list(named.scalars()) == [ASKED.ref.id, None, POST.id]
        assert await rewrite(connection, ASKED.ref, "new") == 1
        assert not await received(connection, ASKED, NOON)
        assert len(await claim(connection, "new", ["room"], NOON, NOON, 9)) == 3


async def test_a_reaction_of_the_first_release_can_be_taken_back(ledger: Ledger) -> None:
    """A verdict that was stored without its emoji gets it, so that its removal takes it back."""
    gave = said("a1", event=LIKED.event_id)
    async with ledger.writing() as connection:
        await save_message(connection, ASKED, NOON)
        await save_answer(connection, answer(), ASKED)
        await append(connection, gave)
        await received(connection, LIKED, NOON)
        await connection.run_sync(as_it_was)
    await ledger.open()
    withdrawn = said("a1", event="r2", at=NOON + timedelta(minutes=1), withdrawn=True)
    async with ledger.writing() as connection:
        assert (await connection.execute(select(feedback.c.emoji))).scalar_one() == "👍"
        await append(connection, replace(withdrawn, emoji="👍"))
        assert await live_verdicts(connection) == []


async def test_what_was_verified_before_was_looked_at_then(ledger: Ledger) -> None:
    """It falls due an interval after it was verified, and nobody owns it."""
    async with ledger.writing() as connection:
        await save_message(connection, ASKED, NOON)
        await save_answer(connection, answer(), ASKED)
        for standing, at in ((Standing.VERIFIED, NOON), (Standing.VERIFIED, NOON + timedelta(1))):
            await set_standing(connection, "a1", standing, reason="", by="rerank", now=at)
        await connection.run_sync(as_it_was)
    await ledger.open()
    async with ledger.reading() as connection:
        (held,) = (await load_verifications(connection, ["a1"])).values()
    assert (held.at, held.owner_id, held.lapsed_at) == (NOON + timedelta(1), None, None)
