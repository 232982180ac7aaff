"""What people wrote below an answer, offered to them to be kept; who is told of an answer."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply it."""
    op.create_table(
        "offers",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("answer_id", sa.String(32), nullable=False),
        sa.Column("message_id", sa.String(400), nullable=False),
        sa.Column("person_id", sa.String(200), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["answer_id"], ["answers.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    for column in ("answer_id", "message_id", "person_id"):
        op.create_index(f"ix_offers_{column}", "offers", [column])
    op.create_table(
        "tellings",
        sa.Column("answer_id", sa.String(32), nullable=False),
        sa.Column("message_id", sa.String(400), nullable=False),
        sa.Column("copy_id", sa.String(32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["answer_id"], ["answers.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("answer_id", "message_id"),
    )
    op.create_index("ix_tellings_message_id", "tellings", ["message_id"])


def downgrade() -> None:
    """Take it back."""
    op.drop_table("tellings")
    op.drop_table("offers")
