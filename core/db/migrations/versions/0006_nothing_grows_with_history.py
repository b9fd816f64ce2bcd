"""Nothing grows with history"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_notice_unmailed",
        "notice",
        ["id"],
        sqlite_where=sa.text("by_mail = 1 AND mailed_at IS NULL AND withdrawn_at IS NULL"),
        postgresql_where=sa.text("by_mail AND mailed_at IS NULL AND withdrawn_at IS NULL"),
    )
    op.create_index("ix_ask_by", "ask", ["by_agent", "state"])
    op.create_index("ix_outbox_recipient_email", "outbox_recipient", ["email"])
