"""The change feed on PostgreSQL, where ids are given out before commits and so become visible out of order.

Each event also carries the number of its transaction. Whatever is older than the oldest transaction that still runs
is complete for ever: `(txid, id)` below that mark is an order in which nothing is ever added behind a reader.
"""

from __future__ import annotations

from sqlalchemy import Connection

COLUMN = "txid"
INDEX = "ix_event_feed"
"""Names of what PostgreSQL alone has on the table of events; the models know nothing of it."""

CREATE = (
    "ALTER TABLE event ADD COLUMN txid BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE event ALTER COLUMN txid SET DEFAULT (pg_current_xact_id()::text::bigint)",
    "CREATE INDEX ix_event_feed ON event (txid, id)",
)

XMIN = "pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
"""The oldest transaction that still runs: everything below it is committed or gone."""

AHEAD = "pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
"""The newest transaction: numbers beyond it are another server's."""

MEND = (
    f"UPDATE event SET txid = 0 WHERE txid > {AHEAD}",  # noqa: S608  (a constant of this module)
    # The robot goes on behind the last event that it had answered; where it had answered none, behind all.
    f"""
    UPDATE setting SET value = '0:' || CASE split_part(value, ':', 2)
        WHEN '0' THEN coalesce((SELECT max(id) FROM event), 0)::text ELSE split_part(value, ':', 2) END
    WHERE key = 'robot.feed' AND value LIKE '%%:%%' AND split_part(value, ':', 1)::bigint > {AHEAD}
    """,  # noqa: S608
)


def mend_after_restore(connection: Connection) -> None:
    """Events of a dump from another server carry that one's numbers, which may lie ahead of this one's: they
    become history."""
    for statement in MEND:
        connection.exec_driver_sql(statement)
