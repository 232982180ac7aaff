"""Answers that people saved from what others wrote, and when a conversation was opened or closed."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply it."""
    op.add_column(
        "conversations", sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True)
    )
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "proposals",
        sa.Column("id", number, autoincrement=True, nullable=False),
        sa.Column("event_id", sa.String(length=300), nullable=False),
        sa.Column("answer_id", sa.String(length=32), nullable=False),
        sa.Column("message_id", sa.String(length=400), nullable=False),
        sa.Column("conversation_id", sa.String(length=200), nullable=False),
        sa.Column("person_id", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["answer_id"],
            ["answers.id"],
            name=op.f("fk_proposals_answer_id_answers"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_proposals_conversation_id_conversations"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_proposals_person_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposals")),
        sa.UniqueConstraint("event_id", name=op.f("uq_proposals_event_id")),
    )
    with op.batch_alter_table("proposals", schema=None) as batch_op:
        for column in ("answer_id", "message_id", "conversation_id", "person_id"):
            batch_op.create_index(batch_op.f(f"ix_proposals_{column}"), [column], unique=False)


def downgrade() -> None:
    """Take it back."""
    op.drop_table("proposals")
    # Not in a batch: that makes the table anew, and others refer to this one.
    op.drop_column("conversations", "changed_at")
