"""Tags"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

BigId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "ticket_tag",
        sa.Column("ticket_id", BigId, nullable=False),
        sa.Column("tag", AutoString(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_tag_ticket_id_ticket"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("ticket_id", "tag", name=op.f("pk_ticket_tag")),
    )
    op.create_index("ix_ticket_tag_tag", "ticket_tag", ["tag"])
    if op.get_bind().dialect.name == "postgresql":
        # As all others: rows of a batch of letters come table by table.
        op.execute(
            "ALTER TABLE ticket_tag ALTER CONSTRAINT fk_ticket_tag_ticket_id_ticket DEFERRABLE INITIALLY IMMEDIATE"
        )
