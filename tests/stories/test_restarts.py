"""What a process that was killed left behind must not keep the next one from its work."""

from datetime import timedelta

from bot.app import open_app
from core.embedders.hashing import HashingEmbedder
from core.ledger.inbox import claim
from core.ledger.ledger import Ledger
from core.ledger.runs import hold_lease
from core.scheduler import LEASE, LEASE_TTL, silent
from core.settings import Settings
from tests.doubles import Clock, message, received

SOON = timedelta(seconds=30)


async def test_jobs_do_not_wait_for_the_lease_of_a_process_that_was_killed(
    quoting: Settings, clock: Clock
) -> None:
    """On SQLite there is one process, so a lease that is held at its start is a dead one's."""
    async with (
        open_app(quoting, embedder=HashingEmbedder(), now=clock) as app,
        app.store.ledger.writing() as connection,
    ):
        assert await hold_lease(connection, LEASE, "the dead", clock(), LEASE_TTL)
    async with open_app(quoting, embedder=HashingEmbedder(), now=clock) as app:
        report = await app.assistant.run_job("refresh", silent)
    assert report.figures["new"] == 4


async def test_what_a_process_may_have_died_of_is_taken_on_alone(
    ledger: Ledger, clock: Clock
) -> None:
    """After several attempts events are taken on one at a time, so that one takes no others along."""
    async with ledger.writing() as connection:
        for key in ("a", "b", "c"):
            await received(connection, message(key), clock())
        taken = []
        for owner in ("two", "three", "four"):
            now = clock.advance(minutes=1)
            taken.append(await claim(connection, owner, ["room"], now, now + SOON, 100))
    assert [len(one) for one in taken] == [3, 3, 1]
