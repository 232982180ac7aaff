"""What waits in the ledger: events, index operations, jobs. It can be asked while the bot runs."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from bot.finding import Finding
from bot.status import moment
from core.breaker import span
from core.ledger.backlog import Lease, Queue, lease_of, newest_runs, unhandled, unindexed
from core.ledger.grounds import count_contradicted
from core.ledger.ledger import Ledger
from core.ledger.reanswers import for_review
from core.ledger.runs import Run
from core.ledger.verifications import count_lapsed
from core.scheduler import LEASE, STOPPED

LONG = timedelta(minutes=5)  # longer than an answer, a flush or an outage's pause takes


async def waiting(ledger: Ledger, now: datetime, *, running: bool) -> Sequence[Finding]:
    """Return findings on inbox, index operations and jobs; raise `LedgerError` as reading does.

    `running` says whether a bot should be there to see to what waits.
    """
    async with ledger.reading() as connection:
        events, operations = await unhandled(connection), await unindexed(connection)
        lease, ended = await lease_of(connection, LEASE), await newest_runs(connection)
        looks = {
            "verified answers were not looked at for too long": await count_lapsed(connection),
            "liked answers are contradicted by their sources": await count_contradicted(connection),
            "fresh answers wait for /review": len(await for_review(connection, ())),
        }
    return (
        *_for_curators(looks),
        _queue("inbox", "events", "to have their effect", events, now, running=running),
        _queue("index queue", "operations", "to reach the index", operations, now, running=running),
        _jobs(lease, ended, now),
    )


def _for_curators(looks: Mapping[str, int]) -> Sequence[Finding]:
    """Tell what curators should look at, where there is anything."""
    told = [f"{number} {what}" for what, number in looks.items() if number]
    if not told:
        return ()
    advice = "A curator's verdict on each settles it; learning.curators says who they are."
    return (Finding(part="answers", well=True, said=f"{', '.join(told)}.", advice=advice),)


def _queue(
    part: str, what: str, wait: str, queue: Queue, now: datetime, *, running: bool
) -> Finding:
    if queue.since is None:
        return Finding(part=part, well=True, said=f"No {what} wait.")
    waited = now - queue.since
    said = f"{queue.waiting} {what} wait {wait}, the oldest for {span(waited.total_seconds())}."
    if not running:
        advice = "They are seen through as soon as the bot is started."
        return Finding(part=part, well=True, said=said, advice=advice)
    if waited < LONG:
        return Finding(part=part, well=True, said=said)
    advice = "They should have been seen through: if a bot runs, its log says what is in the way."
    return Finding(part=part, well=False, said=said, advice=advice)


def _jobs(lease: Lease | None, ended: Sequence[Run], now: datetime) -> Finding:
    """Tell who runs the jobs, and which of them failed the last time."""
    failed = [
        f"{run.job} failed: {run.summary}"
        for run in ended
        if run.outcome == "failed" and run.summary != STOPPED  # by whoever stopped the bot
    ]
    holder = "No process is running a job."
    if lease is not None and lease.until > now:
        holder = f"{lease.owner} is running a job (lease {lease.fence}, until {moment(lease.until, now)})."
    if not failed:
        return Finding(part="jobs", well=True, said=holder)
    advice = "Put right what the sentence names; a job is tried again each period."
    return Finding(part="jobs", well=False, said=" ".join([holder, *failed]), advice=advice)
