"""What verified answers stand on: owners, findings of their sources, and fresh answers under way."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None
SINCE = """
INSERT INTO verifications (answer_id, at)
SELECT answers.id, MAX(standings.at) FROM answers
JOIN standings ON standings.answer_id = answers.id AND standings.standing = 'verified'
WHERE answers.standing = 'verified' GROUP BY answers.id
"""


def upgrade() -> None:
    """Apply it. What is verified already was last looked at when it became so."""
    _make(
        "verifications", "answer_id", sa.Column("owner_id", sa.String(length=200)), _at("lapsed_at")
    )
    _make(
        "grounds",
        "key",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("found", sa.String(length=20)),
    )
    _make(
        "reanswers",
        "fresh_id",
        sa.Column("fresh_id", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("batch_id", sa.String(length=200)),
        sa.Column("passages", sa.Text(), nullable=False),
    )
    for table, column in (
        ("verifications", "owner_id"),
        ("grounds", "answer_id"),
        ("reanswers", "answer_id"),
        ("reanswers", "state"),
        ("reanswers", "batch_id"),
        ("reanswers", "at"),
    ):
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])
    op.execute(SINCE)


def downgrade() -> None:
    """Take it back."""
    for table in ("reanswers", "grounds", "verifications"):
        op.drop_table(table)


def _make(name: str, key: str, *columns: sa.Column[object]) -> None:
    op.create_table(
        name,
        sa.Column("answer_id", sa.String(length=32), nullable=False),
        *columns,
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["answer_id"],
            ["answers.id"],
            name=op.f(f"fk_{name}_answer_id_answers"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(key, name=op.f(f"pk_{name}")),
    )


def _at(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True))
