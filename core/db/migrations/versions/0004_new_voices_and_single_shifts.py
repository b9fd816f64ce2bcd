"""What was decided about a new voice; one open shift per agent"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

UNDECIDED = sa.text("private AND voice_event IS NULL")
OPEN = sa.text("ended_at IS NULL")


def upgrade() -> None:
    op.add_column("message", sa.Column("voice_event", sa.BigInteger().with_variant(sa.Integer(), "sqlite")))
    op.create_index(
        "ix_message_voice", "message", ["ticket_id"], sqlite_where=UNDECIDED, postgresql_where=UNDECIDED
    )
    # Of several that were begun at one moment the first one counts.
    op.execute(
        "UPDATE shift SET ended_at = started_at WHERE ended_at IS NULL AND id NOT IN"
        " (SELECT min(id) FROM shift WHERE ended_at IS NULL GROUP BY agent_id)"
    )
    op.create_index(
        "uq_shift_open", "shift", ["agent_id"], unique=True, sqlite_where=OPEN, postgresql_where=OPEN
    )
