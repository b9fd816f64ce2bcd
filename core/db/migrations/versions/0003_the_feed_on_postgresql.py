"""The feed on PostgreSQL"""

from alembic import op

from core.db import feed_postgres

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

DEFAULTED = {
    "contact": ("template",),
    "ticket": (
        "kind", "process", "template", "status_since", "status_event", "accepted_event", "way_back", "thanks",
    ),
}  # fmt: skip
"""Columns whose default was only for the rows that were there when they were added."""


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for statement in feed_postgres.CREATE:
        op.execute(statement)
    for table, columns in DEFAULTED.items():
        for column in columns:
            op.alter_column(table, column, server_default=None)
    # A batch of letters writes table by table, and parents may come last: checked then at its end.
    keys = op.get_bind().exec_driver_sql(
        "SELECT conrelid::regclass::text, conname FROM pg_constraint"
        " WHERE contype = 'f' AND connamespace = current_schema()::regnamespace"
    )
    for table, name in keys.fetchall():
        op.execute(f'ALTER TABLE {table} ALTER CONSTRAINT "{name}" DEFERRABLE INITIALLY IMMEDIATE')
