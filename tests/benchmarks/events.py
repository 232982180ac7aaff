"""Durable events: how many a second are taken in, and what a platform's adapter makes of them."""

import asyncio
import shutil
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from bot.app import App, open_app, utc_now
from core.ledger.intake import Intake
from core.ledger.ledger import Ledger
from core.ledger.tables import inbox
from core.messages import MessageRef, Person, Reaction
from tests.benchmarks.bench import Bench, Tell
from tests.benchmarks.corpus import load_corpus
from tests.benchmarks.loopback import PLATFORM, QuietReply, event_of, sent_through
from tests.benchmarks.plain import PlainCommits
from tests.benchmarks.rows import Goal, Row, alternated, median, row
from tests.benchmarks.store import copied, filled, load, settings_in

PRODUCERS = 64
RATE = 90
SETTLE_SECONDS = 120.0
PAYLOAD = '{"kind": "Reaction", "emoji": "+1", "place": "bench:hall:answer"}' * 4


async def measure(bench: Bench, tell: Tell) -> list[Row]:
    """Return the rows on events; a quick run leaves out what needs the model."""
    rows = [await taken_in(bench, tell)]
    if bench.pick(quick=True, usual=False):
        return rows
    corpus, embedder = load_corpus(bench), await load()
    folder = await filled(bench, corpus, embedder, 5_000, tell)
    with copied(folder) as data:
        baseline = await through_plain(data, tell)
        async with open_app(settings_in(data), embedder=embedder) as app:
            return rows + await Adapted(app, tell).rows(bench.pick(2, 60, 600), baseline)


async def taken_in(bench: Bench, tell: Tell) -> Row:
    """Return the row on group commit."""
    count, rounds = bench.pick(640, 12_800), bench.pick(1, 3)
    scratch = Path(tempfile.mkdtemp(dir=bench.scratch))
    ledger = Ledger(f"sqlite+aiosqlite:///{scratch / 'ledger.sqlite'}")
    await ledger.open()
    intake = Intake(ledger=ledger, owner="bench", now=utc_now)
    plain = PlainCommits(scratch / "plain.sqlite")

    async def ours(number: int) -> float:
        tell(f"round {number + 1} of {rounds}, {count:,} events from {PRODUCERS} producers")
        events = [reaction(f"{number}-{one}") for one in range(count)]
        started = time.perf_counter()
        await asyncio.gather(*(produce(intake, events[one::PRODUCERS]) for one in range(PRODUCERS)))
        return count / (time.perf_counter() - started)

    async def one_by_one(number: int) -> float:
        return count / sum(plain.commit(PAYLOAD) for _ in range(count))

    baseline, figures = await alternated(rounds, one_by_one, ours)
    plain.close()
    await ledger.close()
    shutil.rmtree(scratch)
    return row(
        f"durable events taken in, {PRODUCERS} producers",
        median(figures),
        median(baseline),
        "events/s",
        Goal(of="ours", least=2_000.0),
        f"{count:,} reactions a round, each producer waiting for its commit before the next. The "
        "baseline is plain sqlite3 (WAL, FULL), one producer, one transaction an event, no look "
        "for repetitions.",
    )


async def produce(intake: Intake, events: Sequence[Reaction]) -> None:
    """Take in events one after the other."""
    for event in events:
        await intake.take(event)


def reaction(key: str) -> Reaction:
    """Return a reaction to a message that nobody knows."""
    return Reaction(
        event_id=key,
        ref=MessageRef(platform="bench", conversation="hall", key=f"m-{key}"),
        person=Person(platform="bench", key="ana", name="Ana"),
        emoji="👍",
        added=True,
        at=datetime.now(UTC),
    )


