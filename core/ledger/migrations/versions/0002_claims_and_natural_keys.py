"""Claims and natural keys in the inbox; emoji that were removed before they were added."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

inbox = sa.table(
    "inbox",
    sa.column("id", sa.BigInteger),
    sa.column("event_id", sa.String),
    sa.column("payload", sa.Text),
    sa.column("message_id", sa.String),
)
feedback = sa.table("feedback", sa.column("event_id", sa.String), sa.column("emoji", sa.String))
ROWS = 1000  # read at once, so that a large inbox needs little memory


def upgrade() -> None:
    """Apply it. Events that came before get no natural key: their identity still tells them apart."""

    for column in (
        sa.Column("natural_key", sa.String(length=64), nullable=True),
        sa.Column("message_id", sa.String(length=400), nullable=True),
        sa.Column("claimed_by", sa.String(length=100), nullable=True),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
    ):
        op.add_column("inbox", column)
    op.create_index(op.f("ix_inbox_natural_key"), "inbox", ["natural_key"], unique=True)
    op.create_index(op.f("ix_inbox_message_id"), "inbox", ["message_id"], unique=False)
    op.add_column("feedback", sa.Column("emoji", sa.String(length=100), nullable=True))
    op.add_column(
        "reactions", sa.Column("added", sa.Boolean(), server_default=sa.true(), nullable=False)
    )
    _name_messages(op.get_bind())


def _name_messages(connection: sa.Connection) -> None:
    """Write beside each event which message it is about, and beside its verdict which emoji it was."""
    last = 0
    while True:
        wanted = sa.select(inbox.c.id, inbox.c.event_id, inbox.c.payload).where(inbox.c.id > last)
        rows = connection.execute(wanted.order_by(inbox.c.id).limit(ROWS)).all()
        if not rows:
            return
        last = rows[-1].id
        for row in rows:
            held = json.loads(row.payload)
            if ref := held.get("ref"):
                named = f"{ref['platform']}:{ref['conversation']}:{ref['key']}"
                connection.execute(
                    sa.update(inbox).where(inbox.c.id == row.id).values(message_id=named)
                )
            if emoji := held.get("emoji"):
                connection.execute(
                    sa.update(feedback)
                    .where(feedback.c.event_id == row.event_id)
                    .values(emoji=emoji)
                )


def downgrade() -> None:
    """Take it back. Of the emoji only those that stand remain."""

    reactions = sa.table("reactions", sa.column("added", sa.Boolean))
    op.execute(sa.delete(reactions).where(reactions.c.added.is_(sa.false())))
    with op.batch_alter_table("reactions", schema=None) as batch_op:
        batch_op.drop_column("added")

    with op.batch_alter_table("feedback", schema=None) as batch_op:
        batch_op.drop_column("emoji")

    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_inbox_message_id"))
        batch_op.drop_index(batch_op.f("ix_inbox_natural_key"))
        for name in ("attempts", "claimed_until", "claimed_by", "message_id", "natural_key"):
            batch_op.drop_column(name)
