"""The tables of which accounts are one person's, and of how they come to be."""

from sqlalchemy import Column, ForeignKey, String, Table

from core.ledger.columns import Instant, metadata, number

links = Table(
    "links",
    metadata,
    Column("person_id", ForeignKey("people.id"), primary_key=True),
    # All accounts of one person carry the same; it says nothing of who that is.
    Column("rater", String(32), nullable=False, index=True),
    Column("at", Instant, nullable=False),
)

link_codes = Table(
    "link_codes",
    metadata,
    Column("person_id", ForeignKey("people.id"), primary_key=True),
    Column("hash", String(64), nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("redeemed_by", String(200), index=True),
)

link_tries = Table(
    "link_tries",
    metadata,
    number(),
    Column("person_id", String(200), nullable=False, index=True),
    Column("at", Instant, nullable=False, index=True),
)
