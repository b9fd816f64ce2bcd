"""Mail that was almost right"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BigId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("ticket", sa.Column("continues_id", BigId, nullable=True))
    op.create_index(
        "ix_ticket_continues",
        "ticket",
        ["continues_id"],
        unique=False,
        sqlite_where=sa.text("continues_id IS NOT NULL"),
        postgresql_where=sa.text("continues_id IS NOT NULL"),
    )
    op.add_column("message", sa.Column("dmarc", AutoString(), nullable=False, server_default=""))
    op.add_column("outbox", sa.Column("tried_from", UTCDateTime(), nullable=True))
    op.create_table(
        "mail_unfetched",
        sa.Column("mailbox", AutoString(), nullable=False),
        sa.Column("uidvalidity", sa.BigInteger(), nullable=False),
        sa.Column("uid", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("since", UTCDateTime(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("mailbox", "uidvalidity", "uid", name=op.f("pk_mail_unfetched")),
    )
    if op.get_bind().dialect.name == "postgresql":
        # The default was only for the rows that are there.
        op.alter_column("message", "dmarc", server_default=None)
