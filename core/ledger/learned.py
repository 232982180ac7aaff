"""The tables of what was learned: epochs of the ranking, and what each of them says."""

from sqlalchemy import BigInteger, Boolean, Column, Float, ForeignKey, String, Table, false

from core.ledger.columns import Instant, Text, metadata, number

epochs = Table(
    "epochs",
    metadata,
    number(),
    Column("parameters", Text, nullable=False),
    Column("last_feedback_id", BigInteger, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("live", Boolean, nullable=False, index=True),
    # While the live epoch is held no other is made: somebody went back to it.
    Column("held", Boolean, nullable=False, server_default=false()),
    # What a replay found of it, as JSON; none of those that were made before there was any.
    Column("proof", Text),
)

ratings = Table(
    "ratings",
    metadata,
    Column("epoch_id", ForeignKey("epochs.id", ondelete="CASCADE"), primary_key=True),
    Column("answer_id", ForeignKey("answers.id", ondelete="CASCADE"), primary_key=True),
    Column("rating", Float, nullable=False),
    Column("ups", Float, nullable=False),
    Column("downs", Float, nullable=False),
)

evidence = Table(
    "evidence",
    metadata,
    Column("epoch_id", ForeignKey("epochs.id", ondelete="CASCADE"), primary_key=True),
    Column("answer_id", ForeignKey("answers.id", ondelete="CASCADE"), primary_key=True),
    Column("question_id", ForeignKey("questions.id", ondelete="CASCADE"), primary_key=True),
    Column("ups", Float, nullable=False),
    Column("downs", Float, nullable=False),
    Column("source_downs", Float, nullable=False),
    # What was meant as a verdict on whether to answer so at all, however long ago.
    Column("meant_ups", Float, nullable=False, server_default="0"),
    Column("meant_downs", Float, nullable=False, server_default="0"),
)

penalties = Table(
    "penalties",
    metadata,
    Column("epoch_id", ForeignKey("epochs.id", ondelete="CASCADE"), primary_key=True),
    Column("passage_id", String(32), primary_key=True),
    Column("question_id", ForeignKey("questions.id", ondelete="CASCADE"), primary_key=True),
    Column("weight", Float, nullable=False),
)
