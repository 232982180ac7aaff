"""Which accounts are one person's, the codes that link them, and wrong codes."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply it."""
    op.create_table(
        "links",
        sa.Column("person_id", sa.String(length=200), nullable=False),
        sa.Column("rater", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_links_person_id_people")
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_links")),
    )
    op.create_index(op.f("ix_links_rater"), "links", ["rater"])
    op.create_table(
        "link_codes",
        sa.Column("person_id", sa.String(length=200), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("redeemed_by", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_link_codes_person_id_people")
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_link_codes")),
    )
    op.create_index(op.f("ix_link_codes_redeemed_by"), "link_codes", ["redeemed_by"])
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "link_tries",
        sa.Column("id", number, autoincrement=True, nullable=False),
        sa.Column("person_id", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link_tries")),
    )
    op.create_index(op.f("ix_link_tries_person_id"), "link_tries", ["person_id"])
    op.create_index(op.f("ix_link_tries_at"), "link_tries", ["at"])


def downgrade() -> None:
    """Take it back."""
    for table in ("link_tries", "link_codes", "links"):
        op.drop_table(table)
