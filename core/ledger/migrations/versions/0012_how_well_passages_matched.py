"""How well the best passage matched a question when it was answered."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply it. Of what was answered before nothing is known."""
    op.create_table(
        "matches",
        sa.Column(
            "answer_id",
            sa.String(32),
            sa.ForeignKey("answers.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("match", sa.Float(), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
    )


def downgrade() -> None:
    """Take it back."""
    op.drop_table("matches")
