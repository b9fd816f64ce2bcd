"""A letter of a mailbox by its content"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # SQLite took the unique index of the mailbox before that of the content alone, and read all of its letters.
    op.drop_index("ix_mail_ledger_sha256", "mail_ledger")
    op.create_index("ix_mail_ledger_content", "mail_ledger", ["mailbox", "sha256"])
