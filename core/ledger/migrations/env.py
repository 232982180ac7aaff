"""Alembic's entry: runs the migrations over the connection that the ledger hands in."""

from alembic import context as alembic

from core.ledger import conduct, learned, linkage, machinery, preferences, tables
from core.ledger.columns import metadata

# Imported for the tables that they add to the metadata.
MODULES = (tables, learned, machinery, conduct, linkage, preferences)
connection = alembic.config.attributes["connection"]
alembic.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
alembic.run_migrations()
