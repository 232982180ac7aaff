"""The tables of what was said and learned. `migrations/` makes them; a test compares the two."""

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    false,
    true,
)

from core.ledger.columns import Instant, Text, metadata, number

# -- people and what they write --------------------------------------------------------------------

people = Table(
    "people",
    metadata,
    Column("id", String(200), primary_key=True),
    Column("platform", String(40), nullable=False),
    Column("key", String(160), nullable=False),
    Column("name", Text, nullable=False),
    Column("bot", Boolean, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("guest", Boolean, nullable=False, server_default=false()),
    # When the account was made, where the platform tells.
    Column("since", Instant),
)

audiences = Table(
    "audiences",
    metadata,
    number(),
    Column("key", Text, nullable=False, unique=True),
)

conversations = Table(
    "conversations",
    metadata,
    Column("id", String(200), primary_key=True),
    Column("platform", String(40), nullable=False),
    Column("key", String(160), nullable=False),
    Column("name", Text, nullable=False),
    Column("direct", Boolean, nullable=False),
    Column("public", Boolean, nullable=False),
    # When it was last made public or private: what shows it otherwise and is older is out of date.
    Column("changed_at", Instant),
)

messages = Table(
    "messages",
    metadata,
    Column("id", String(400), primary_key=True),
    Column("conversation_id", ForeignKey("conversations.id"), nullable=False, index=True),
    Column("key", String(160), nullable=False),
    Column("thread", String(160), index=True),
    Column("person_id", ForeignKey("people.id"), nullable=False, index=True),
    Column("text", Text, nullable=False),
    Column("sent_at", Instant, nullable=False),
    Column("edited_at", Instant),
    Column("deleted_at", Instant),
    # What came before this was kept counts as addressed: nothing was answered unasked then.
    Column("addressed", Boolean, nullable=False, server_default=true()),
    Column("private", Boolean, nullable=False, server_default=false()),
)

reactions = Table(
    "reactions",
    metadata,
    Column("message_id", String(400), primary_key=True),
    Column("person_id", ForeignKey("people.id"), primary_key=True),
    Column("emoji", String(100), primary_key=True),
    Column("at", Instant, nullable=False),
    # A removed emoji leaves its row: its addition may still be under way.
    Column("added", Boolean, nullable=False, server_default=true()),
)

inbox = Table(
    "inbox",
    metadata,
    number(),
    Column("platform", String(40), nullable=False),
    Column("event_id", String(300), nullable=False),
    Column("natural_key", String(64), unique=True, index=True),
    Column("message_id", String(400), index=True),
    Column("kind", String(40), nullable=False),
    Column("payload", Text, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("claimed_by", String(100)),
    # Until then the claim holds; without a claim, until then it rests after a failure.
    Column("claimed_until", Instant),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("handled_at", Instant, index=True),
    Column("failure", Text),
    UniqueConstraint("platform", "event_id"),
)

# -- documents -------------------------------------------------------------------------------------

documents = Table(
    "documents",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("source", Text, nullable=False, index=True),
    Column("uri", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("link", Text),
    Column("hash", String(64), nullable=False),
    Column("audience_id", ForeignKey("audiences.id"), nullable=False),
    Column("read_at", Instant, nullable=False),
)

passages = Table(
    "passages",
    metadata,
    Column("id", String(32), primary_key=True),
    Column(
        "document_id", ForeignKey("documents.id", ondelete="CASCADE"), nullable=False, index=True
    ),
    Column("ordinal", Integer, nullable=False),
    Column("breadcrumb", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("hash", String(64), nullable=False, index=True),
    Column("audience_id", ForeignKey("audiences.id"), nullable=False),
)

# What was embedded once is never embedded again: vectors are found by the content's hash and the
# embedder's fingerprint, so that an index can be rebuilt without the embedder.
embeddings = Table(
    "embeddings",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("fingerprint", String(16), primary_key=True),
    Column("vector", LargeBinary, nullable=False),
)

# -- answers ---------------------------------------------------------------------------------------

answers = Table(
    "answers",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("text", Text, nullable=False),
    Column("origin", String(20), nullable=False),
    Column("standing", String(20), nullable=False, index=True),
    Column("notice", Text),
    Column("audience_id", ForeignKey("audiences.id"), nullable=False),
    Column("author_id", ForeignKey("people.id"), index=True),
    Column("reused_id", ForeignKey("answers.id"), index=True),
    Column("created_at", Instant, nullable=False, index=True),
    # That of its best cited passage; not known of what was answered before this was kept.
    Column("score", Float),
)

questions = Table(
    "questions",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("answer_id", ForeignKey("answers.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("text", Text, nullable=False),
    Column("asked", Text, nullable=False),
    Column("hash", String(64), nullable=False, index=True),
    Column("asker_id", ForeignKey("people.id"), index=True),
    Column("message_id", String(400), index=True),
    Column("asked_at", Instant, nullable=False),
)

citations = Table(
    "citations",
    metadata,
    Column("answer_id", ForeignKey("answers.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("nearest", Boolean, primary_key=True),
    Column("passage_id", String(32), nullable=False, index=True),
    Column("document_id", String(32), nullable=False, index=True),
    Column("title", Text, nullable=False),
    Column("breadcrumb", Text, nullable=False),
    Column("link", Text),
    Column("quote", Text, nullable=False),
    Column("hash", String(64), nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    Column("answer_id", ForeignKey("answers.id", ondelete="CASCADE"), primary_key=True),
    Column("message_id", String(400), nullable=False, index=True),
    Column("queued_at", Instant, nullable=False),
    Column("posted_at", Instant, index=True),
)

posts = Table(
    "posts",
    metadata,
    Column("id", String(400), primary_key=True),
    Column("conversation_id", ForeignKey("conversations.id"), nullable=False, index=True),
    Column("key", String(160), nullable=False),
    Column("thread", String(160), index=True),
    Column("answer_id", ForeignKey("answers.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("posted_at", Instant, nullable=False),
)

# -- learning --------------------------------------------------------------------------------------

feedback = Table(
    "feedback",
    metadata,
    number(),
    Column("event_id", String(300), nullable=False, unique=True),
    Column("answer_id", ForeignKey("answers.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("person_id", ForeignKey("people.id"), nullable=False, index=True),
    Column("verdict", String(10), nullable=False),
    Column("via", String(20), nullable=False),
    Column("reason", String(20)),
    Column("emoji", String(100)),
    Column("withdrawn", Boolean, nullable=False),
    Column("at", Instant, nullable=False),
)

corrections = Table(
    "corrections",
    metadata,
    number(),
    Column("event_id", String(300), nullable=False, unique=True),
    Column("answer_id", ForeignKey("answers.id", ondelete="CASCADE"), nullable=False, index=True),
    Column(
        "corrected_id", ForeignKey("answers.id", ondelete="CASCADE"), nullable=False, index=True
    ),
    Column("person_id", ForeignKey("people.id"), nullable=False, index=True),
    Column("at", Instant, nullable=False),
)

proposals = Table(
    "proposals",
    metadata,
    number(),
    Column("event_id", String(300), nullable=False, unique=True),
    Column("answer_id", ForeignKey("answers.id", ondelete="CASCADE"), nullable=False, index=True),
    # Where the words stood that were saved.
    Column("message_id", String(400), nullable=False, index=True),
    Column("conversation_id", ForeignKey("conversations.id"), nullable=False, index=True),
    Column("person_id", ForeignKey("people.id"), nullable=False, index=True),
    Column("at", Instant, nullable=False),
)

standings = Table(
    "standings",
    metadata,
    number(),
    Column("answer_id", ForeignKey("answers.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("standing", String(20), nullable=False),
    Column("reason", Text, nullable=False),
    Column("by", String(200), nullable=False),
    Column("at", Instant, nullable=False),
)

Index("ix_messages_place", messages.c.conversation_id, messages.c.thread, messages.c.sent_at)
Index("ix_citations_document", citations.c.document_id, citations.c.hash)
