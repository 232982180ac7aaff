"""How well its best source matched what an answer was given to, by which the bot was sure or not."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply it. Of the answers that there are it is not known."""
    op.add_column("answers", sa.Column("score", sa.Float(), nullable=True))


def downgrade() -> None:
    """Take it back."""
    op.drop_column("answers", "score")
