"""The database's history: Alembic revisions, applied by `core.db.schema` alone."""
