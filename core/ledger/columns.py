"""What every table is made of: texts, times, numbers and the naming of constraints."""

import re
from datetime import UTC, datetime

import sqlalchemy
from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Dialect,
    Integer,
    MetaData,
    TypeDecorator,
)

UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # half a surrogate pair is in no encoding


class Text(TypeDecorator[str]):
    """Text of any origin: signs that a database cannot store become U+FFFD.

    PostgreSQL takes no NUL, and no database half of a surrogate pair; documents and language models
    bring both.
    """

    impl = sqlalchemy.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - the signature is SQLAlchemy's
        """Replace what cannot be stored."""
        if value is None or (value.isascii() and "\0" not in value):
            return value
        return UNSTORABLE.sub("\ufffd", value)


class Instant(TypeDecorator[datetime]):
    """An aware UTC time, on databases that forget time zones too."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - the signature is SQLAlchemy's
        """Store in UTC; a naive time is a mistake of ours."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without its zone reached the ledger")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - the signature is SQLAlchemy's
        """Give back an aware time."""
        if value is None or value.tzinfo is not None:
            return value
        return value.replace(tzinfo=UTC)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)
Serial = BigInteger().with_variant(Integer, "sqlite")


def number() -> Column[int]:
    """Return a primary key that the database counts up."""
    return Column("id", Serial, primary_key=True, autoincrement=True)
