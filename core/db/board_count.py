"""How many cards stand where, kept by triggers on SQLite: counting 100,000 rows per refresh would be felt.

One row per group, board and owner (0: nobody), so that every lane's count is a sum over a handful of rows.
PostgreSQL has none of it: index-only counts are quick there, and a counter would cost its writers dearly.
A migration that copies the ticket table drops the triggers with it and must create them again.
"""

from __future__ import annotations

TABLE = "board_count"

CREATE = (
    """
    CREATE TABLE board_count (
        group_id INTEGER NOT NULL, board TEXT NOT NULL, owner_id INTEGER NOT NULL, n INTEGER NOT NULL,
        PRIMARY KEY (group_id, board, owner_id)
    ) WITHOUT ROWID
    """,
    """
    CREATE TRIGGER board_count_insert AFTER INSERT ON ticket WHEN NEW.board IS NOT NULL BEGIN
        INSERT INTO board_count VALUES (NEW.group_id, NEW.board, coalesce(NEW.owner_id, 0), 1)
            ON CONFLICT DO UPDATE SET n = n + 1;
    END
    """,
    """
    CREATE TRIGGER board_count_delete AFTER DELETE ON ticket WHEN OLD.board IS NOT NULL BEGIN
        UPDATE board_count SET n = n - 1
            WHERE group_id = OLD.group_id AND board = OLD.board AND owner_id = coalesce(OLD.owner_id, 0);
    END
    """,
    """
    CREATE TRIGGER board_count_update AFTER UPDATE OF group_id, board, owner_id ON ticket
        WHEN OLD.group_id IS NOT NEW.group_id OR OLD.board IS NOT NEW.board OR OLD.owner_id IS NOT
        NEW.owner_id
    BEGIN
        UPDATE board_count SET n = n - 1
            WHERE group_id = OLD.group_id AND board = OLD.board AND owner_id = coalesce(OLD.owner_id, 0);
        INSERT INTO board_count SELECT NEW.group_id, NEW.board, coalesce(NEW.owner_id, 0), 1
            WHERE NEW.board IS NOT NULL ON CONFLICT DO UPDATE SET n = n + 1;
    END
    """,
)
