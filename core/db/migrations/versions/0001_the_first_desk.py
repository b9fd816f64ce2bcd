"""The first desk"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

from core.db import board_count

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

BigId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "agent",
        sa.Column("id", BigId, nullable=False),
        sa.Column("login", AutoString(), nullable=False),
        sa.Column("name", AutoString(), nullable=False),
        sa.Column("email", AutoString(), nullable=False),
        sa.Column("admin", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("token_hash", AutoString(), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent")),
        sa.UniqueConstraint("login", name=op.f("uq_agent_login")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_agent_token_hash")),
    )
    op.create_table(
        "contact",
        sa.Column("id", BigId, nullable=False),
        sa.Column("name", AutoString(), nullable=False),
        sa.Column("region", AutoString(), nullable=False),
        sa.Column("language", AutoString(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
    )
    op.create_table(
        "desk_group",
        sa.Column("id", BigId, nullable=False),
        sa.Column("key", AutoString(), nullable=False),
        sa.Column("name", AutoString(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_group")),
        sa.UniqueConstraint("key", name=op.f("uq_desk_group_key")),
    )
    op.create_table(
        "lease",
        sa.Column("name", AutoString(), nullable=False),
        sa.Column("holder", AutoString(), nullable=False),
        sa.Column("until", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
    )
    op.create_table(
        "part_state",
        sa.Column("part", AutoString(), nullable=False),
        sa.Column("ok", sa.Boolean(), nullable=False),
        sa.Column("text", AutoString(), nullable=False),
        sa.Column("since", UTCDateTime(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("part", name=op.f("pk_part_state")),
    )
    op.create_table(
        "address",
        sa.Column("id", BigId, nullable=False),
        sa.Column("contact_id", BigId, nullable=False),
        sa.Column("email", AutoString(), nullable=False),
        sa.Column("bounced_at", UTCDateTime(), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_address_contact_id_contact"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address")),
        sa.UniqueConstraint("email", name=op.f("uq_address_email")),
    )
    op.create_index(op.f("ix_address_contact_id"), "address", ["contact_id"], unique=False)

    op.create_table(
        "membership",
        sa.Column("agent_id", BigId, nullable=False),
        sa.Column("group_id", BigId, nullable=False),
        sa.Column("role", AutoString(), nullable=False),
        sa.CheckConstraint("role IN ('agent', 'supervisor')", name=op.f("ck_membership_role")),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agent.id"], name=op.f("fk_membership_agent_id_agent"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["desk_group.id"],
            name=op.f("fk_membership_group_id_desk_group"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("agent_id", "group_id", name=op.f("pk_membership")),
    )
    op.create_index(op.f("ix_membership_group_id"), "membership", ["group_id"], unique=False)

    op.create_table(
        "ticket",
        sa.Column("id", BigId, nullable=False),
        sa.Column("subject", AutoString(), nullable=False),
        sa.Column("status", AutoString(), nullable=False),
        sa.Column("board", AutoString(), nullable=True),
        sa.Column("group_id", BigId, nullable=False),
        sa.Column("owner_id", BigId, nullable=True),
        sa.Column("contact_id", BigId, nullable=True),
        sa.Column("channel", AutoString(), nullable=False),
        sa.Column("mailbox", AutoString(), nullable=False),
        sa.Column("region", AutoString(), nullable=False),
        sa.Column("language", AutoString(), nullable=False),
        sa.Column("priority", AutoString(), nullable=False),
        sa.Column("rule", AutoString(), nullable=False),
        sa.Column("why", AutoString(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("since", UTCDateTime(), nullable=False),
        sa.Column("accepted_at", UTCDateTime(), nullable=True),
        sa.Column("solved_at", UTCDateTime(), nullable=True),
        sa.Column("closed_at", UTCDateTime(), nullable=True),
        sa.Column("previous_id", BigId, nullable=True),
        sa.Column("last_event", BigId, nullable=False),
        sa.Column("guard_event", BigId, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("board IN ('new', 'needs_reply', 'waiting')", name=op.f("ck_ticket_board")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_ticket_contact_id_contact")),
        sa.ForeignKeyConstraint(["group_id"], ["desk_group.id"], name=op.f("fk_ticket_group_id_desk_group")),
        sa.ForeignKeyConstraint(["owner_id"], ["agent.id"], name=op.f("fk_ticket_owner_id_agent")),
        sa.ForeignKeyConstraint(["previous_id"], ["ticket.id"], name=op.f("fk_ticket_previous_id_ticket")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket")),
    )
    op.create_index(
        "ix_ticket_board_group",
        "ticket",
        ["group_id", "board", "since", "id"],
        unique=False,
        sqlite_where=sa.text("board IS NOT NULL"),
        postgresql_where=sa.text("board IS NOT NULL"),
    )
    op.create_index(
        "ix_ticket_board_owner",
        "ticket",
        ["owner_id", "board", "since", "id"],
        unique=False,
        sqlite_where=sa.text("board IS NOT NULL"),
        postgresql_where=sa.text("board IS NOT NULL"),
    )
    op.create_index(op.f("ix_ticket_contact_id"), "ticket", ["contact_id"], unique=False)

    op.create_table(
        "draft",
        sa.Column("agent_id", BigId, nullable=False),
        sa.Column("ticket_id", BigId, nullable=False),
        sa.Column("kind", AutoString(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("seen", BigId, nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.CheckConstraint("kind IN ('reply', 'note')", name=op.f("ck_draft_kind")),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agent.id"], name=op.f("fk_draft_agent_id_agent"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_draft_ticket_id_ticket"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("agent_id", "ticket_id", "kind", name=op.f("pk_draft")),
    )
    op.create_table(
        "event",
        sa.Column("id", BigId, nullable=False),
        sa.Column("ticket_id", BigId, nullable=True),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("actor", AutoString(), nullable=False),
        sa.Column("actor_id", BigId, nullable=True),
        sa.Column("kind", AutoString(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("op_id", AutoString(), nullable=True),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_event_ticket_id_ticket")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
        sa.UniqueConstraint("op_id", name=op.f("uq_event_op_id")),
    )
    op.create_index("ix_event_ticket", "event", ["ticket_id", "id"], unique=False)

    op.create_table(
        "message",
        sa.Column("id", BigId, nullable=False),
        sa.Column("ticket_id", BigId, nullable=False),
        sa.Column("kind", AutoString(), nullable=False),
        sa.Column("letter_kind", AutoString(), nullable=False),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("agent_id", BigId, nullable=True),
        sa.Column("address_id", BigId, nullable=True),
        sa.Column("sender_name", AutoString(), nullable=False),
        sa.Column("subject", AutoString(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.Column("recipients", sa.JSON(), nullable=False),
        sa.Column("rfc_id", AutoString(), nullable=True),
        sa.Column("in_reply_to", AutoString(), nullable=False),
        sa.Column("refs", sa.Text(), nullable=False),
        sa.Column("raw_sha256", AutoString(), nullable=True),
        sa.Column("html_sha256", AutoString(), nullable=True),
        sa.Column("content_hash", AutoString(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("sent_at", UTCDateTime(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('inbound', 'reply', 'note', 'confirmation')", name=op.f("ck_message_kind")
        ),
        sa.ForeignKeyConstraint(["address_id"], ["address.id"], name=op.f("fk_message_address_id_address")),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_message_agent_id_agent")),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_message_ticket_id_ticket"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
    )
    op.create_index(op.f("ix_message_rfc_id"), "message", ["rfc_id"], unique=False)
    op.create_index("ix_message_ticket", "message", ["ticket_id", "id"], unique=False)

    op.create_table(
        "participant",
        sa.Column("ticket_id", BigId, nullable=False),
        sa.Column("address_id", BigId, nullable=False),
        sa.Column("requester", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["address_id"], ["address.id"], name=op.f("fk_participant_address_id_address"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_participant_ticket_id_ticket"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("ticket_id", "address_id", name=op.f("pk_participant")),
    )
    op.create_index(op.f("ix_participant_address_id"), "participant", ["address_id"], unique=False)

    op.create_table(
        "seen",
        sa.Column("agent_id", BigId, nullable=False),
        sa.Column("ticket_id", BigId, nullable=False),
        sa.Column("event_id", BigId, nullable=False),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agent.id"], name=op.f("fk_seen_agent_id_agent"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_seen_ticket_id_ticket"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("agent_id", "ticket_id", name=op.f("pk_seen")),
    )
    op.create_table(
        "attachment",
        sa.Column("id", BigId, nullable=False),
        sa.Column("message_id", BigId, nullable=False),
        sa.Column("name", AutoString(), nullable=False),
        sa.Column("content_type", AutoString(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", AutoString(), nullable=False),
        sa.Column("inline", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("fk_attachment_message_id_message"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
    )
    op.create_index(op.f("ix_attachment_message_id"), "attachment", ["message_id"], unique=False)

    op.create_table(
        "mail_ledger",
        sa.Column("id", BigId, nullable=False),
        sa.Column("mailbox", AutoString(), nullable=False),
        sa.Column("uidvalidity", sa.BigInteger(), nullable=False),
        sa.Column("uid", sa.BigInteger(), nullable=False),
        sa.Column("sha256", AutoString(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("internal_date", AutoString(), nullable=False),
        sa.Column("rfc_id", AutoString(), nullable=False),
        sa.Column("state", AutoString(), nullable=False),
        sa.Column("outcome", AutoString(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", AutoString(), nullable=False),
        sa.Column("ticket_id", BigId, nullable=True),
        sa.Column("message_id", BigId, nullable=True),
        sa.Column("fetched_at", UTCDateTime(), nullable=False),
        sa.CheckConstraint("state IN ('stored', 'done', 'quarantined')", name=op.f("ck_mail_ledger_state")),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("fk_mail_ledger_message_id_message")
        ),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_mail_ledger_ticket_id_ticket")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_ledger")),
    )
    op.create_index(
        "ix_mail_ledger_pending",
        "mail_ledger",
        ["mailbox", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'stored'"),
        postgresql_where=sa.text("state = 'stored'"),
    )
    op.create_index("ix_mail_ledger_sha256", "mail_ledger", ["sha256"], unique=False)
    op.create_index("uq_mail_ledger_uid", "mail_ledger", ["mailbox", "uidvalidity", "uid"], unique=True)

    op.create_table(
        "outbox",
        sa.Column("id", BigId, nullable=False),
        sa.Column("message_id", BigId, nullable=False),
        sa.Column("mailbox", AutoString(), nullable=False),
        sa.Column("state", AutoString(), nullable=False),
        sa.Column("phase", AutoString(), nullable=False),
        sa.Column("due_at", UTCDateTime(), nullable=False),
        sa.Column("lease_by", AutoString(), nullable=False),
        sa.Column("lease_until", UTCDateTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("raw_sha256", AutoString(), nullable=True),
        sa.Column("reason", AutoString(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.CheckConstraint(
            "state IN ('queued', 'sending', 'sent', 'failed', 'unknown', 'cancelled')",
            name=op.f("ck_outbox_state"),
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("fk_outbox_message_id_message"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("message_id", name=op.f("uq_outbox_message_id")),
    )
    op.create_index("ix_outbox_due", "outbox", ["state", "due_at"], unique=False)

    op.create_table(
        "outbox_attempt",
        sa.Column("id", BigId, nullable=False),
        sa.Column("outbox_id", BigId, nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("phase", AutoString(), nullable=False),
        sa.Column("result", AutoString(), nullable=False),
        sa.Column("reason", AutoString(), nullable=False),
        sa.ForeignKeyConstraint(
            ["outbox_id"], ["outbox.id"], name=op.f("fk_outbox_attempt_outbox_id_outbox"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_attempt")),
    )
    op.create_index(op.f("ix_outbox_attempt_outbox_id"), "outbox_attempt", ["outbox_id"], unique=False)

    op.create_table(
        "outbox_recipient",
        sa.Column("outbox_id", BigId, nullable=False),
        sa.Column("email", AutoString(), nullable=False),
        sa.Column("state", AutoString(), nullable=False),
        sa.Column("code", sa.Integer(), nullable=False),
        sa.Column("reason", AutoString(), nullable=False),
        sa.CheckConstraint(
            "state IN ('queued', 'sent', 'failed', 'bounced')", name=op.f("ck_outbox_recipient_state")
        ),
        sa.ForeignKeyConstraint(
            ["outbox_id"],
            ["outbox.id"],
            name=op.f("fk_outbox_recipient_outbox_id_outbox"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("outbox_id", "email", name=op.f("pk_outbox_recipient")),
    )
    if op.get_bind().dialect.name == "sqlite":
        for statement in board_count.CREATE:
            op.execute(statement)
