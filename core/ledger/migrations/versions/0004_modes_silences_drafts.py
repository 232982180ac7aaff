"""How the bot takes part in conversations, answers that few have seen, and who was addressed."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply it. Whatever was answered before counts as addressed to the bot."""
    for name, before in (("addressed", sa.true()), ("private", sa.false())):
        op.add_column(
            "messages", sa.Column(name, sa.Boolean(), server_default=before, nullable=False)
        )
    for name, columns in (
        ("modes", [sa.Column("mode", sa.String(length=20), nullable=False)]),
        ("silences", []),
    ):
        op.create_table(
            name,
            sa.Column("conversation_id", sa.String(length=200), nullable=False),
            *columns,
            sa.Column("at", sa.DateTime(timezone=True), nullable=False),
            sa.ForeignKeyConstraint(
                ["conversation_id"],
                ["conversations.id"],
                name=op.f(f"fk_{name}_conversation_id_conversations"),
            ),
            sa.PrimaryKeyConstraint("conversation_id", name=op.f(f"pk_{name}")),
        )
    op.create_table(
        "drafts",
        sa.Column("answer_id", sa.String(length=32), nullable=False),
        sa.Column("message_id", sa.String(length=400), nullable=False),
        sa.Column("placement", sa.String(length=20), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=True),
        sa.Column("decision_id", sa.String(length=300), nullable=True),
        sa.Column("published_id", sa.String(length=32), nullable=True),
        sa.Column("post_id", sa.String(length=400), nullable=True),
        sa.ForeignKeyConstraint(
            ["answer_id"],
            ["answers.id"],
            name=op.f("fk_drafts_answer_id_answers"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("answer_id", name=op.f("pk_drafts")),
    )
    with op.batch_alter_table("drafts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_drafts_message_id"), ["message_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_drafts_state"), ["state"], unique=False)


def downgrade() -> None:
    """Take it back."""
    for name in ("drafts", "silences", "modes"):
        op.drop_table(name)
    with op.batch_alter_table("messages", schema=None) as batch_op:
        for name in ("private", "addressed"):
            batch_op.drop_column(name)
