"""The tables of what answers stand on: whoever vouches for them, their sources, and fresh ones."""

from sqlalchemy import Column, ForeignKey, String, Table

from core.ledger.columns import Instant, Text, metadata

verifications = Table(
    "verifications",
    metadata,
    Column("answer_id", ForeignKey("answers.id", ondelete="CASCADE"), primary_key=True),
    Column("owner_id", String(200), index=True),
    Column("at", Instant, nullable=False),
    # Since then only what is newer verifies the answer again.
    Column("lapsed_at", Instant),
)

grounds = Table(
    "grounds",
    metadata,
    # The hash of the text, of the passages, and of who looked: all that the finding depends on.
    Column("key", String(64), primary_key=True),
    Column("answer_id", ForeignKey("answers.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("found", String(20)),
    Column("at", Instant, nullable=False),
)

reanswers = Table(
    "reanswers",
    metadata,
    # The identity of the fresh answer, whether it is written yet or not.
    Column("fresh_id", String(32), primary_key=True),
    Column("answer_id", ForeignKey("answers.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("state", String(20), nullable=False, index=True),
    Column("batch_id", String(200), index=True),
    # What the language model was given, in its order: by that its citations are read.
    Column("passages", Text, nullable=False),
    Column("at", Instant, nullable=False, index=True),
)
