"""The tables of how the bot takes part: modes, silences, answers few have seen, what it offers."""

from sqlalchemy import Column, ForeignKey, String, Table

from core.ledger.columns import Instant, metadata

modes = Table(
    "modes",
    metadata,
    Column("conversation_id", ForeignKey("conversations.id"), primary_key=True),
    Column("mode", String(20), nullable=False),
    Column("at", Instant, nullable=False),
)

silences = Table(
    "silences",
    metadata,
    Column("conversation_id", ForeignKey("conversations.id"), primary_key=True),
    Column("at", Instant, nullable=False),
)

drafts = Table(
    "drafts",
    metadata,
    Column("answer_id", ForeignKey("answers.id", ondelete="CASCADE"), primary_key=True),
    Column("message_id", String(400), nullable=False, index=True),
    # Without a placement it is shown nowhere.
    Column("placement", String(20)),
    Column("state", String(20), nullable=False, index=True),
    Column("at", Instant, nullable=False),
    Column("by", String(200)),
    # The delivery of the decision, by which a repetition of it is told from another one.
    Column("decision_id", String(300)),
    Column("published_id", String(32)),
    Column("post_id", String(400)),
)

# What somebody wrote below an answer, offered to them to be kept.
offers = Table(
    "offers",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("answer_id", ForeignKey("answers.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("message_id", String(400), nullable=False, index=True),
    Column("person_id", ForeignKey("people.id"), nullable=False, index=True),
    Column("state", String(20), nullable=False),
    Column("at", Instant, nullable=False),
)

# Who asked in vain and is told of an answer, by a copy of it that stands where they asked.
tellings = Table(
    "tellings",
    metadata,
    Column("answer_id", ForeignKey("answers.id", ondelete="CASCADE"), primary_key=True),
    Column("message_id", String(400), primary_key=True, index=True),
    Column("copy_id", String(32), nullable=False),
    Column("at", Instant, nullable=False),
    # Until then it may not stand.
    Column("told_at", Instant),
)
