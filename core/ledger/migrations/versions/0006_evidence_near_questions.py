"""What was said of each answer at each question, as an epoch weighs it; epochs that are held."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply it."""
    op.add_column(
        "epochs", sa.Column("held", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.create_table(
        "evidence",
        sa.Column("epoch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("answer_id", sa.String(length=32), nullable=False),
        sa.Column("question_id", sa.String(length=32), nullable=False),
        sa.Column("ups", sa.Float(), nullable=False),
        sa.Column("downs", sa.Float(), nullable=False),
        sa.Column("source_downs", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["answer_id"],
            ["answers.id"],
            name=op.f("fk_evidence_answer_id_answers"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["epoch_id"],
            ["epochs.id"],
            name=op.f("fk_evidence_epoch_id_epochs"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["question_id"],
            ["questions.id"],
            name=op.f("fk_evidence_question_id_questions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("epoch_id", "answer_id", "question_id", name=op.f("pk_evidence")),
    )


def downgrade() -> None:
    """Take it back."""
    op.drop_table("evidence")
    op.drop_column("epochs", "held")
