"""What a bot says of itself after a restart: its ledger and its index, in plain figures."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import select

from bot.app import App
from core.ledger.collections import collections_of
from core.ledger.feedback import live_verdicts
from core.ledger.learned import epochs
from core.ledger.ledger import Transaction
from core.ledger.machinery import operations
from core.ledger.operations import ALIASES, wanted_ids
from core.ledger.tables import corrections, documents, inbox, messages, posts
from core.scheduler import silent


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """How far an alias of the index is from the ledger, in rows."""

    wanted: int
    missing: int
    strangers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A bot's ledger and index; `healed` is what the job `reconcile` found to heal before."""

    inbox: dict[str, bool]  # event id -> whether it is handled
    failures: dict[str, str]  # event id -> why it could not have its effect
    verdicts: list[tuple[str, str, str]]  # answer id, person id, verdict
    corrections: list[tuple[str, str]]  # event id, corrected answer's id
    posts: list[tuple[str, str]]  # place, answer id
    texts: dict[str, str]  # message id -> text
    documents: dict[str, str]  # uri -> text
    index: dict[str, Compared]
    unknown: list[str]  # collections of the index that the ledger does not know
    healed: dict[str, int]
    queued: int
    live_epochs: int


REPORT: TypeAdapter[Report] = TypeAdapter(Report)


async def taken_in(app: App) -> list[str]:
    """Return the ids of all events that were taken in."""
    async with app.store.ledger.reading() as connection:
        return list((await connection.execute(select(inbox.c.event_id))).scalars())


async def report_of(app: App) -> Report:
    """Heal what can be healed, then compare and tell."""
    await app.assistant.run_job("refresh", silent)
    healed = await app.assistant.run_job("reconcile", silent)
    index = {alias: await _compared(app, alias) for alias in ALIASES}
    collections = set(await app.store.index.collections())
    async with app.store.ledger.reading() as connection:
        known = {one.name for one in await collections_of(connection)}
        told = await _told(connection)
    return Report(
        index=index, unknown=sorted(collections - known), healed=dict(healed.figures), **told
    )


async def _compared(app: App, alias: str) -> Compared:
    async with app.store.ledger.reading() as connection:
        wanted = await wanted_ids(connection, alias)
    held = await app.store.index.ids(alias)
    return Compared(wanted=len(wanted), missing=len(wanted - held), strangers=len(held - wanted))


async def _told(connection: Transaction) -> Mapping[str, Any]:
    async def rows(*columns: Any) -> list[Any]:
        return list(await connection.execute(select(*columns)))

    events = await rows(inbox.c.event_id, inbox.c.handled_at, inbox.c.failure)
    given = await live_verdicts(connection)
    return {
        "inbox": {row.event_id: row.handled_at is not None for row in events},
        "failures": {row.event_id: row.failure for row in events if row.failure},
        "verdicts": [(one.answer_id, one.person.id, one.verdict.value) for one in given],
        "corrections": [
            tuple(row) for row in await rows(corrections.c.event_id, corrections.c.corrected_id)
        ],
        "posts": [tuple(row) for row in await rows(posts.c.id, posts.c.answer_id)],
        "texts": {row.id: row.text for row in await rows(messages.c.id, messages.c.text)},
        "documents": {row.uri: row.text for row in await rows(documents.c.uri, documents.c.text)},
        "queued": len(await rows(operations.c.id)),
        "live_epochs": sum(row.live for row in await rows(epochs.c.live)),
    }
