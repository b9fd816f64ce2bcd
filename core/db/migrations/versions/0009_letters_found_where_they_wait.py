"""Letters found where they wait"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_mail_ledger_message", "mail_ledger", ["message_id"])
    # Beside a mailbox with many letters to send, those of the others were looked for among all that waited.
    op.drop_index("ix_outbox_due", "outbox")
    op.create_index("ix_outbox_due", "outbox", ["state", "mailbox", "due_at"])
    # Nobody read it: who sends is told by the lease of the sender, and a dead one's letters are taken up at once.
    op.drop_column("outbox", "lease_until")
