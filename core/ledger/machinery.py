"""The tables that the machinery keeps: collections, operations, runs, leases, costs, the audit log."""

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    String,
    Table,
)

from core.ledger.columns import Instant, Text, metadata, number

collections = Table(
    "collections",
    metadata,
    Column("name", String(100), primary_key=True),
    Column("alias", String(40), nullable=False, index=True),
    Column("fingerprint", String(16), nullable=False),
    Column("state", String(20), nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("retired_at", Instant),
)

operations = Table(
    "operations",
    metadata,
    number(),
    Column("alias", String(40), nullable=False),
    Column("item_id", String(32), nullable=False),
    Column("queued_at", Instant, nullable=False),
)

runs = Table(
    "runs",
    metadata,
    number(),
    Column("job", String(60), nullable=False, index=True),
    Column("started_at", Instant, nullable=False),
    Column("finished_at", Instant),
    Column("outcome", String(20)),
    Column("summary", Text),
)

leases = Table(
    "leases",
    metadata,
    Column("name", String(60), primary_key=True),
    Column("owner", String(100), nullable=False),
    Column("fence", BigInteger, nullable=False),
    Column("expires_at", Instant, nullable=False),
)

spending = Table(
    "spending",
    metadata,
    Column("day", Date, primary_key=True),
    Column("tokens", BigInteger, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    number(),
    Column("by", String(200), nullable=False),
    Column("action", String(60), nullable=False),
    Column("subject", Text, nullable=False),
    Column("at", Instant, nullable=False),
)
