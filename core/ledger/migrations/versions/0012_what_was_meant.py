"""What was meant of whether to answer so at all, beside what counts near a question."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

COLUMNS = ("meant_ups", "meant_downs")


def upgrade() -> None:
    """Apply it. Of the epochs that there are nothing is known, until the next one is made."""
    for name in COLUMNS:
        op.add_column("evidence", sa.Column(name, sa.Float(), server_default="0", nullable=False))


def downgrade() -> None:
    """Take it back."""
    for name in COLUMNS:
        op.drop_column("evidence", name)
