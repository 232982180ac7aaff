"""PostgreSQL stopped in the middle of service: a sentence, no acknowledgement, and back by itself."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest

from core.errors import LedgerError
from core.job import Job, JobReport, Progress
from core.ledger.inbox import pending
from core.ledger.ledger import Ledger
from core.ledger.runs import latest_runs
from core.scheduler import Scheduler, silent
from tests.doubles import Clock
from tests.servers.postgres import Cluster
from tests.tavern import KeptReply, Tavern

pytestmark = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
KITCHEN = "When does the kitchen close?"
AWAY = r"The ledger cannot be (read|written): "


@contextmanager
def away(postgres: Cluster) -> Iterator[None]:
    """Stop the server as a crash does, and start it again in the end."""
    postgres.stop()
    try:
        yield
    finally:
        postgres.start()


class StoppingReply(KeptReply):
    """Does something once the answer is begun."""

    def __init__(self, then: Callable[[], None]) -> None:
        """Take what to do."""
        super().__init__("first")
        self._then = then

    async def progress(self, text: str) -> None:
        """Do it."""
        if not self.said:
            self._then()
        await super().progress(text)


async def waiting(ledger: Ledger) -> int:
    """Return how many events were received and had no effect."""
    async with ledger.reading() as connection:
        return len(await pending(connection, "test"))


async def test_what_cannot_be_kept_is_not_acknowledged(tavern: Tavern, postgres: Cluster) -> None:
    """The adapter gets a sentence at once; delivered again once it is back, there is one answer."""
    assert (await tavern.ask(KITCHEN)).citations
    message, reply = tavern.message(KITCHEN), KeptReply("post")
    with away(postgres):
        began = time.monotonic()
        with pytest.raises(LedgerError, match=AWAY):
            await tavern.assistant.receive(message)
        with pytest.raises(LedgerError, match=AWAY):
            await tavern.assistant.on_message(message, reply)
        assert time.monotonic() - began < 30
    for _ in range(2):
        await tavern.assistant.on_message(message, reply)
    assert "closes at ten" in reply.answer.text
    assert await waiting(tavern.ledger) == 0


async def test_stopped_while_an_answer_is_written(
    tavern: Tavern, postgres: Cluster, clock: Clock
) -> None:
    """The adapter is told; what was acknowledged is kept, and answered once after it is back."""
    message, broken_off = tavern.message(KITCHEN), StoppingReply(postgres.stop)
    try:
        with pytest.raises(LedgerError, match=AWAY):
            await tavern.assistant.on_message(message, broken_off)
    finally:
        postgres.start()
    assert not broken_off.finished
    assert await waiting(tavern.ledger) == 1
    clock.advance(minutes=1)  # the claim of the first attempt has run out
    reply = KeptReply("second")
    await tavern.assistant.resume("test", lambda _: reply)
    assert "closes at ten" in reply.answer.text
    assert await waiting(tavern.ledger) == 0


async def test_a_job_fails_and_the_next_run_is_fine(
    ledger: Ledger, postgres: Cluster, clock: Clock
) -> None:
    """Neither the run nor the giving back of the lease stops the scheduler."""
    stops = [True, False]

    async def run(at: datetime, progress: Progress) -> JobReport:
        if stops.pop(0):
            postgres.stop()
            async with ledger.reading():
                pytest.fail("there is no server")
        return JobReport(summary="It was done.", figures={})

    job = Job(name="work", summary="works", every=timedelta(hours=1), run=run)
    scheduler = Scheduler(ledger=ledger, jobs=[job], owner="me", now=clock)
    try:
        with pytest.raises(LedgerError, match=AWAY):
            await scheduler.run("work", silent)
    finally:
        postgres.start()
    assert (await scheduler.run("work", silent)).summary == "It was done."
    async with ledger.reading() as connection:
        done, killed = await latest_runs(connection, 2)
    assert (done.outcome, killed.outcome) == ("done", None)
    await scheduler.stop()