async def through_plain(data: Path, tell: Tell) -> dict[str, Any]:
    """Return what the platform saw of an adapter that only commits each event by itself."""
    tell(f"a plain adapter, {RATE} events/s for 10 s")
    plain = PlainCommits(data / "plain.sqlite")

    async def take(line: dict[str, Any]) -> None:
        plain.commit(PAYLOAD)

    async def settled() -> None:
        """There is nothing more to do."""

    seen = await sent_through(take, RATE, 10, 1000, settled)
    plain.close()
    return seen


class Adapted:
    """One app that a platform sends to."""

    def __init__(self, app: App, tell: Tell) -> None:
        """Take the app."""
        self._app = app
        self._tell = tell

    async def rows(self, seconds: int, baseline: dict[str, Any]) -> list[Row]:
        """Return what became of a steady stream and of a burst."""
        assistant = self._app.assistant
        await assistant.resume(PLATFORM, QuietReply)
        first = {"id": "first", "kind": "question", "person": "p1", "text": "What is an array?"}
        await self._take(first)
        await self._settled(1)
        self._tell(f"the bot, {RATE} events/s for {seconds} s, then 1,000 in a second")
        handled_before = await self._handled()
        seen = await sent_through(self._take, RATE, seconds, 1000, self._all_settled)
        handled = await self._handled() - handled_before
        return rows_of(seen, baseline, seconds, handled, self._late)

    async def _take(self, line: dict[str, Any]) -> None:
        await self._app.assistant.receive(event_of(line))

    async def _all_settled(self) -> None:
        started = time.perf_counter()
        await self._settled()
        self._late = time.perf_counter() - started

    async def _settled(self, least: int = 0) -> None:
        """Wait until everything received has had its effect, and at least so many things have."""
        for _ in range(int(SETTLE_SECONDS * 10)):
            left = await self._count(inbox.c.handled_at.is_(None))
            if not left and await self._handled() >= least:
                return
            await asyncio.sleep(0.1)

    async def _handled(self) -> int:
        return await self._count(inbox.c.handled_at.is_not(None) & inbox.c.failure.is_(None))

    async def _count(self, chosen: Any) -> int:
        async with self._app.store.ledger.reading() as connection:
            found = await connection.execute(
                select(func.count()).select_from(inbox).where(chosen, inbox.c.platform == PLATFORM)
            )
            return int(found.scalar_one())


def rows_of(
    seen: dict[str, Any], baseline: dict[str, Any], seconds: int, handled: int, late: float
) -> list[Row]:
    """Return the rows on what the platform saw."""
    steady, burst = seen["steady"], seen["burst"]
    sent = steady["sent"] + burst["sent"]
    what = f"through a platform's adapter, {RATE} sent a second for {seconds} s"
    mix = "Of a hundred events 2 are questions that are answered, 38 talk, 60 reactions."
    return [
        row(
            f"{what}: acknowledged",
            steady["acknowledged"] / steady["seconds"],
            baseline["steady"]["acknowledged"] / baseline["steady"]["seconds"],
            "events/s",
            Goal(of="ours", least=83.0),
            f"{mix} The sender is a process of its own and does not wait. All effects had been had "
            f"{late:.1f} s after the last acknowledgement of the burst that followed. The baseline "
            "only commits each event with sqlite3.",
        ),
        row(
            f"{what}: acknowledgement p99",
            steady["p99"],
            baseline["steady"]["p99"],
            "ms",
            Goal(of="ours", most=500.0),
            f"From the sending to the acknowledgement; p50 {steady['p50']:.1f} ms.",
        ),
        row(
            f"{what}, then 1,000 in a second: lost or without effect",
            float(sent - handled),
            0.0,
            "events",
            Goal(of="ours", most=0.0),
            f"{sent:,} sent, {steady['acknowledged'] + burst['acknowledged']:,} acknowledged, "
            f"{handled:,} had their effect, by the ledger's inbox. The burst was sent in "
            f"{burst['sent_in']:.2f} s and acknowledged after {burst['seconds']:.2f} s, "
            f"p99 {burst['p99']:.0f} ms (plain: {baseline['burst']['p99']:.0f} ms).",
        ),
    ]
