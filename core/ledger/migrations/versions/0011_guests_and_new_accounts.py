"""Who is a guest, and since when an account is."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply it. Nobody who was seen before counts as a guest until they are seen again."""
    op.add_column(
        "people", sa.Column("guest", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.add_column("people", sa.Column("since", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Take it back."""
    op.drop_column("people", "since")
    op.drop_column("people", "guest")
