"""What Alembic runs for each upgrade: on the connection that `core.db.schema` opened, in one transaction."""

from alembic import context

from core.db.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
